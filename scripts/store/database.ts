import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { errorCode, StorageError } from '../core/errors.ts'

/** A row as SQLite gave it; each module of the store turns it into its own type. */
export type Row = Record<string, SQLOutputValue>

/**
 * The one way the store talks to SQLite: prepared once, plain rows, one place where a test can make a statement fail.
 */
export interface Database {
  all(sql: string, ...values: SQLInputValue[]): Row[]
  /** The same as lists of columns, for results of many rows: naming the columns of each costs as much as reading it. */
  lists(sql: string, ...values: SQLInputValue[]): SQLOutputValue[][]
  get(sql: string, ...values: SQLInputValue[]): Row | undefined
  /** Returns the rowid of the last insert. */
  run(sql: string, ...values: SQLInputValue[]): number
  exec(sql: string): void
  close(): void
}

const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** The file is damaged, as opposed to busy, full or out of reach. */
export function isCorruption(error: unknown): boolean {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const code = (one as { errcode?: unknown }).errcode
    if (typeof code === 'number' && ((code & 0xff) === SQLITE_CORRUPT || (code & 0xff) === SQLITE_NOTADB)) return true
  }
  return false
}

/** SQLite's own words for the primary result code, such as `database or disk is full`; for logs. */
export function sqliteReason(error: unknown): string {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const text = (one as { errstr?: unknown }).errstr
    if (typeof text === 'string' && text !== '') return text.replaceAll(' ', '_')
  }
  return errorCode(error)
}

/**
 * Opens `state.db` for the process that holds the lock.
 *
 * @param migrate brings the schema up to date
 * @param around lets a test stand between the store and SQLite, from the first statement on
 * @throws StorageError when it can not be opened, or was written by a newer version
 */
export function openForWriting(
  path: string,
  migrate: (database: Database) => void,
  around: (database: Database) => Database = itself => itself,
): Database {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path, { timeout: 5000 })
    const database = around(wrap(connection))
    // Power loss must not take back a commit: FULL syncs the WAL at each one (design §3).
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    // On macOS fsync does not reach the platter by itself; elsewhere these change nothing.
    database.exec('PRAGMA fullfsync = ON')
    database.exec('PRAGMA checkpoint_fullfsync = ON')
    migrate(database)
    return database
  } catch (error) {
    connection?.close()
    throw asStorageError(path, error)
  }
}

/**
 * Opens `state.db` beside a running daemon, or without one. Never changes it.
 *
 * @returns null when there is no such file
 */
export function openForReading(path: string): Database | null {
  try {
    return wrap(new DatabaseSync(path, { readOnly: true, timeout: 5000 }))
  } catch (error) {
    const missing = (error as { errcode?: unknown }).errcode === 14
    if (missing) return null
    throw asStorageError(path, error)
  }
}

function asStorageError(path: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error
  return new StorageError(`Cannot open the database ${path}: ${sqliteReason(error)}`, { cause: error })
}

function wrap(connection: DatabaseSync): Database {
  const prepared = new Map<string, StatementSync>()
  const preparedLists = new Map<string, StatementSync>()
  function statement(sql: string): StatementSync {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const fresh = connection.prepare(sql)
    prepared.set(sql, fresh)
    return fresh
  }
  function listStatement(sql: string): StatementSync {
    const known = preparedLists.get(sql)
    if (known !== undefined) return known
    const fresh = connection.prepare(sql)
    fresh.setReturnArrays(true)
    preparedLists.set(sql, fresh)
    return fresh
  }
  return {
    lists: (sql, ...values) => listStatement(sql).all(...values) as unknown as SQLOutputValue[][],
    all: (sql, ...values) => statement(sql).all(...values),
    get: (sql, ...values) => statement(sql).get(...values),
    run: (sql, ...values) => Number(statement(sql).run(...values).lastInsertRowid),
    exec: sql => connection.exec(sql),
    close: () => {
      prepared.clear()
      preparedLists.clear()
      if (connection.isOpen) connection.close()
    },
  }
}
