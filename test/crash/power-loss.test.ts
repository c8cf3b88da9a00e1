import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { JSON_FILES } from '../../scripts/projections/json-projection.ts'
import { formatEntry, parseEntries } from '../../scripts/protocol/inbox-entry.ts'
import { parseRecord } from '../../scripts/protocol/record-line.ts'
import { openForReading } from '../../scripts/store/database.ts'
import type { FileLayer } from '../../scripts/store/files.ts'
import { createFailingDatabase } from '../support/failing-database.ts'
import { createFailingFiles } from '../support/failing-files.ts'
import {
  COUNT,
  createRun,
  createStage,
  markersOf,
  passUntil,
  play,
  type Stage,
  shownIn,
  strike,
} from '../support/fifty-messages.ts'
import { createForgetfulFiles, type ForgetfulFiles } from '../support/forgetful-files.ts'
import { inParallel } from '../support/in-parallel.ts'
import { FULL } from '../support/scale.ts'
import { networkError } from '../support/scripted-relay.ts'
import { startScene } from '../support/test-daemon.ts'

/**
 * The whole daemon on a disk that forgets what was not synced, and the power cut in the middle of each operation of a run
 * of fifty messages. The database is a real one: what it committed it keeps. The next daemon finds that, and the files
 * as the power left them: what was committed has to be in both, once, and nothing else.
 */
interface Cut {
  readonly at: number
  /** So much of each unsynced tail is there afterwards. */
  readonly keep: number
  /** So many operations after the next start the power goes again. */
  readonly again?: number
}

const KEEP = [0, 0.5, 1]
const AT_A_TIME = 8

const nameOf = ({ at, keep, again }: Cut): string =>
  `operation ${at}, ${keep} of the tails left${again === undefined ? '' : `, again ${again} operations later`}`

/** A machine: its disk, and the relay out there. */
interface Machine {
  readonly stage: Stage
  readonly disk: ForgetfulFiles
  readonly files: FileLayer
  /** The first message that was not sent yet. */
  next: number | undefined
  /** How often the power really went. */
  cuts: number
}

function createMachine(): Machine {
  const disk = createForgetfulFiles()
  return { stage: createStage(), disk, files: disk, next: undefined, cuts: 0 }
}

/** From the start of the daemon to the end of the power, or until everything is sent and shown. */
async function live(machine: Machine): Promise<void> {
  const { stage, disk, files } = machine
  const { clock, relay } = stage
  const off = () => disk.powerIsOff
  const run = createRun()
  let written = 0
  try {
    const scene = await startScene(run.t, {
      ...stage,
      files,
      wrapDatabase: createFailingDatabase(off).wrap,
      fetch: (url, init) => (off() ? Promise.reject(networkError('ECONNREFUSED')) : relay.fetch(url, init)),
      onWritten(seq) {
        written = seq
      },
    })
    await passUntil(clock, () => off() || relay.streams.length > 0)
    machine.next = await play(stage, {
      written: () => written,
      isOver: off,
      ...(machine.next === undefined ? {} : { from: machine.next }),
    })
    await passUntil(clock, off, { withinMs: 15_000 })
    if (off()) return
    await scene.eventually(() => assert.equal(relay.inbox.length, 0))
  } finally {
    // After a power loss there is nobody any more who could stop; this only frees what the process holds.
    await run.end(clock)
  }
}

/** Returns how often the power went. */
async function runWith(cut: Cut | null): Promise<number> {
  const machine = createMachine()
  try {
    for (const at of [cut?.at, cut?.again]) {
      if (at === undefined) continue
      machine.disk.cutPowerAt(machine.disk.operations + at)
      await live(machine)
      machine.cuts += machine.disk.powerIsOff ? 1 : 0
      machine.disk.restorePower(cut?.keep ?? 1)
    }
    await live(machine)
    assertWhole(machine, cut === null ? 'no cut' : nameOf(cut))
    return machine.cuts
  } finally {
    strike(machine.stage)
  }
}

