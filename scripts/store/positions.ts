import { counter } from './counters.ts'
import type { Database } from './database.ts'
import { lastGivenSeq } from './messages.ts'
import { schemaVersion } from './schema.ts'

/** How far an append-only file is known to be on disk (design §3). */
export interface Checkpoint {
  readonly seq: number
  readonly size: number
  readonly inode: number
}

export function readCheckpoint(database: Database, file: string): Checkpoint | null {
  const row = database.get('SELECT seq, size, inode FROM checkpoints WHERE file = ?', file)
  if (row === undefined) return null
  return { seq: Number(row['seq']), size: Number(row['size']), inode: Number(row['inode']) }
}

export function writeCheckpoint(database: Database, file: string, checkpoint: Checkpoint): void {
  database.run(
    `INSERT INTO checkpoints (file, seq, size, inode) VALUES (?, ?, ?, ?)
     ON CONFLICT (file) DO UPDATE SET seq = excluded.seq, size = excluded.size, inode = excluded.inode`,
    file,
    checkpoint.seq,
    checkpoint.size,
    checkpoint.inode,
  )
}

/** The reader whose unread messages the snapshot counts. */
export const AGENT = 'agent'

/** Messages that the reader has not read. */
export function unreadCount(database: Database, reader: string): number {
  return Math.max(0, shownTotal(database) - readPosition(database, reader).received)
}

/** Received messages, a pair that is one message counted once. */
export function shownTotal(database: Database): number {
  return counter(database, 'received') - counter(database, 'merged')
}

export interface ReadPosition {
  /** Everything up to here is read. */
  readonly seq: number
  /** How many messages are, in all, those further on with single peers too. */
  readonly received: number
}

export function readPosition(database: Database, reader: string): ReadPosition {
  const row = database.get('SELECT seq, received FROM positions WHERE reader = ?', reader)
  return { seq: Number(row?.['seq'] ?? 0), received: Number(row?.['received'] ?? 0) }
}

/** How far the reader has read with one peer: its own position, or further. */
export function readWithPeer(database: Database, reader: string, peer: string): number {
  const { seq } = readPosition(database, reader)
  if (!hasPeerPositions(database)) return seq
  const row = database.get('SELECT seq FROM peer_positions WHERE reader = ? AND peer = ?', reader, peer)
  return Math.max(seq, Number(row?.['seq'] ?? 0))
}

/** A database that no newer daemon has opened yet has none of them. */
export function hasPeerPositions(database: Database): boolean {
  return schemaVersion(database) >= 2
}

/**
 * For a query of messages `m`: received ones that somebody should read. A second copy is none, what we sent and what was
 * taken over from files is none, and a correction only says who sent another one.
 */
export const COUNTED = "m.via NOT IN ('import', 'send') AND m.type <> 'correction' AND m.merged_into IS NULL"
/** The same with corrections: who reads has to see them, though they are not messages. */
export const RECEIVED = "m.via NOT IN ('import', 'send') AND m.merged_into IS NULL"

/** For a query of messages `m`: it is for the agent. */
export const NOT_ASIDE = 'NOT EXISTS (SELECT 1 FROM aside a WHERE a.seq = m.seq)'

/** The same as a further condition; a database that no newer daemon has opened yet knows no bridge. */
export function andNotAside(database: Database): string {
  return schemaVersion(database) >= 4 ? `AND ${NOT_ASIDE}` : ''
}

/** For a query of messages `m` and one value, the reader: this peer's messages were read further than all others. */
export const READ_WITH_PEER = `EXISTS (
  SELECT 1 FROM peer_positions p WHERE p.reader = ? AND p.peer = m.peer AND p.seq >= m.seq)`

/** Everything up to this number is settled, and so it is shown. */
export function lastSettledSeq(database: Database): number {
  const first = database.get("SELECT min(seq) AS seq FROM messages WHERE state <> 'final'")?.['seq']
  return typeof first === 'number' ? first - 1 : lastGivenSeq(database)
}

/**
 * The reader has read everything up to that number, or everything of one peer. Nothing that is not shown yet becomes
 * read, and no position ever moves back.
 *
 * @param peer address; only what this peer sent is read
 * @returns how many messages that were unread are read now
 */
