import { join } from 'node:path'
import { type Bench, inPairs, type Row } from './bench.ts'
import { startDaemon } from './daemon.ts'
import { type Child, start } from './processes.ts'
import { OURS, type Relay, THEIRS } from './relay.ts'
import { percentile } from './statistics.ts'

const WATCHER = join(import.meta.dirname, 'watch-commits.ts')
export const A_SECOND = 50
/** Whatever follows a start, or the turn before, is over then: our files are synced within a second. */
const SETTLE_MS = 1500
/** The last message has had its time. */
const REST_MS = 250

/**
 * From the relay's write of a message to its commit, against the least that a durable client in Node can do. Both run
 * all the time and get their messages in turns, so that the noise of the machine meets both.
 */
export async function latency(bench: Bench): Promise<Row[]> {
  const { size, relay, folders, fresh, progress } = bench
  const { daemon } = await startDaemon(folders.copy(fresh, 'watched'), relay, { watcher: WATCHER })
  const ours: Client = { child: daemon, token: OURS, sent: 0 }
  const theirs = await startFloor(join(folders.create('floor').path, 'messages'), relay)
  const pairs = await inPairs(
    size.latencyPairs,
    { ours: () => p99(bench, ours), theirs: () => p99(bench, theirs) },
    progress,
  )
  await ours.child.stop()
  await theirs.child.stop()
  return [
    {
      what: `write to commit at ${A_SECOND}/s, p99`,
      against: 'undici + parser + append + fdatasync',
      unit: 'ms',
      pairs,
      target: { atMost: 2 },
    },
  ]
}

export interface Client {
  readonly child: Child
  readonly token: string
  /** Messages that it was sent. */
  sent: number
}

async function startFloor(file: string, relay: Relay): Promise<Client> {
  const stream = relay.nextStream(THEIRS)
  const child = start(process.execPath, [join(import.meta.dirname, 'floor.ts'), relay.url, THEIRS, file], { ipc: true })
  await Promise.race([stream, child.failed])
  return { child, token: THEIRS, sent: 0 }
}

async function p99(bench: Bench, client: Client): Promise<number> {
  return percentile(await pacedWaits(bench, client), 99)
}

/** Resolves with how long each message of one turn took until the client had kept it. */
export async function pacedWaits({ relay, size }: Bench, client: Client): Promise<number[]> {
  const { child, token, sent: first } = client
  const count = size.pacedWarmUp + size.paced
  client.sent += count
  await child.rest(SETTLE_MS)
  const paced = relay.pace({ token, first, count, everyMs: 1000 / A_SECOND })
  const sentAt = await Promise.race([paced, child.failed])
  await child.rest(REST_MS)

  const answer = child.received(message => (Array.isArray(message) ? (message as number[]) : undefined))
  child.send({ kind: 'report' })
  const keptAt = await answer
  if (keptAt.length !== client.sent) throw new Error(`${keptAt.length} of ${client.sent} messages were seen to be kept`)
  const waits = sentAt.map((at, n) => (keptAt[first + n] ?? Number.NaN) - at)
  return waits.slice(size.pacedWarmUp)
}
