import type { Database, Row } from './database.ts'
import { hasDeliveries } from './deliveries.ts'
import { lastGivenSeq } from './messages.ts'
import { readPosition } from './positions.ts'

/** What is known of each sink, its counts kept beside its queue: `status` must not count a hundred thousand rows. */
export interface SinkState {
  readonly name: string
  /** Why it pauses by itself, such as `http_410`; null: it does not. */
  readonly paused: string | null
  readonly waiting: number
  readonly dead: number
  readonly delivered: number
  /** ISO times, UTC */
  readonly lastSuccessAt: string | null
  readonly lastFailureAt: string | null
  readonly lastReason: string | null
}

export function sinkStates(database: Database): SinkState[] {
  return hasDeliveries(database) ? database.all('SELECT * FROM sinks ORDER BY name').map(toState) : []
}

export function sinkState(database: Database, name: string): SinkState | null {
  const row = hasDeliveries(database) ? database.get('SELECT * FROM sinks WHERE name = ?', name) : undefined
  return row === undefined ? null : toState(row)
}

/** Far behind every message. */
const NOT_FOLLOWED = Number.MAX_SAFE_INTEGER

/**
 * These sinks take what comes from now on, as they did if they were here before. What the others have waiting stays, but
 * nothing is added to it.
 *
 * @param since behind which message those begin that were not here; left out: behind the last one
 */
export function followSinks(database: Database, names: readonly string[], since = lastGivenSeq(database)): void {
  for (const name of names) {
    // A queue may be there already: one whose sink a damaged database has lost.
    database.run(
      `INSERT INTO sinks (name, since_seq, waiting, dead)
       SELECT ?1, ?2, ${rowsOf('?1', 'waiting')}, ${rowsOf('?1', 'dead')}
       WHERE NOT EXISTS (SELECT 1 FROM sinks WHERE name = ?1)`,
      name,
      since,
    )
    database.run('UPDATE sinks SET since_seq = ?2 WHERE name = ?1 AND since_seq = ?3', name, since, NOT_FOLLOWED)
  }
  for (const name of sinkStarts(database).keys()) {
    if (!names.includes(name)) database.run(`UPDATE sinks SET since_seq = ${NOT_FOLLOWED} WHERE name = ?`, name)
  }
}

/** Behind which message each sink takes what comes; those that take nothing are not among them. */
export function sinkStarts(database: Database): ReadonlyMap<string, number> {
  return new Map(
    database
      .all('SELECT name, since_seq FROM sinks WHERE since_seq < ?', NOT_FOLLOWED)
      .map(row => [String(row['name']), Number(row['since_seq'])]),
  )
}

export function pauseSink(database: Database, name: string, why: string): void {
  database.run('UPDATE sinks SET paused = ? WHERE name = ?', why, name)
}

export function resumeSink(database: Database, name: string): void {
  database.run('UPDATE sinks SET paused = NULL WHERE name = ?', name)
}

/** Its queue goes, and what is known of it. What was asked of it stays in the log. */
export function dropSink(database: Database, name: string): void {
  database.run('DELETE FROM deliveries WHERE sink = ?', name)
  database.run('DELETE FROM sinks WHERE name = ?', name)
}

/** Counts anew what waits in each queue, where the rows did not come by the usual way. */
export function countQueues(database: Database): void {
  database.run(`UPDATE sinks SET waiting = ${rowsOf('name', 'waiting')}, dead = ${rowsOf('name', 'dead')}`)
}

function rowsOf(sink: string, state: 'waiting' | 'dead'): string {
  return `(SELECT count(*) FROM deliveries d WHERE d.sink = ${sink} AND d.state = '${state}')`
}

/** The one who hands messages to the queues, as a reader of messages. */
export const FAN_OUT = 'fan-out'

/** Up to which message the queues have been given everything. */
export function fanOutPosition(database: Database): number {
  return readPosition(database, FAN_OUT).seq
}

/** Messages up to here wait for nobody who hands them on; infinite without a sink. */
export function handedOnSeq(database: Database): number {
  if (!hasDeliveries(database)) return Number.POSITIVE_INFINITY
  const first = database.get('SELECT min(since_seq) AS seq FROM sinks')?.['seq'] ?? NOT_FOLLOWED
  return first === NOT_FOLLOWED ? Number.POSITIVE_INFINITY : Math.max(Number(first), fanOutPosition(database))
}

export function moveFanOut(database: Database, seq: number): void {
  database.run(
    `INSERT INTO positions (reader, seq, received) VALUES (?, ?, 0)
     ON CONFLICT (reader) DO UPDATE SET seq = excluded.seq`,
    FAN_OUT,
    seq,
  )
}

function toState(row: Row): SinkState {
  return {
    name: String(row['name']),
    paused: textOf(row['paused']),
    waiting: Number(row['waiting']),
    dead: Number(row['dead']),
    delivered: Number(row['delivered']),
    lastSuccessAt: textOf(row['last_success_at']),
    lastFailureAt: textOf(row['last_failure_at']),
    lastReason: textOf(row['last_reason']),
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
