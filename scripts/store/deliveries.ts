import type { EventName } from '../core/events.ts'
import type { Database, Row } from './database.ts'
import { schemaVersion } from './schema.ts'

/** The queues of all sinks: one row an event and sink, until it is delivered or given up for good (design §2.3). */
export interface Delivery {
  readonly id: number
  readonly sink: string
  readonly eventId: string
  readonly event: EventName
  /** ISO time, UTC, of the event */
  readonly at: string
  /** The message that the event is about. */
  readonly seq: number | null
  readonly lane: string
  /** Tries so far. */
  readonly attempts: number
  /** Of the first try, ms since the epoch. */
  readonly triedAt: number | null
}

export interface NewDelivery {
  readonly sink: string
  /** Row of the event. */
  readonly event: number
  readonly lane: string
  /** null: the event's. */
  readonly body: Uint8Array | null
  /** ms since the epoch; 0: at once */
  readonly notBefore: number
}

export function enqueue(database: Database, { sink, event, lane, body, notBefore }: NewDelivery): void {
  database.run(
    "INSERT INTO deliveries (sink, event, lane, body, state, next_at) VALUES (?, ?, ?, ?, 'waiting', ?)",
    sink,
    event,
    lane,
    body,
    notBefore,
  )
  database.run('UPDATE sinks SET waiting = waiting + 1 WHERE name = ?', sink)
}

const COLUMNS = 'd.id, d.sink, d.lane, d.attempts, d.tried_at, e.event_id, e.name, e.at, e.seq'

/**
 * What can be pushed now, oldest first: nothing whose peer has an earlier one that waits for its time.
 *
 * @param now ms since the epoch
 * @param after only what was queued behind this one
 */
export function nextDeliveries(
  database: Database,
  sink: string,
  { now, limit, after = 0 }: { now: number; limit: number; after?: number },
): Delivery[] {
  return database
    .all(
      // The few that wait for their time are looked up once, not for each of those behind them: there may be a hundred
      // thousand.
      `WITH blocked AS MATERIALIZED
         (SELECT lane, min(id) AS id FROM deliveries
          WHERE sink = ?1 AND state = 'waiting' AND next_at > 0 AND next_at > ?2 GROUP BY lane)
       SELECT ${COLUMNS} FROM deliveries d JOIN events e ON e.id = d.event
       WHERE d.sink = ?1 AND d.state = 'waiting' AND d.id > ?4
         AND NOT EXISTS (SELECT 1 FROM blocked b WHERE b.lane = d.lane AND b.id <= d.id)
       ORDER BY d.id LIMIT ?3`,
      sink,
      now,
      limit,
      after,
    )
    .map(toDelivery)
}

/** The one that was queued last; 0 when nothing waits. */
export function lastQueued(database: Database, sink: string): number {
  const id = database.get("SELECT max(id) AS id FROM deliveries WHERE sink = ? AND state = 'waiting'", sink)?.['id']
  return typeof id === 'number' ? id : 0
}

export function bodyOf(database: Database, id: number): Uint8Array<ArrayBuffer> | null {
  const body = database.get(
    'SELECT coalesce(d.body, e.body) AS body FROM deliveries d JOIN events e ON e.id = d.event WHERE d.id = ?',
    id,
  )?.['body']
  return body instanceof Uint8Array ? new Uint8Array(body) : null
}

/** They took it. Nothing happens when it is gone already. */
export function settleDelivered(database: Database, delivery: Delivery, at: string): void {
  if (!isWaiting(database, delivery)) return
  const { id, sink } = delivery
  database.run('DELETE FROM deliveries WHERE id = ?', id)
  database.run(
    'UPDATE sinks SET waiting = waiting - 1, delivered = delivered + 1, last_success_at = ? WHERE name = ?',
    at,
    sink,
  )
}

export interface Failure {
  /** ISO time, UTC */
  readonly at: string
  readonly reason: string
}

