import assert from 'node:assert/strict'
import { AppError } from '../../scripts/core/errors.ts'
import { parseEntries } from '../../scripts/protocol/inbox-entry.ts'
import { createFailingDatabase, type DatabaseFault } from './failing-database.ts'
import { createFailingFiles, type FileFault, type FileOperation } from './failing-files.ts'
import {
  assertComplete,
  COUNT,
  createJsonWatch,
  createRun,
  createStage,
  isComplete,
  pass,
  passUntil,
  play,
  readShown,
  STREAMED,
  type Stage,
  stopScene,
  strike,
  textOf,
} from './fifty-messages.ts'
import { type Scene, startScene } from './test-daemon.ts'

/**
 * One run of the fifty messages, with the disk or the database refusing at one place. The daemon stays up and says why;
 * when the fault is over everything that the relay gave away stands in both files once, in order, and a restart changes
 * nothing. No reader ever finds half a JSON file.
 */
export type Fault =
  | { readonly on: 'files'; readonly fault: FileFault; readonly at: number; readonly only?: string }
  | { readonly on: 'database'; readonly fault: DatabaseFault; readonly at: number; readonly only?: string }

export interface Plan {
  readonly what: Fault
  readonly lasting: boolean
}

/** A lasting fault is over this long after the last message was sent. */
const LASTS_MS = 12_000
/** Most of a run is waiting for the disk. */
export const AT_A_TIME = 8

export const placeOf = ({ kind, file }: FileOperation): string => `${kind} ${file}`
export const wordsOf = (sql: string): string => sql.replace(/\s+/g, ' ').trim().slice(0, 120)

function nameOf({ what, lasting }: Plan): string {
  const place = what.only === undefined ? `${what.on} operation` : what.only
  return `${what.fault} at ${place} ${what.at}, ${lasting ? 'lasting' : 'once'}`
}

type Disk = ReturnType<typeof createDisk>

function createDisk(stage: Stage, plan: Plan | null) {
  const files = createFailingFiles({ watch: createJsonWatch(stage.path) })
  const database = createFailingDatabase()
  if (plan?.what.on === 'files') {
    const { fault, only, at } = plan.what
    files.fail(fault, { at, lasting: plan.lasting, only: one => only === undefined || placeOf(one) === only })
  }
  if (plan?.what.on === 'database') {
    const { fault, only, at } = plan.what
    database.fail(fault, { at, lasting: plan.lasting, only: sql => only === undefined || wordsOf(sql) === only })
  }
  function lift(): void {
    files.lift()
    database.lift()
  }
  return { files, database, lift }
}

export async function runWith(plan: Plan | null) {
  const stage = createStage()
  const run = createRun()
  const disk = createDisk(stage, plan)
  try {
    await runOn({ stage, run, disk, plan })
  } finally {
    disk.lift()
    await run.end(stage.clock)
    strike(stage)
  }
  return disk
}

interface Run {
  readonly stage: Stage
  readonly run: ReturnType<typeof createRun>
  readonly disk: Disk
  readonly plan: Plan | null
}

async function runOn({ stage, run, disk, plan }: Run): Promise<void> {
  const name = plan === null ? 'no fault' : nameOf(plan)
  let written = 0
  const start = () =>
    startScene(run.t, {
      ...stage,
      files: disk.files,
      wrapDatabase: disk.database.wrap,
      onWritten(seq) {
        written = seq
      },
    })

  let refused = false
  const scene = await start().catch(error => {
    // A start that is refused says why in a sentence; the next try works when the fault is over.
    assert.ok(error instanceof AppError, `${name}: the start is refused in words (${String(error)})`)
    refused = true
    disk.lift()
    return start()
  })
  await passUntil(stage.clock, () => stage.relay.streams.length > 0, { withinMs: 5000 })
  await play(stage, { written: () => written })
  if (plan?.lasting === true) await pass(stage.clock, LASTS_MS)
  disk.lift()
  const complete = await passUntil(stage.clock, () => written >= COUNT && isComplete(readShown(stage.path)))
  assert.ok(complete, `${name}: the files are completed`)
  await pass(stage.clock, 3000)
  if (plan !== null && !refused) {
    // The log of the channel has a retry of its own, and is the last to hear.
    await passUntil(stage.clock, () => untold(plan, scene, disk) === null)
    assert.equal(untold(plan, scene, disk), null, name)
  }
  await stopScene(scene)
  assertComplete(readShown(stage.path), name)
  assertInOrder(stage, name)
  const before = textsIn(stage)

  const again = await startScene(run.t, stage)
  await passUntil(stage.clock, () => again.channel(/INBOX_DRAINED/).length > 0 && stage.relay.streams.length > 0)
  await pass(stage.clock, 3000)
  await stopScene(again)
  assert.deepEqual(textsIn(stage), before, `${name}: a restart changes nothing`)
  assert.equal(again.json('stats.json')['messages_received'], COUNT, name)
}

