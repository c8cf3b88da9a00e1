import { randomUUID } from 'node:crypto'
import type { EventName } from '../core/events.ts'
import type { Database } from './database.ts'

/** What there is to push: one row an event, with the text that every receiver gets (OI §5.4). */
export interface NewEvent {
  readonly eventId: string
  readonly name: EventName
  /** ISO time, UTC */
  readonly at: string
  /** What is kept in order: a peer's address, or the channel's name. */
  readonly lane: string
  /** The message; null: it is not about one. */
  readonly seq: number | null
  readonly body: Uint8Array
}

export function newEventId(): string {
  return `evt_${randomUUID().replaceAll('-', '')}`
}

/** Returns its row. */
export function insertEvent(database: Database, event: NewEvent): number {
  return database.run(
    'INSERT INTO events (event_id, name, at, lane, seq, body) VALUES (?, ?, ?, ?, ?, ?)',
    event.eventId,
    event.name,
    event.at,
    event.lane,
    event.seq,
    event.body,
  )
}

/** How many of the newest events stay after everybody has them: what comes back to us is told by its id. */
const KEPT_EVENTS = 5000

/** Deletes old events that wait for nobody. */
export function removeOldEvents(database: Database): void {
  database.run(
    `DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ${KEPT_EVENTS}
       AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = events.id)`,
  )
}

/** It was us who made that event: it comes back from a receiver of ours. */
export function isOurEvent(database: Database, eventId: string): boolean {
  return database.get('SELECT 1 AS yes FROM events WHERE event_id = ?', eventId) !== undefined
}
