import { spawnSync } from 'node:child_process'
import { utcSeconds } from '../scripts/core/clock.ts'
import { countReceived } from '../scripts/store/counters.ts'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../scripts/store/database.ts'
import { insertMessage, insertPayload } from '../scripts/store/messages.ts'
import { AGENT, acknowledge } from '../scripts/store/positions.ts'
import { migrate } from '../scripts/store/schema.ts'
import { type Bench, grouped, inPairs, type Row } from './bench.ts'
import { contentOf, FIRST_AT, PEERS, payloadOf } from './messages.ts'
import { cleanEnvironment, LAUNCHER, timeNode } from './processes.ts'

const NEW = 10
const OLD = 100_000

/** What it costs an agent to read a few new messages: as much after years as on the first day. */
export async function reading(bench: Bench): Promise<Row[]> {
  const { size, folders, fresh, progress } = bench
  const short = folders.copy(fresh, 'short')
  const long = folders.copy(fresh, 'long')
  progress(`${grouped(OLD)} messages`)
  fill(short, 0)
  fill(long, OLD)
  const argsOf = (folder: DataFolder) => [LAUNCHER, 'inbox', '--json', '--data-dir', folder.path]
  const bytes = { ours: bytesOf(argsOf(long)), theirs: bytesOf(argsOf(short)) }
  const pairs = await inPairs(
    size.statusPairs,
    { ours: () => timeNode(argsOf(long)), theirs: () => timeNode(argsOf(short)) },
    progress,
  )
  const what = `inbox, ${NEW} new after ${grouped(OLD)}`
  const against = `inbox, ${NEW} of ${NEW}`
  return [
    { what, against, unit: 'ms', pairs, target: { atMost: 1.2 } },
    { what, against, unit: 'bytes', pairs: [bytes], target: { atMost: 1.2 } },
  ]
}

/** The new ones are the same, word by word, whatever is behind them. */
function fill(folder: DataFolder, old: number): void {
  const database = openForWriting(folder.file('state.db'), migrate)
  database.exec('PRAGMA synchronous = OFF')
  for (let n = 0; n < old; n += 10_000) inOne(database, () => add(database, { from: NEW + n, count: 10_000 }))
  acknowledge(database, { reader: AGENT, upTo: Number.MAX_SAFE_INTEGER })
  inOne(database, () => add(database, { from: 0, count: NEW }))
  database.close()
}

function inOne(database: Database, work: () => void): void {
  database.exec('BEGIN')
  work()
  database.exec('COMMIT')
}

function add(database: Database, { from, count }: { from: number; count: number }): void {
  const receivedAt = utcSeconds(FIRST_AT)
  for (let n = from; n < from + count; n++) {
    const body = Buffer.from(payloadOf(n, FIRST_AT))
    const person = PEERS[n % PEERS.length]
    insertMessage(database, {
      source: 'relay',
      account: 'bench',
      via: 'stream',
      receivedAt,
      parsed: {
        type: 'chat',
        at: receivedAt,
        from: { address: { scheme: 'relay', id: person?.id ?? 0 }, name: person?.name ?? '' },
        content: contentOf(n),
        flags: {},
      },
      payload: { id: insertPayload(database, body), from: 0, to: body.length },
      state: 'final',
      settleBy: 0,
      unresolved: false,
    })
  }
  countReceived(database, receivedAt, count)
}

function bytesOf(args: readonly string[]): number {
  const { stdout } = spawnSync(process.execPath, args, { env: cleanEnvironment(), encoding: 'utf8' })
  const { messages } = JSON.parse(stdout) as { messages: unknown[] }
  if (messages.length !== NEW) throw new Error(`inbox shows ${messages.length} messages instead of ${NEW}`)
  return Buffer.byteLength(stdout)
}
