/** The relay's own SQLite file. Statements are prepared once; nothing a client sent is ever part of SQL text. */

import { chmodSync, closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { StorageError } from '../../core/errors.ts'

/** SQLite's name for a database without a file. */
const MEMORY = ':memory:'

const SCHEMA_VERSION = 1

/** "owcr": marks the file as ours. */
const APPLICATION_ID = 0x6f776372

export interface DatabaseOptions {
  /** false: for a revision that lets two people have one name (RC §11); in a new file only. */
  readonly uniqueNames?: boolean
}

const schema = ({ uniqueNames = true }: DatabaseOptions) => `
  CREATE TABLE users (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT    NOT NULL${uniqueNames ? ' UNIQUE' : ''},
    description    TEXT,
    status         TEXT    NOT NULL,
    token          TEXT    NOT NULL UNIQUE,
    registered_at  INTEGER NOT NULL,
    last_active_at INTEGER NOT NULL,
    homepage       BLOB
  ) STRICT;
  CREATE TABLE relations (
    low_id   INTEGER NOT NULL REFERENCES users (id),
    high_id  INTEGER NOT NULL REFERENCES users (id),
    state    TEXT    NOT NULL,
    actor_id INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    PRIMARY KEY (low_id, high_id)
  ) STRICT;
  CREATE INDEX relations_by_high ON relations (high_id);
  CREATE TABLE messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    to_id      INTEGER NOT NULL REFERENCES users (id),
    from_id    INTEGER REFERENCES users (id),
    kind       TEXT    NOT NULL,
    content    TEXT    NOT NULL,
    attachment TEXT,
    at         INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_recipient ON messages (to_id, at, id);
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT INTO counters (name, value) VALUES ('messages', 0);
`

/** Creates the file before SQLite does, so that it is never readable by others; SQLite gives its side files the same mode. */
function createPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
}

/** Looks before it changes anything: the path may be a mistake, and the file somebody else's. */
function schemaVersion(sql: DatabaseSync): number {
  const tables = row<{ n: number }>(sql.prepare('SELECT count(*) AS n FROM sqlite_schema'))?.n ?? 0
  if (tables === 0) return 0
  const application = row<{ application_id: number }>(sql.prepare('PRAGMA application_id'))?.application_id
  if (application !== APPLICATION_ID) throw new Error('the file is the database of another program')
  const version = row<{ user_version: number }>(sql.prepare('PRAGMA user_version'))?.user_version ?? 0
  if (version > SCHEMA_VERSION) throw new Error(`schema version ${version} is newer than this program`)
  return version
}

function prepare(sql: DatabaseSync, path: string, options: DatabaseOptions): void {
  // One process per file: rows handed out to a reply in flight are known in memory only.
  sql.exec('PRAGMA locking_mode = EXCLUSIVE')
  const version = schemaVersion(sql)
  // For a file that was there before, and ahead of the side files that get its mode.
  if (path !== MEMORY) chmodSync(path, 0o600)
  sql.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  transaction(sql, () => {
    if (version === 0) sql.exec(schema(options))
    // A write in any case: it takes the exclusive lock now and not with the first message.
    sql.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`)
  })
}

export function openDatabase(path: string, options: DatabaseOptions = {}): DatabaseSync {
  let sql: DatabaseSync | undefined
  try {
    if (path !== MEMORY) createPrivate(path)
    sql = new DatabaseSync(path)
    prepare(sql, path, options)
    return sql
  } catch (cause) {
    sql?.close()
    throw new StorageError(
      { en: `The relay's database ${path} can not be opened.`, zh: `无法打开中继数据库 ${path}。` },
      {
        cause,
        nextStep: {
          en: 'Check that the file is a relay database, its folder is writable, and no other relay uses it.',
          zh: '请检查该文件是否为中继数据库、目录是否可写，以及是否有其他中继正在使用它。',
        },
      },
    )
  }
}

export function transaction<T>(sql: DatabaseSync, work: () => T): T {
  sql.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    sql.exec('COMMIT')
    return result
  } catch (error) {
    // A failed COMMIT may have rolled back already.
    if (sql.isTransaction) sql.exec('ROLLBACK')
    throw error
  }
}

type Named = Record<string, SQLInputValue>

/** The rows are our own, written by our own statements: their type is known where the statement is. */
export function row<T>(statement: StatementSync, values: Named = {}): T | undefined {
  return statement.get(values) as T | undefined
}

export function rows<T>(statement: StatementSync, values: Named = {}): T[] {
  return statement.all(values) as T[]
}

/** An id from outside: what does not fit 64 bits makes SQLite throw, which is the 500 of transcript 906. */
export function sqlId(id: number): number | bigint {
  return Number.isSafeInteger(id) ? id : BigInt(id)
}
