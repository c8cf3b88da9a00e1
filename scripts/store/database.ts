import { accessSync, constants, existsSync } from 'node:fs'
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

const SQLITE_BUSY = 5
const SQLITE_NOMEM = 7
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

/** The file is damaged, as opposed to busy, full or out of reach. */
export function isCorruption(error: unknown): boolean {
  return isOneOf(error, [SQLITE_CORRUPT, SQLITE_NOTADB])
}

/** Nothing is wrong with the file or with who may write it: room, or patience, is all that is missing. */
export function mayPass(error: unknown): boolean {
  return isOneOf(error, [SQLITE_BUSY, SQLITE_NOMEM, SQLITE_IOERR, SQLITE_FULL])
}

function isOneOf(error: unknown, codes: readonly number[]): boolean {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const code = (one as { errcode?: unknown }).errcode
    if (typeof code === 'number' && codes.includes(code & 0xff)) return true
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
  requireWritable(path)
  try {
    connection = new DatabaseSync(path, { timeout: 5000 })
    const database = around(wrap(connection))
    // Power loss must not take back a commit: FULL syncs the WAL at each one (design §3).
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    // On macOS fsync does not reach the platter by itself; elsewhere these change nothing.
    database.exec('PRAGMA fullfsync = ON')
    database.exec('PRAGMA checkpoint_fullfsync = ON')
    // A checkpoint syncs two files in the middle of a commit: one commit in 400 instead of one in 100 waits for that.
    database.exec('PRAGMA wal_autocheckpoint = 4000')
    migrate(database)
    return database
  } catch (error) {
    connection?.close()
    throw storageError(path, error)
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
    throw storageError(path, error)
  }
}

/**
 * Of a file that may only be read SQLite makes a connection that never can write, without a word, and leaves files of the
 * same kind beside it.
 */
function requireWritable(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK)
    } catch (error) {
      throw storageError(file, error)
    }
  }
}

/** What happened in words for whoever has to mend it. */
export function storageError(path: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const reason = sqliteReason(error)
  return new StorageError(
    { en: `Cannot open the database ${path} (${reason}).`, zh: `无法打开数据库 ${path}（${reason}）。` },
    {
      nextStep: {
        en: 'It and its folder have to be writable for the user who runs this. Does it belong to another user?',
        zh: '运行本程序的用户必须能写入该文件及其所在目录。它是否属于其他用户？',
      },
      cause: error,
    },
  )
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
    exec(sql) {
      // SQLite may have rolled back by itself (full disk, I/O error). To complain of that would hide the reason.
      if (sql === 'ROLLBACK' && !connection.isTransaction) return
      connection.exec(sql)
    },
    close: () => {
      prepared.clear()
      preparedLists.clear()
      if (connection.isOpen) connection.close()
    },
  }
}
