import { counter } from './counters.ts'
import type { Database } from './database.ts'

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

/** Messages that came after the reader's position. */
export function unreadCount(database: Database, reader: string): number {
  const row = database.get('SELECT received FROM positions WHERE reader = ?', reader)
  return Math.max(0, shownTotal(database) - Number(row?.['received'] ?? 0))
}

/** Received messages, a pair that is one message counted once. */
export function shownTotal(database: Database): number {
  return counter(database, 'received') - counter(database, 'merged')
}
