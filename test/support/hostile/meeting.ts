import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ALICE, chat } from '../blocks.ts'
import { type Child, startDaemonProcess } from '../child.ts'
import { scale } from '../scale.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FolderView, viewOf } from '../test-daemon.ts'
import { waitFor } from '../wait-for.ts'
import { TEST_ROOT } from './certificates.ts'
import { SECRET_WORD } from './framing.ts'
import { ME } from './honest.ts'
import { MEASURED, residentMb } from './resident.ts'
import type { Behaviour, HostileServer, Lane } from './server.ts'

/** What one behaviour has to come to. */
export interface Expectation {
  /** The sentence of the test. */
  readonly so: string
  /** How long it is looked at, from the first request or connection on. */
  readonly windowMs?: number
  /** Lines of `sse_channel.log` that have to come while it is hostile. */
  readonly log: readonly RegExp[]
  /** At most so many streams in the window, where it is less than two at once and one a second. */
  readonly streams?: number
  /** At most so many connections of all kinds in the window; ten a second are what a relay may drive us to. */
  readonly connections?: number
  /** Bytes that are sent at least; the daemon runs so that its size can be measured. */
  readonly pushes?: number
  /** What ends the wait for the next try: the time, an edit of config.json, or the right address in it. */
  readonly cure?: 'time' | 'edit' | 'address'
  /** While the relay is hostile still. */
  check?(meeting: Meeting): void
}

export interface Meeting {
  readonly lane: Lane
  readonly view: FolderView
  readonly daemon: Child
}

export interface Outcome {
  readonly streams: number
  readonly connections: number
  readonly sent: number
  /** The most, and what was left of it. */
  readonly mostMb: number
  readonly residentMb: number
  readonly recoveredMs: number
}

const TOKEN = 'f00dfacef00dfacef00dfacef00dface'
const WINDOW_MS = 3000
/** What a daemon may have more, when all of it was sent, than one that met an honest relay. */
const ROOM_MB = 20
/** What is already garbage counts here; a daemon that kept what it reads would be far above. */
const MOST_ROOM_MB = 64
const PATIENCE_MS = 90_000 + scale({ short: 0, full: 150_000 })

export async function meet(
  server: HostileServer,
  {
    name,
    behaviour,
    expected,
    baselineMb,
  }: { name: string; behaviour: Behaviour; expected: Expectation; baselineMb: number },
): Promise<Outcome> {
  const lane = await server.open(name, behaviour)
  const meeting = { lane, ...(await startMeeting(lane, { measured: expected.pushes !== undefined })) }
  const began = await waitFor('the first attempt', () => streamsOf(meeting) > 0 && performance.now())
  const until = began + (expected.windowMs ?? WINDOW_MS)

  let mostMb = 0
  let presentMb = 0
  function measure(): void {
    presentMb = residentMb(meeting.daemon.process.pid ?? 0) ?? Number.POSITIVE_INFINITY
    mostMb = Math.max(mostMb, presentMb)
  }
  await eventually(meeting, () => {
    measure()
    assert.ok(performance.now() >= until, 'the window is over')
    assert.ok(lane.sent >= (expected.pushes ?? 0), `${lane.sent} bytes were sent`)
    for (const line of expected.log) {
      assert.ok(meeting.view.channel(line).length > 0, `${line} is not in\n${meeting.view.text('sse_channel.log')}`)
    }
    expected.check?.(meeting)
  })
  await eventually(meeting, () => {
    measure()
    assert.ok(
      presentMb <= baselineMb + ROOM_MB,
      `${presentMb} MB, at most ${mostMb} MB; an honest relay needs ${baselineMb} MB`,
    )
  })
  const seconds = Math.ceil((performance.now() - began) / 1000)
  const streams = streamsOf(meeting)
  const { connections, sent } = lane
  assert.ok(streams <= (expected.streams ?? 2 + seconds), `${streams} streams in ${seconds} s`)
  assert.ok(connections <= (expected.connections ?? 5 + 10 * seconds), `${connections} connections in ${seconds} s`)
  assertSpread(lane)
  assert.ok(mostMb <= baselineMb + MOST_ROOM_MB, `${mostMb} MB, an honest relay needs ${baselineMb} MB`)

  const recoveredMs = await recover(meeting, { name, cure: expected.cure ?? 'edit' })
  await leave(meeting)
  return { streams, connections, sent, mostMb, residentMb: presentMb, recoveredMs }
}