/** It is tried again. @param next ms since the epoch; `attempts` and `triedAt` as they are now */
export function settleRetry(
  database: Database,
  delivery: Delivery,
  { at, reason, attempts, triedAt, nextAt }: Failure & { attempts: number; triedAt: number; nextAt: number },
): void {
  noteFailure(database, delivery.sink, { at, reason })
  if (!isWaiting(database, delivery)) return
  database.run(
    'UPDATE deliveries SET attempts = ?, tried_at = ?, next_at = ?, reason = ? WHERE id = ?',
    attempts,
    triedAt,
    nextAt,
    reason,
    delivery.id,
  )
}

/** Given up: kept, and sent again when somebody says so. Returns whether it was. */
export function settleDead(database: Database, delivery: Delivery, { at, reason }: Failure): boolean {
  if (!isWaiting(database, delivery)) return false
  const { id, sink, attempts } = delivery
  database.run(
    "UPDATE deliveries SET state = 'dead', attempts = ?, reason = ?, next_at = 0 WHERE id = ?",
    attempts + 1,
    reason,
    id,
  )
  database.run('UPDATE sinks SET waiting = waiting - 1, dead = dead + 1 WHERE name = ?', sink)
  noteFailure(database, sink, { at, reason })
  return true
}

/** By the event too: in a database that took the place of a damaged one, another delivery may have the number. */
function isWaiting(database: Database, { id, eventId }: Delivery): boolean {
  const row = database.get(
    `SELECT 1 AS yes FROM deliveries d JOIN events e ON e.id = d.event
     WHERE d.id = ? AND d.state = 'waiting' AND e.event_id = ?`,
    id,
    eventId,
  )
  return row !== undefined
}

export function noteFailure(database: Database, sink: string, { at, reason }: Failure): void {
  database.run('UPDATE sinks SET last_failure_at = ?, last_reason = ? WHERE name = ?', at, reason, sink)
}

export interface DeadLetter {
  readonly eventId: string
  readonly event: string
  readonly at: string
  readonly attempts: number
  readonly reason: string | null
}

/** Oldest first. */
export function deadLetters(database: Database, sink: string, limit: number): DeadLetter[] {
  return database
    .all(
      `SELECT e.event_id, e.name, e.at, d.attempts, d.reason FROM deliveries d JOIN events e ON e.id = d.event
       WHERE d.sink = ? AND d.state = 'dead' ORDER BY d.id LIMIT ?`,
      sink,
      limit,
    )
    .map(row => ({
      eventId: String(row['event_id']),
      event: String(row['name']),
      at: String(row['at']),
      attempts: Number(row['attempts']),
      reason: row['reason'] === null ? null : String(row['reason']),
    }))
}

/** They wait again, with all their tries before them. Returns how many. */
export function reviveDead(
  database: Database,
  sink: string,
  { eventId }: { eventId?: string | undefined } = {},
): number {
  const rows = database.all(
    `SELECT d.id FROM deliveries d JOIN events e ON e.id = d.event
     WHERE d.sink = ?1 AND d.state = 'dead' AND (?2 IS NULL OR e.event_id = ?2)`,
    sink,
    eventId ?? null,
  )
  for (const { id } of rows) {
    database.run(
      "UPDATE deliveries SET state = 'waiting', attempts = 0, tried_at = NULL, next_at = 0 WHERE id = ?",
      Number(id),
    )
  }
  database.run('UPDATE sinks SET waiting = waiting + ?1, dead = dead - ?1 WHERE name = ?2', rows.length, sink)
  return rows.length
}

function toDelivery(row: Row): Delivery {
  return {
    id: Number(row['id']),
    sink: String(row['sink']),
    eventId: String(row['event_id']),
    event: String(row['name']) as EventName,
    at: String(row['at']),
    seq: row['seq'] === null ? null : Number(row['seq']),
    lane: String(row['lane']),
    attempts: Number(row['attempts']),
    triedAt: row['tried_at'] === null ? null : Number(row['tried_at']),
  }
}

/** A database that no newer daemon has opened yet has no queues. */
export function hasDeliveries(database: Database): boolean {
  return schemaVersion(database) >= 3
}