/** As long as it was one stream that brought them. */
function assertInOrder({ path, relay }: Stage, name: string): void {
  const seqs = parseEntries(textOf(`${path}/inbox_pushed.md`)).map(entry => entry.seq)
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
    name,
  )
  if (relay.count(/GET \/stream/) > 1) return
  const { inbox, conversations } = readShown(path)
  for (const shown of [inbox, conversations]) {
    const streamed = shown.filter(one => STREAMED.includes(one))
    assert.deepEqual(streamed, streamed.toSorted(), `in order, ${name}`)
  }
}

function textsIn({ path }: Stage): string[] {
  return ['inbox_pushed.md', 'conversations.md'].map(name => textOf(`${path}/${name}`))
}

/**
 * What was refused is told in `sse_channel.log`, and that it is over; of that log itself, in the other one. Returns what is
 * not; null when everything is.
 */
function untold(plan: Plan, scene: Scene, { files, database }: Disk): string | null {
  const told = (pattern: RegExp) => scene.channel(pattern).length
  const logged = (test: (text: string) => boolean) => scene.logs.some(one => test(String(one['msg'])))
  for (const { kind, file } of files.refused) {
    // Closed is what failed already, or what is not used any more.
    if (kind === 'close') continue
    const code = plan.what.fault === 'short' ? 'ENOSPC' : plan.what.fault
    const isTold =
      file === 'sse_channel.log'
        ? logged(text => text === 'the channel log can not be written')
        : told(new RegExp(`STORAGE_FAULT file=${file} reason=${code}$`)) > 0
    if (!isTold) return `${kind} ${file}`
  }
  const [statement] = database.refused
  if (statement !== undefined && !logged(text => TELLS_OF_DATABASE.has(text))) return wordsOf(statement)
  for (const line of scene.channel(/STORAGE_FAULT/)) {
    const file = /file=(\S+)/.exec(line)?.[1] ?? ''
    const ends = told(new RegExp(`STORAGE_RECOVERED file=${file}$`))
    if (ends !== told(new RegExp(`STORAGE_FAULT file=${file} `))) return `the end of the fault of ${file}`
  }
  return null
}

const TELLS_OF_DATABASE = new Set([
  'the database refuses to write; received messages wait in memory',
  'a file can not be written; its content is safe in the database',
  'the database can not be read',
  'friends not refreshed',
  'messages can not be sent now',
  'the agent can not be woken now',
  'senders stay unresolved for now',
])

/** Every kind of operation at every place, its first and its last time; each with another fault than its neighbour. */
export function sample<F>(places: readonly string[], faultsAt: (place: string) => readonly F[]) {
  const times = new Map<string, number>()
  for (const place of places) times.set(place, (times.get(place) ?? 0) + 1)
  const picks = [...times].flatMap(([only, count]) => [...new Set([1, count])].map(at => ({ only, at })))
  return picks.map((pick, i) => ({ ...pick, fault: pickFrom(faultsAt(pick.only), i) }))
}

function pickFrom<F>(values: readonly F[], i: number): F {
  const value = values[i % values.length]
  assert.ok(value !== undefined)
  return value
}