/** Asserts again and again until it holds: a busy machine takes longer than any window. */
async function eventually({ daemon }: Meeting, assertion: () => void): Promise<void> {
  let failure: unknown
  const holds = () => {
    if (daemon.process.exitCode !== null || daemon.process.signalCode !== null) return true
    try {
      assertion()
      return true
    } catch (error) {
      failure = error
      return false
    }
  }
  await waitFor('all of it', holds, { everyMs: 50, limitMs: PATIENCE_MS }).catch(() => {
    throw failure
  })
  assert.deepEqual([daemon.process.exitCode, daemon.process.signalCode], [null, null], daemon.stderr())
}

/** The most that a daemon has that met an honest relay, in a window like any other. */
export async function measureBaseline(
  server: HostileServer,
  { name, measured }: { name: string; measured: boolean },
): Promise<number> {
  const lane = await server.open(name, {})
  const meeting = { lane, ...(await startMeeting(lane, { measured })) }
  await waitFor('profile and friends', () => meeting.view.text('contacts.json').includes('accepted'))
  let most = 0
  const until = performance.now() + WINDOW_MS
  await waitFor(
    'some samples',
    () => {
      most = Math.max(most, residentMb(meeting.daemon.process.pid ?? 0) ?? 0)
      return performance.now() > until
    },
    { everyMs: 50 },
  )
  await leave(meeting)
  return most
}

async function startMeeting(
  lane: Lane,
  { measured }: { measured: boolean },
): Promise<{ view: FolderView; daemon: Child }> {
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const view = viewOf(path)
  view.writeConfig(configFor(lane.baseUrl))
  const env = { NODE_EXTRA_CA_CERTS: TEST_ROOT, NO_PROXY: '*', no_proxy: '*', ...(measured ? MEASURED : {}) }
  return { view, daemon: await startDaemonProcess(path, { args: ['--no-identity-lock'], env }) }
}

function configFor(baseUrl: string): Record<string, unknown> {
  return { base_url: baseUrl, token: TOKEN, my_id: ME.id }
}

/** Requests for the stream, or the attempts that never became one. */
function streamsOf({ lane, view }: Meeting): number {
  const asked = lane.requests.filter(one => one.path === '/stream').length
  return Math.max(asked, view.channel(/ SSE_CONNECT_START /).length)
}

/** Two at once, then one a second; half a second is left to a busy machine. */
function assertSpread({ requests }: Lane): void {
  const times = requests.filter(one => one.path === '/stream').map(one => (one.atMs - (requests[0]?.atMs ?? 0)) / 1000)
  for (const [i, time] of times.entries()) {
    assert.ok(i < 2 + Math.floor(time + 0.5), `streams after ${times.join(' ')} s`)
  }
}

async function recover({ lane, view }: Meeting, { name, cure }: { name: string; cure: string }): Promise<number> {
  const began = performance.now()
  await lane.heal()
  if (cure !== 'time') {
    const baseUrl = cure === 'address' ? lane.healthyUrl : lane.baseUrl
    view.writeConfig({ ...configFor(baseUrl), my_name: `touched for ${name}` })
  }
  await waitFor('an honest stream', () => lane.streams > 0, { everyMs: 20, limitMs: 60_000 })
  const text = `${name} is over`
  lane.push(chat(ALICE, text))
  await waitFor(
    'the pushed message',
    () => view.records().some(one => one.content === text && one.from?.name === 'alice'),
    {
      everyMs: 20,
    },
  )
  return performance.now() - began
}

/** It ends as it should, and has told nothing that is not for logs. */
async function leave({ daemon, view }: Meeting): Promise<void> {
  daemon.kill('SIGTERM')
  assert.equal(await daemon.ended, 0, daemon.stderr())
  assert.doesNotMatch(daemon.stderr(), /^\s+at /m)
  assert.doesNotMatch(daemon.stderr(), /unhandled|uncaught|warning:/i)
  for (const [where, text] of [
    ['stderr', daemon.stderr()],
    ['sse_channel.log', view.text('sse_channel.log')],
  ] as const) {
    assert.equal(text.includes(TOKEN), false, `the token is in ${where}`)
    assert.equal(text.includes(SECRET_WORD), false, `a message is in ${where}`)
  }
}
