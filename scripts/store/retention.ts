import { utcSeconds } from '../core/clock.ts'
import { DAY_MS, isRetentionDays, RETENTION_DAYS } from '../core/retention.ts'
import { configuredValue } from './config-file.ts'
import type { Database } from './database.ts'
import { lastGivenSeq } from './messages.ts'
import { AGENT, andNotAside, COUNTED, hasPeerPositions, readPosition } from './positions.ts'
import { handedOnSeq } from './sinks.ts'

/** Messages beyond the limit of the owner (design §4): how many there are, and taking them out once they are archived. */

/** `retention_days` alone, for whoever has no need of the rest of the file. */
export function configuredRetentionDays(path: string): number {
  const days = configuredValue(path, 'retention_days')
  return isRetentionDays(days) ? days : RETENTION_DAYS
}

/** What was received before this is older than so many days. */
export function cutoffOf(days: number, now: number): string {
  return utcSeconds(now - days * DAY_MS)
}

/** As `status` and the snapshot tell it. */
export interface Retention {
  /** 0: nobody wants to be reminded, and nothing is counted. */
  readonly days: number
  readonly older_messages: number
  /** When the oldest message was received; null without any. */
  readonly oldest_utc: string | null
}

/**
 * Costs one look at the oldest message and, only if that is too old, a few more. Numbers follow on each other, so those
 * of the oldest and of the first that is young enough say how many are between them.
 */
export function retentionOf(database: Database | null, days: number, now: number): Retention {
  const oldest = database === null ? null : messageFrom(database, 0)
  if (database === null || oldest === null) return { days, older_messages: 0, oldest_utc: null }
  const cutoff = cutoffOf(days, now)
  const older = days === 0 || oldest.receivedAt >= cutoff ? 0 : firstYoung(database, oldest.seq, cutoff) - oldest.seq
  return { days, older_messages: older, oldest_utc: oldest.receivedAt }
}

/** By halves: messages lie in the order in which they were received. */
function firstYoung(database: Database, oldest: number, cutoff: string): number {
  let low = oldest
  let high = Number(database.get('SELECT max(seq) AS seq FROM messages')?.['seq'] ?? oldest) + 1
  while (low < high) {
    const found = messageFrom(database, Math.floor((low + high) / 2))
    if (found === null || found.seq >= high) high = Math.floor((low + high) / 2)
    else if (found.receivedAt < cutoff) low = found.seq + 1
    else high = Math.floor((low + high) / 2)
  }
  return low
}

function messageFrom(database: Database, seq: number): { seq: number; receivedAt: string } | null {
  const row = database.get('SELECT seq, received_at FROM messages WHERE seq >= ? ORDER BY seq LIMIT 1', seq)
  return row === undefined ? null : { seq: Number(row['seq']), receivedAt: String(row['received_at']) }
}

/** For a query of messages `m`: those that the agent has not read. */
function unreadIn(database: Database): string {
  const position = readPosition(database, AGENT).seq
  // A database that no newer daemon has opened yet knows nothing of single peers.
  const ofPeers = hasPeerPositions(database)
    ? `AND NOT EXISTS (SELECT 1 FROM peer_positions p WHERE p.reader = '${AGENT}' AND p.peer = m.peer AND p.seq >= m.seq)`
    : ''
  return `${COUNTED} ${andNotAside(database)} AND m.seq > ${position} ${ofPeers}`
}

/** What archiving would take: from the oldest on, up to the first message that is young, unread, or not shown yet. */
export interface Prunable {
  /** All that are older than the limit. */
  readonly older: number
  /** Those that can go. */
  readonly messages: number
  readonly oldestAt: string | null
  /** Older ones that the agent has not read: they and what came after them stay. */
  readonly unread: number
}

/** Looks at every older message: for a process of its own. */
export function prunable(database: Database, cutoff: string): Prunable {
  const young = seqOf(database, 'SELECT seq FROM messages WHERE received_at >= ? ORDER BY seq LIMIT 1', cutoff)
  const unsettled = seqOf(database, "SELECT min(seq) AS seq FROM messages WHERE state <> 'final'")
  const all = { from: 0, end: Math.min(young, unsettled, handedOnSeq(database) + 1) }
  const end = Math.min(all.end, firstUnread(database, all) ?? all.end)
  const older = summaryBelow(database, all.end)
  return {
    older: older.messages,
    messages: end === all.end ? older.messages : summaryBelow(database, end).messages,
    oldestAt: older.oldestAt,
    unread: countUnread(database, { from: end, end: all.end }, cutoff),
  }
}

