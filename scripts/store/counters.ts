import type { Database } from './database.ts'

/** Totals kept beside the messages, so that a million of them need not be counted. */

export function count(database: Database, name: CounterName, by = 1): void {
  database.run(
    'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value',
    name,
    by,
  )
}

export type CounterName = 'received' | 'merged' | 'transport_copies' | 'duplicates' | 'sent'

export function counter(database: Database, name: CounterName): number {
  return Number(database.get('SELECT value FROM counters WHERE name = ?', name)?.['value'] ?? 0)
}

/** @param receivedAt ISO time, UTC */
export function countReceived(database: Database, receivedAt: string, by: number): void {
  if (by === 0) return
  count(database, 'received', by)
  database.run(
    `INSERT INTO hourly (hour, received) VALUES (?, ?)
     ON CONFLICT (hour) DO UPDATE SET received = received + excluded.received`,
    receivedAt.slice(0, 13),
    by,
  )
}

/** Messages of the hours from `sinceHour` (`2026-03-09T10`) on. */
export function receivedSince(database: Database, sinceHour: string): number {
  return Number(database.get('SELECT sum(received) AS n FROM hourly WHERE hour >= ?', sinceHour)?.['n'] ?? 0)
}
