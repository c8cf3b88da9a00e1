import { rmSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Database, openForReading } from '../../store/database.ts'

/**
 * `search.db`: which messages hold which three characters in a row. Derived from `state.db`, and a file of its own: no
 * commit of a message waits for it, and when it is damaged it is thrown away and made again.
 *
 * Only candidates come from it. They may lack the words, or be gone by now: whoever asks looks at the messages themselves.
 */
export interface SearchFile {
  /** Everything up to here is indexed. */
  readonly position: number
  /** In one transaction with the position. */
  add(messages: readonly { seq: number; content: string }[], position: number): void
  /** The lowest number in the index; null when it is empty. */
  lowest(): number | null
  /** Removes what is below `seq`, at most `limit` of it. */
  removeBelow(seq: number, limit: number): void
  close(): void
}

/** Counted up when the form changes: an index of another form is thrown away. */
const FORM = 1

/** Pages. Left to itself SQLite merges now and then, and much at once: a little with each piece keeps up as well. */
const MERGED_AT_ONCE = 32

export function openSearchFile(path: string): SearchFile {
  const connection = new DatabaseSync(path, { timeout: 100 })
  try {
    return prepare(connection)
  } catch (error) {
    connection.close()
    throw error
  }
}

function prepare(connection: DatabaseSync): SearchFile {
  connection.exec('PRAGMA journal_mode = WAL')
  // Power loss may take back the newest commits, which is to index them again; it can not damage the file.
  connection.exec('PRAGMA synchronous = NORMAL')
  const { application_id: form } = connection.prepare('PRAGMA application_id').get() ?? {}
  if (form !== FORM) {
    // Which characters a message holds is enough: the messages are looked at anyway, and this is a third of the size.
    connection.exec(`
      BEGIN IMMEDIATE;
      DROP TABLE IF EXISTS words;
      CREATE VIRTUAL TABLE words USING fts5(
        content, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none);
      INSERT INTO words (words, rank) VALUES ('automerge', 0);
      PRAGMA user_version = 0;
      PRAGMA application_id = ${FORM};
      COMMIT`)
  }
  const insert = connection.prepare('INSERT INTO words (rowid, content) VALUES (?, ?)')
  const remove = connection.prepare(
    'DELETE FROM words WHERE rowid IN (SELECT rowid FROM words WHERE rowid < ? LIMIT ?)',
  )
  const first = connection.prepare('SELECT rowid FROM words ORDER BY rowid LIMIT 1')
  const merge = connection.prepare("INSERT INTO words (words, rank) VALUES ('merge', ?)")
  let position = positionIn(connection)

  function transaction(work: () => void): void {
    connection.exec('BEGIN IMMEDIATE')
    try {
      work()
      connection.exec('COMMIT')
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK')
      throw error
    }
  }

  return {
    get position() {
      return position
    },
    add(messages, upTo) {
      transaction(() => {
        for (const { seq, content } of messages) insert.run(seq, indexable(content))
        connection.exec(`PRAGMA user_version = ${upTo}`)
      })
      position = upTo
      merge.run(MERGED_AT_ONCE)
    },
    lowest() {
      const row = first.get()
      return row === undefined ? null : Number(row['rowid'])
    },
    removeBelow(seq, limit) {
      transaction(() => remove.run(seq, limit))
    },
    close: () => connection.close(),
  }
}

function positionIn(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

/** Upper and lower case are the same, and so is an accent that is a character of its own. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** The tokenizer would stop at a NUL. */
function indexable(text: string): string {
  return folded(text).replaceAll('\0', ' ')
}

/** What can be made again must not take the last of a disk on which messages have to be kept. */
const ROOM_BYTES = 200 * 1024 * 1024

export function hasRoom(path: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(path))
  return Number(bavail) * Number(bsize) > ROOM_BYTES
}

/** No process may have it open. */
export function removeSearchFile(path: string): void {
  for (const suffix of ['-wal', '-shm', '']) rmSync(path + suffix, { force: true })
}

/** What a command finds in the index. */
export interface SearchLookup {
  readonly position: number
  /** Newest first. */
  candidates(text: string, options: { before: number; limit: number }): number[]
  close(): void
}

/** null when there is none, or none that can be used: then every message is looked at. */
export function openSearchLookup(path: string): SearchLookup | null {
  let database: Database | null = null
  try {
    database = openForReading(path)
    if (database === null) return null
    const opened = database
    if (opened.get('PRAGMA application_id')?.['application_id'] !== FORM) {
      opened.close()
      return null
    }
    return {
      position: Number(opened.get('PRAGMA user_version')?.['user_version'] ?? 0),
      candidates: (text, { before, limit }) =>
        opened
          .lists(
            'SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?',
            allOf(text),
            before,
            limit,
          )
          .map(([seq]) => Number(seq)),
      close: opened.close,
    }
  } catch {
    database?.close()
    return null
  }
}

const GROUP = 3
/** Further ones hardly rule anything out any more, and each costs a look into the index. */
const MOST_GROUPS = 40

/** Words of fewer characters can not be looked up. */
export function canLookUp(text: string): boolean {
  return [...folded(text)].length >= GROUP
}

/** Each group in quotes is text to FTS5, whatever it holds. */
function allOf(text: string): string {
  const characters = [...indexable(text)]
  const groups = new Set(characters.slice(0, 1 - GROUP).map((_, i) => characters.slice(i, i + GROUP).join('')))
  return [...groups]
    .slice(0, MOST_GROUPS)
    .map(group => `"${group.replaceAll('"', '""')}"`)
    .join(' AND ')
}