function summaryBelow(database: Database, end: number): { messages: number; oldestAt: string | null } {
  const row = database.get('SELECT count(*) AS n, min(received_at) AS oldest_at FROM messages WHERE seq < ?', end)
  const oldestAt = row?.['oldest_at']
  return { messages: Number(row?.['n'] ?? 0), oldestAt: typeof oldestAt === 'string' ? oldestAt : null }
}

function seqOf(database: Database, sql: string, ...values: string[]): number {
  return Number(database.get(sql, ...values)?.['seq'] ?? Number.MAX_SAFE_INTEGER)
}

/** Numbers of messages, `end` not among them. */
export interface Range {
  readonly from: number
  readonly end: number
}

export function firstUnread(database: Database, { from, end }: Range): number | null {
  const row = database.get(
    `SELECT m.seq FROM messages m WHERE m.seq >= ? AND m.seq < ? AND ${unreadIn(database)} ORDER BY m.seq LIMIT 1`,
    from,
    end,
  )
  return row === undefined ? null : Number(row['seq'])
}

/** How many of the unread ones are older. */
export function countUnread(database: Database, { from, end }: Range, cutoff: string): number {
  const row = database.get(
    `SELECT count(*) AS n FROM messages m WHERE m.seq >= ? AND m.seq < ? AND m.received_at < ? AND ${unreadIn(database)}`,
    from,
    end,
    cutoff,
  )
  return Number(row?.['n'] ?? 0)
}

/** Some message of these says that it was written before `cutoff`, whenever it was received. */
export function saysOlder(database: Database, { from, end }: Range, cutoff: string): boolean {
  return (
    database.get('SELECT 1 AS yes FROM messages WHERE seq >= ? AND seq < ? AND at < ? LIMIT 1', from, end, cutoff) !==
    undefined
  )
}

/** The number of the oldest message, or of the next one where there is none. */
export function oldestSeq(database: Database): number {
  return messageFrom(database, 0)?.seq ?? lastGivenSeq(database) + 1
}

/** One commit of so many takes some milliseconds, and nobody else writes meanwhile. */
const AT_ONCE = 300
const MOST_BYTES = 4 * 1024 * 1024

/**
 * Deletes the oldest messages up to `upTo`, the first few hundreds of them, with their payloads. Their digests stay: a
 * copy that comes later is still told as one.
 *
 * @returns how many; 0 when there are no more
 */
export function deleteOldest(database: Database, upTo: number): number {
  const rows = database.lists(
    `SELECT m.seq, m.payload, coalesce(length(p.body), 0) FROM messages m LEFT JOIN payloads p ON p.id = m.payload
     WHERE m.seq <= ? ORDER BY m.seq LIMIT ?`,
    upTo,
    AT_ONCE,
  )
  const few = rows.slice(0, withinBytes(rows.map(([, , bytes]) => Number(bytes))))
  const last = few.at(-1)?.[0]
  if (last === undefined) return 0
  database.run(
    'INSERT OR IGNORE INTO pruned_digests SELECT digest FROM messages WHERE seq <= ? AND digest IS NOT NULL',
    last,
  )
  database.run('DELETE FROM messages WHERE seq <= ?', last)
  // Messages of one payload follow on each other: only the last of these can belong to one that is still needed.
  const needed = database.get('SELECT payload FROM messages WHERE seq > ? ORDER BY seq LIMIT 1', last)?.['payload']
  for (const id of new Set(few.map(([, payload]) => payload))) {
    if (id !== null && id !== undefined && id !== needed) database.run('DELETE FROM payloads WHERE id = ?', id)
  }
  return few.length
}

/** How many of the first ones, at least one. */
function withinBytes(sizes: readonly number[]): number {
  let room = MOST_BYTES
  const end = sizes.findIndex(bytes => {
    room -= bytes
    return room <= 0
  })
  return end === -1 ? sizes.length : end + 1
}

/**
 * SQLite looks for messages of a payload that is to go, and that is the whole table: no index leads from payloads to
 * messages, which every receipt would pay for. Only outside of a transaction does this change anything.
 */
export function checkReferences(database: Database, on: boolean): void {
  database.exec(`PRAGMA foreign_keys = ${on ? 'ON' : 'OFF'}`)
}

/** A request id makes repetition safe for at least so long. */
const REQUEST_DAYS = 7

/** Deletes some of what was sent long ago, and whose outcome is known. Returns how many; 0 when there are no more. */
export function deleteSettledRequests(database: Database, cutoff: string, now: number): number {
  const rows = database.lists(
    'SELECT id FROM outbox WHERE settled_at < ? ORDER BY id LIMIT ?',
    [cutoff, cutoffOf(REQUEST_DAYS, now)].toSorted()[0] ?? cutoff,
    AT_ONCE,
  )
  for (const [id] of rows) if (id !== undefined) database.run('DELETE FROM outbox WHERE id = ?', id)
  return rows.length
}