function assertWhole({ stage, disk }: Machine, name: string): void {
  const textOf = (file: string) => disk.content(join(stage.path, file)) ?? ''
  const inbox = textOf('inbox_pushed.md')
  const conversations = textOf('conversations.md')
  const shown = shownIn({ inbox, conversations })
  const committed = committedIn(stage.path)
  assert.deepEqual(shown.inbox.toSorted(), committed, `inbox_pushed.md, ${name}`)
  assert.deepEqual(shown.conversations.toSorted(), committed, `conversations.md, ${name}`)
  // What came while the power went is the relay's and the wire's; everything else is there.
  assert.ok(committed.length >= COUNT - 2 * LOST_AT_MOST, `${committed.length} committed, ${name}`)
  assert.equal(parseEntries(inbox).map(formatEntry).join(''), inbox, `nothing torn in inbox_pushed.md, ${name}`)
  for (const line of conversations.split('\n').slice(0, -1)) {
    assert.ok(parseRecord(line) !== null, `nothing torn in conversations.md, ${name}: ${line}`)
  }
  assert.ok(conversations.endsWith('\n'))
  for (const file of JSON_FILES) assert.doesNotThrow(() => JSON.parse(textOf(file)), `${file}, ${name}`)
}

/** Five are sent at a time; one read of the inbox may be under way. */
const LOST_AT_MOST = 6

function committedIn(path: string): string[] {
  const database = openForReading(join(path, 'state.db'))
  try {
    const rows = database?.all("SELECT content, name FROM messages WHERE type <> 'correction' ORDER BY seq") ?? []
    return rows.flatMap(row => markersOf(String(row['content']))).toSorted()
  } finally {
    database?.close()
  }
}

/** Each kind of operation on each file: its first, its middle and its last time. */
async function samplePlaces(): Promise<number[]> {
  const machine = createMachine()
  const counted = createFailingFiles({ real: machine.disk })
  await live({ ...machine, files: counted })
  strike(machine.stage)
  if (FULL) return counted.operations.map((_, i) => i + 1)
  const places = new Map<string, number[]>()
  for (const [i, { kind, file }] of counted.operations.entries()) {
    const key = `${kind} ${file}`
    places.set(key, [...(places.get(key) ?? []), i + 1])
  }
  return [...places.values()].flatMap(found => [
    ...new Set([found[0] ?? 0, found[Math.floor(found.length / 2)] ?? 0, found.at(-1) ?? 0]),
  ])
}

describe('a power loss', () => {
  test('that never comes: fifty messages, all committed, all shown', async () => {
    await runWith(null)
  })

  test('in the middle of any operation: what was committed is in both files once, and nothing is torn', async t => {
    const places = await samplePlaces()
    const cuts = FULL
      ? places.flatMap(at => KEEP.map(keep => ({ at, keep })))
      : places.map((at, i) => ({ at, keep: KEEP[i % KEEP.length] ?? 0 }))
    let happened = 0
    await inParallel(cuts, AT_A_TIME, async cut => {
      const cutsOfRun = await runWith(cut)
      happened += cutsOfRun
    })
    t.diagnostic(`${happened} cuts in ${cuts.length} runs`)
    // A run may be over a few operations sooner than the one that was counted.
    assert.ok(happened > 0.9 * cuts.length)
  })

  test('long after a sync that failed once: nothing that was told to be complete is missing', async () => {
    const machine = createMachine()
    try {
      machine.disk.failNextSync()
      await live(machine)
      machine.disk.restorePower(0)
      assertWhole(machine, 'a failed sync')
    } finally {
      strike(machine.stage)
    }
  })

  test('and another one while the first is being mended', async t => {
    const places = await samplePlaces()
    const chosen = places.filter((_, i) => i % (FULL ? 8 : 16) === 3)
    const cuts = chosen.flatMap((at, i) =>
      [1, 2, 4, 6, 9, 13, 20].slice(0, FULL ? 7 : 4).map(again => ({ at, again, keep: KEEP[(i + again) % 3] ?? 0 })),
    )
    let happened = 0
    await inParallel(cuts, AT_A_TIME, async cut => {
      const cutsOfRun = await runWith(cut)
      happened += cutsOfRun
    })
    t.diagnostic(`${happened} cuts in ${cuts.length} runs`)
    assert.ok(happened > 1.8 * cuts.length)
  })
})