export function acknowledge(
  database: Database,
  { reader, upTo, peer }: { reader: string; upTo: number; peer?: string | undefined },
): number {
  const before = readPosition(database, reader)
  const end = Math.min(upTo, lastSettledSeq(database))
  if (end <= before.seq) return 0
  const received =
    peer === undefined
      ? readInAll(database, { reader, before, end })
      : before.received + readOfPeer(database, { reader, peer, after: before.seq, end })
  if (peer !== undefined) writePeerPosition(database, { reader, peer, seq: end })
  const seq = readWithoutGap(database, { reader, from: peer === undefined ? end : before.seq })
  writePosition(database, reader, { seq, received })
  return Math.max(0, received - before.received)
}

function readOfPeer(
  database: Database,
  { reader, peer, after, end }: { reader: string; peer: string; after: number; end: number },
): number {
  const row = database.get(
    `SELECT count(*) AS n FROM messages m WHERE m.peer = ? AND m.seq > ? AND m.seq <= ? AND ${COUNTED}
     AND ${NOT_ASIDE} AND NOT ${READ_WITH_PEER}`,
    peer,
    after,
    end,
    reader,
  )
  return Number(row?.['n'] ?? 0)
}

/** Counts on the shorter side, what was passed or what is left: a million messages may lie on the other one. */
function readInAll(
  database: Database,
  { reader, before, end }: { reader: string; before: ReadPosition; end: number },
): number {
  const last = lastGivenSeq(database)
  if (end - before.seq >= last - end) return shownTotal(database) - countUnread(database, reader, end, last)
  return before.received + countUnread(database, reader, before.seq, end)
}

function countUnread(database: Database, reader: string, after: number, end: number): number {
  const row = database.get(
    `SELECT count(*) AS n FROM messages m WHERE m.seq > ? AND m.seq <= ? AND ${COUNTED}
     AND ${NOT_ASIDE} AND NOT ${READ_WITH_PEER}`,
    after,
    end,
    reader,
  )
  return Number(row?.['n'] ?? 0)
}

/** One message is none that the reader has to read, as if it had been read by itself. */
export function passOver(database: Database, { reader, seq }: { reader: string; seq: number }): void {
  const position = readPosition(database, reader)
  const unread = database.get(
    `SELECT 1 FROM messages m WHERE m.seq = ? AND m.seq > ? AND ${COUNTED} AND NOT ${READ_WITH_PEER}`,
    seq,
    position.seq,
    reader,
  )
  if (unread !== undefined) writePosition(database, reader, { ...position, received: position.received + 1 })
}

function writePeerPosition(
  database: Database,
  { reader, peer, seq }: { reader: string; peer: string; seq: number },
): void {
  database.run(
    `INSERT INTO peer_positions (reader, peer, seq) VALUES (?, ?, ?)
     ON CONFLICT (reader, peer) DO UPDATE SET seq = max(seq, excluded.seq)`,
    reader,
    peer,
    seq,
  )
}

function writePosition(database: Database, reader: string, { seq, received }: ReadPosition): void {
  database.run(
    `INSERT INTO positions (reader, seq, received) VALUES (?, ?, ?)
     ON CONFLICT (reader) DO UPDATE SET seq = excluded.seq, received = excluded.received`,
    reader,
    seq,
    received,
  )
  database.run('DELETE FROM peer_positions WHERE reader = ? AND seq <= ?', reader, seq)
}

/** A look at so many messages costs less than a millisecond. */
const LOOK_AHEAD = 500

/**
 * Whoever only ever answers would read with every peer and never move: then each look for what is new would pass all of
 * it. So the position follows where nothing unread lies before it.
 */
function readWithoutGap(database: Database, { reader, from }: { reader: string; from: number }): number {
  const [first] = database.lists(
    `SELECT min(CASE WHEN is_unread THEN seq END), max(seq) FROM
       (SELECT m.seq, (m.state <> 'final' OR (${RECEIVED} AND ${NOT_ASIDE} AND NOT ${READ_WITH_PEER}))
          AS is_unread
        FROM messages m WHERE m.seq > ? ORDER BY m.seq LIMIT ${LOOK_AHEAD})`,
    reader,
    from,
  )
  const [unread, looked] = first ?? []
  if (typeof unread === 'number') return unread - 1
  return typeof looked === 'number' ? looked : from
}
