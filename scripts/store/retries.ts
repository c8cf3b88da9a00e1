import type { Database } from './database.ts'

/** When what waits in a queue is tried again, by the wall clock: a schedule outlives the process, and the clock may jump. */

/** The first time behind `now`, both ms since the epoch; null when nothing waits for its time. */
export function nextRetryAt(database: Database, sink: string, now: number): number | null {
  const at = database.get(
    "SELECT min(next_at) AS at FROM deliveries WHERE sink = ? AND state = 'waiting' AND next_at > 0 AND next_at > ?",
    sink,
    now,
  )?.['at']
  return typeof at === 'number' ? at : null
}

/**
 * A clock that was set back while nobody looked must not hold a queue for years, nor keep a failure young.
 *
 * @param now ms since the epoch
 * @param longestMs no wait can be longer
 */
export function boundRetries(database: Database, sink: string, { now, longestMs }: { now: number; longestMs: number }) {
  database.run(
    "UPDATE deliveries SET next_at = ?2 WHERE sink = ?1 AND state = 'waiting' AND next_at > 0 AND next_at > ?2",
    sink,
    now + longestMs,
  )
  database.run("UPDATE deliveries SET tried_at = ?2 WHERE sink = ?1 AND state = 'waiting' AND tried_at > ?2", sink, now)
}

/** The wall clock was set: what waits keeps its wait and its age. */
export function shiftRetries(database: Database, sink: string, byMs: number): void {
  database.run(
    `UPDATE deliveries SET tried_at = tried_at + ?2, next_at = CASE next_at WHEN 0 THEN 0 ELSE max(1, next_at + ?2) END
     WHERE sink = ?1 AND state = 'waiting' AND (tried_at IS NOT NULL OR next_at > 0)`,
    sink,
    byMs,
  )
}

/** What waits for its time is tried at once: the other side may be well again, or the owner has changed something. */
export function hurryRetries(database: Database, sink: string): void {
  database.run("UPDATE deliveries SET next_at = 0 WHERE sink = ? AND state = 'waiting' AND next_at > 0", sink)
}

/** While nothing can be delivered at all, nothing grows too old for its schedule. */
export function keepYoung(database: Database, sink: string): void {
  database.run(
    "UPDATE deliveries SET tried_at = NULL WHERE sink = ? AND state = 'waiting' AND tried_at IS NOT NULL",
    sink,
  )
}
