import { createServer } from 'node:net'
import { join } from 'node:path'
import { systemClock, utcSeconds } from '../scripts/core/clock.ts'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import type { Database } from '../scripts/store/database.ts'
import { nextDeliveries, settleRetry } from '../scripts/store/deliveries.ts'
import { type Bench, grouped, inPairs, type Row } from './bench.ts'
import { startDaemon } from './daemon.ts'
import { writeConfig } from './folders.ts'
import { A_SECOND, type Client, pacedWaits } from './latency.ts'
import { PEERS } from './messages.ts'
import { addWebhooks, fillQueues } from './queues.ts'
import { OURS, THEIRS } from './relay.ts'
import { percentile } from './statistics.ts'

const WATCHER = join(import.meta.dirname, 'watch-lines.ts')
const SINKS = 10
/** The longest that a sink waits between two tries. */
const LONGEST_WAIT_MS = 300_000

/**
 * From the relay's write of a message to its line in `conversations.md`: with ten sinks where nobody has listened for hours,
 * against none. Both daemons run all the time and get their messages in turns.
 */
export async function deadSinks(bench: Bench): Promise<Row[]> {
  const { size, relay, folders, fresh, progress } = bench
  progress(`${SINKS} queues of ${grouped(size.backlog)}`)
  const dead = folders.copy(fresh, 'dead')
  await fillDead(dead, size.backlog)
  const none = folders.copy(fresh, 'none')
  writeConfig(none, relay, THEIRS)

  async function clientIn(folder: DataFolder, token: string): Promise<Client> {
    const { daemon: child } = await startDaemon(folder, relay, { token, watcher: WATCHER })
    return { child, token, sent: 0 }
  }

  const ours = await clientIn(dead, OURS)
  const theirs = await clientIn(none, THEIRS)
  const pairs = await inPairs(
    size.deadPairs,
    { ours: () => pacedWaits(bench, ours), theirs: () => pacedWaits(bench, theirs) },
    progress,
  )
  await ours.child.stop()
  await theirs.child.stop()
  return ([50, 99] as const).map(percent => ({
    what: `write to line at ${A_SECOND}/s with ${SINKS} dead sinks, p${percent}`,
    against: 'with none',
    unit: 'ms',
    pairs: pairs.map(one => ({ ours: percentile(one.ours, percent), theirs: percentile(one.theirs, percent) })),
    target: { atMost: percent === 50 ? 1.2 : 1.5 },
  }))
}

async function fillDead(folder: DataFolder, count: number): Promise<void> {
  const names = Array.from({ length: SINKS }, (_, n) => `dead-${n}`)
  const url = `http://127.0.0.1:${await closedPort()}/hook`
  addWebhooks(folder, Object.fromEntries(names.map(name => [name, { url, retries: 10, events: ['message.received'] }])))
  const sinks = names.map(name => `webhook:${name}`)
  fillQueues(folder, { sinks, count }, database => {
    for (const [n, sink] of sinks.entries()) putOff(database, { sink, isTriedMeanwhile: n % 2 === 0 })
  })
}

/** Every peer's first message was tried several times and waits for its next try; all others wait behind it. */
function putOff(database: Database, { sink, isTriedMeanwhile }: { sink: string; isTriedMeanwhile: boolean }): void {
  const now = systemClock.now()
  const failure = { at: utcSeconds(now), reason: 'ECONNREFUSED', attempts: 6, triedAt: now - LONGEST_WAIT_MS }
  for (const [n, head] of nextDeliveries(database, sink, { now, limit: PEERS.length }).entries()) {
    const share = isTriedMeanwhile ? (n + 1) / PEERS.length : 1
    settleRetry(database, head, { ...failure, nextAt: now + LONGEST_WAIT_MS * share })
  }
}

/** Nobody listens there: the kernel had it to give a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}
