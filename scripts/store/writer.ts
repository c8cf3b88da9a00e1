import type { Clock } from '../core/clock.ts'
import { type Database, isCorruption, sqliteReason } from './database.ts'

/**
 * Group commit (design §3): what one turn of the event loop wants to write shares one transaction, and each caller
 * hears of it only after the commit. While the disk or the database refuses, the work waits here and is tried again;
 * nothing is dropped and nothing is reported as done.
 */
export interface Writer {
  /**
   * Runs `job` in the next transaction, and again in another one when that had to be undone, so it must do nothing but
   * write there. Rejects only when the job itself throws, or the writer is closed.
   */
  write<T>(job: (database: Database) => T): Promise<T>
  /** The connection for reading. Another one after a corruption, so do not keep it. */
  readonly database: Database
  /** Work that waits for a commit. */
  readonly waiting: number
  /** Something failed outside of a transaction: if the error says that the database is damaged, it is replaced. */
  suspect(error: unknown): void
  /** Commits what waits, then closes. What can not be committed is rejected. */
  close(): Promise<void>
}

export interface WriterOptions {
  readonly open: () => Database
  /** Moves a damaged database aside and opens a fresh one. */
  readonly replaceCorrupt: (damaged: Database, cause: unknown) => Database
  readonly clock: Clock
  /** Once per fault, with SQLite's reason; then once when writing works again. */
  readonly onFault: (reason: string) => void
  readonly onRecovered: () => void
}

interface Job {
  /** May be called again when the transaction did not come to its end. */
  run(database: Database): void
  settle(): void
  fail(error: unknown): void
}

/** A full disk is not freed in milliseconds, and not by trying harder. */
const RETRY_MS = [100, 250, 500, 1000, 2000, 5000] as const

export function createWriter(options: WriterOptions): Writer {
  const { clock } = options
  let database = options.open()
  let queue: Job[] = []
  let scheduled = false
  let faults = 0
  let closed = false
  let cancelRetry: (() => void) | undefined

  function schedule(): void {
    if (scheduled || cancelRetry !== undefined) return
    scheduled = true
    clock.afterTurn(() => {
      scheduled = false
      commit()
    })
  }

  function commit(): void {
    if (queue.length === 0 || closed) return
    const jobs = queue
    try {
      runTogether(database, jobs)
    } catch (error) {
      if (isCorruption(error)) replace(error)
      else retryLater(error)
      return
    }
    queue = queue.slice(jobs.length)
    if (faults > 0) {
      faults = 0
      options.onRecovered()
    }
    for (const job of jobs) job.settle()
    if (queue.length > 0) schedule()
  }

  function replace(cause: unknown): void {
    try {
      database = options.replaceCorrupt(database, cause)
      schedule()
    } catch (error) {
      retryLater(error)
    }
  }

  function retryLater(error: unknown): void {
    if (faults === 0) options.onFault(sqliteReason(error))
    const delay = RETRY_MS[Math.min(faults, RETRY_MS.length - 1)] ?? 5000
    faults++
    cancelRetry = clock.after(delay, () => {
      cancelRetry = undefined
      commit()
    })
  }

  function stopRetry(): void {
    cancelRetry?.()
    cancelRetry = undefined
  }

  return {
    get database() {
      return database
    },
    get waiting() {
      return queue.length
    },
    write<T>(work: (database: Database) => T) {
      return new Promise<T>((resolve, reject) => {
        if (closed) {
          reject(new Error('The store is closed'))
          return
        }
        let outcome: { value: T } | { error: unknown } | undefined
        queue.push({
          run(connection) {
            try {
              outcome = { value: work(connection) }
            } catch (error) {
              if (isStorageTrouble(error)) throw error
              outcome = { error }
              throw new JobFailed()
            }
          },
          settle() {
            if (outcome === undefined) reject(new Error('The job did not run'))
            else if ('error' in outcome) reject(outcome.error)
            else resolve(outcome.value)
          },
          fail: reject,
        })
        schedule()
      })
    },
    suspect(error) {
      if (!closed && isCorruption(error)) replace(error)
    },
    close() {
      stopRetry()
      commit()
      stopRetry()
      closed = true
      for (const job of queue) job.fail(new Error('The store was closed before this could be written'))
      queue = []
      database.close()
      return Promise.resolve()
    },
  }
}

/** The job's own fault: its part is undone, the others go on. */
class JobFailed extends Error {}

/** Thrown by SQLite, so the whole transaction is in doubt, unless it only refused the values of one statement. */
function isStorageTrouble(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode
  const SQLITE_CONSTRAINT = 19
  const SQLITE_MISMATCH = 20
  return typeof code === 'number' && (code & 0xff) !== SQLITE_CONSTRAINT && (code & 0xff) !== SQLITE_MISMATCH
}

/** Jobs hardly ever fail, so they get savepoints, which cost as much as a small job, only when one of them has. */
function runTogether(database: Database, jobs: readonly Job[]): void {
  try {
    inTransaction(database, () => jobs.forEach(job => void job.run(database)))
  } catch (error) {
    if (!(error instanceof JobFailed)) throw error
    inTransaction(database, () => jobs.forEach(job => void runApart(database, job)))
  }
}

function runApart(database: Database, job: Job): void {
  database.exec('SAVEPOINT job')
  try {
    job.run(database)
  } catch (error) {
    if (!(error instanceof JobFailed)) throw error
    database.exec('ROLLBACK TO job')
  }
  database.exec('RELEASE job')
}

function inTransaction(database: Database, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    rollback(database)
    throw error
  }
}

/** SQLite may have rolled back by itself (full disk, I/O error); then there is nothing left to undo. */
function rollback(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // Reported by the caller through the error that led here.
  }
}
