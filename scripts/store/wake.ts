import type { Database } from './database.ts'
import { COUNTED, NOT_ASIDE, READ_WITH_PEER, readPosition } from './positions.ts'

/** What waking the agent asks of the store (OI §3.6): what is unread, and when it was woken. */

/** Of those who are not muted. */
export interface UnreadQuestion {
  readonly reader: string
  /** Addresses, as keys. */
  readonly muted: readonly string[]
}

/**
 * For a query of messages `m` and two values, the muted peers as a JSON list and the reader. Who may not write wakes
 * nobody, and what the bridge has taken was not for the agent.
 */
const WAITS = `${COUNTED} AND ${NOT_ASIDE} AND m.recipient IS NULL
  AND (m.flags = '{}' OR json_extract(m.flags, '$.state') IS NOT 'refused')
  AND (m.peer IS NULL OR m.peer NOT IN (SELECT value FROM json_each(?))) AND NOT ${READ_WITH_PEER}`

/** The highest number among those that are unread, from behind `after` up to `upTo`; null when there is none. */
export function newestUnread(
  database: Database,
  { reader, muted }: UnreadQuestion,
  { after, upTo }: { after: number; upTo: number },
): number | null {
  const row = database.get(
    `SELECT m.seq FROM messages m WHERE m.seq > ? AND m.seq <= ? AND ${WAITS} ORDER BY m.seq DESC LIMIT 1`,
    Math.max(after, readPosition(database, reader).seq),
    upTo,
    JSON.stringify(muted),
    reader,
  )
  return typeof row?.['seq'] === 'number' ? row['seq'] : null
}

/** @param most more are not counted */
export function countUnread(database: Database, { reader, muted }: UnreadQuestion, most: number): number {
  const row = database.get(
    `SELECT count(*) AS n FROM (SELECT 1 FROM messages m WHERE m.seq > ? AND m.state = 'final' AND ${WAITS} LIMIT ?)`,
    readPosition(database, reader).seq,
    JSON.stringify(muted),
    reader,
    most,
  )
  return Number(row?.['n'] ?? 0)
}

/** The name of the wake-up among the requests that are logged (`request-log.ts`). */
export const WAKE = 'wake'

/**
 * When the agent was woken, newest first, in milliseconds since the epoch. Tests by hand are not among them.
 *
 * @param since ISO time, UTC
 */
export function recentPokes(database: Database, { since, limit }: { since: string; limit: number }): number[] {
  return database
    .all(
      'SELECT at FROM request_log WHERE name = ? AND ok = 1 AND test = 0 AND at >= ? ORDER BY id DESC LIMIT ?',
      WAKE,
      since,
      limit,
    )
    .map(row => Date.parse(String(row['at'])))
}
