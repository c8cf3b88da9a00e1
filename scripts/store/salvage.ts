import { count } from './counters.ts'
import { type Database, openForReading, type Row } from './database.ts'
import { SCHEMA_VERSION, schemaVersion } from './schema.ts'
import { countQueues, FAN_OUT, fanOutPosition, moveFanOut } from './sinks.ts'

/** What a damaged database still tells, as far as the next one needs it; the rest stays in the file that is moved aside. */
export interface Salvage {
  /** The highest number that it gave to a message; 0 when it does not tell. */
  readonly lastSeq: number
  /** Messages that the files do not show for sure, and how far these are known to be on disk. */
  readonly unshown: {
    readonly payloads: readonly Row[]
    readonly messages: readonly Row[]
    readonly checkpoints: readonly Row[]
  } | null
  /**
   * What was sent or waits for it, by request ids, and what waits for sinks: nothing is forgotten, and nothing goes out a
   * second time that should not.
   */
  readonly tables: ReadonlyMap<string, readonly Row[]>
}

export const NOTHING_SALVAGED: Salvage = { lastSeq: 0, unshown: null, tables: new Map() }

/** In the order in which they can be written: what is referred to comes first. */
const WHOLE: Readonly<Record<string, string>> = {
  outbox: 'SELECT * FROM outbox',
  positions: `SELECT * FROM positions WHERE reader = '${FAN_OUT}' OR substr(reader, 1, 7) = 'bridge:'`,
  sinks: 'SELECT * FROM sinks',
  events: 'SELECT * FROM events',
  deliveries: 'SELECT * FROM deliveries',
  known_ids: 'SELECT * FROM known_ids',
  memos: 'SELECT * FROM memos',
  wechat_accounts: 'SELECT * FROM wechat_accounts',
  bridge_notices: 'SELECT * FROM bridge_notices',
  aside: 'SELECT * FROM aside',
}

/**
 * Never throws: whatever can not be read is left out.
 *
 * @param shownSeq up to where the files show everything, as the running process knows it; null before it does
 */
export function salvage(path: string, shownSeq: number | null): Salvage {
  let damaged: Database | null = null
  try {
    damaged = openForReading(path)
    if (damaged === null || schemaVersion(damaged) !== SCHEMA_VERSION) return NOTHING_SALVAGED
    const { seq } = damaged.get("SELECT seq FROM sqlite_sequence WHERE name = 'messages'") ?? {}
    return { lastSeq: Number(seq ?? 0), unshown: readUnshown(damaged, shownSeq), tables: readTables(damaged) }
  } catch {
    return NOTHING_SALVAGED
  } finally {
    damaged?.close()
  }
}

function readUnshown(damaged: Database, shownSeq: number | null): Salvage['unshown'] {
  try {
    const checkpoints = readCheckpoints(damaged)
    if (checkpoints === null && shownSeq === null) return null
    // A file without a checkpoint does not exist yet, or has just come to be.
    const synced = checkpoints === null || checkpoints.length < 2 ? 0 : Math.min(...checkpoints.map(seqOf))
    const shown = checkpoints === null ? (shownSeq ?? 0) : synced
    const messages = damaged.all("SELECT * FROM messages WHERE seq > ? AND via <> 'import' ORDER BY seq", shown)
    const payloads = damaged.all(
      'SELECT id, body FROM payloads WHERE id IN (SELECT payload FROM messages WHERE seq > ?)',
      shown,
    )
    return { payloads, messages, checkpoints: checkpoints ?? [] }
  } catch {
    return null
  }
}

function readTables(damaged: Database): Map<string, readonly Row[]> {
  const read = new Map<string, readonly Row[]>()
  for (const [table, query] of Object.entries(WHOLE)) {
    try {
      if (table !== 'deliveries' || read.has('events')) read.set(table, damaged.all(query))
    } catch {
      // Left out.
    }
  }
  return read
}

/** null when just these are damaged. */
function readCheckpoints(damaged: Database): Row[] | null {
  try {
    return damaged.all('SELECT file, seq, size, inode FROM checkpoints')
  } catch {
    return null
  }
}

function seqOf(row: Row): number {
  return Number(row['seq'])
}

/** Within the transaction that makes the new database usable. */
export function restore(database: Database, { unshown, tables }: Salvage): void {
  for (const [table, rows] of tables) for (const row of rows) insertRow(database, table, row)
  countQueues(database)
  findFanOut(database)
  if (unshown === null) return
  for (const row of unshown.payloads) insertRow(database, 'payloads', row)
  for (const row of unshown.messages) insertRow(database, 'messages', row)
  for (const row of unshown.checkpoints) insertRow(database, 'checkpoints', row)
  // They are unread, and the counters of the old database are gone.
  const received = unshown.messages.filter(row => row['recipient'] === null && row['type'] !== 'correction')
  if (received.length > 0) count(database, 'received', received.length)
  const merged = received.filter(row => row['merged_into'] !== null)
  if (merged.length > 0) count(database, 'merged', merged.length)
}

/** Where its position is lost, the events still tell which messages were handed on: those up to the last one of them. */
function findFanOut(database: Database): void {
  const seq = database.get('SELECT max(seq) AS seq FROM events')?.['seq']
  if (typeof seq === 'number' && seq > fanOutPosition(database)) moveFanOut(database, seq)
}

function insertRow(database: Database, table: string, row: Row): void {
  const columns = Object.keys(row)
  const places = columns.map(() => '?').join(', ')
  database.run(`INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${places})`, ...Object.values(row))
}
