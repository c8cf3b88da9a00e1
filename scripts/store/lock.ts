import { accessSync, constants, existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../core/clock.ts'

/**
 * Locks that the kernel frees when their process dies, however it dies: an exclusive transaction on an SQLite file that
 * is never written (design §3). Nothing else may open such a file with node:fs while it is held: closing any other
 * descriptor of it in this process would drop the lock.
 */
export interface Lock {
  release(): void
}

const SQLITE_BUSY = 5

/** Returns null when another process holds it. Throws when this one can not take it at all. */
export function tryLock(path: string): Lock | null {
  // Of a file that may only be read SQLite takes no lock, and says nothing.
  if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK)
  const connection = new DatabaseSync(path, { timeout: 0 })
  try {
    // The lock of an empty file would begin with a journal beside it, and on a full disk with an error.
    connection.exec('PRAGMA journal_mode = MEMORY')
    connection.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    connection.close()
    if (isBusy(error)) return null
    throw error
  }
  return { release: () => connection.isOpen && connection.close() }
}

/** Asks without taking it. A missing file is free. */
export function isLocked(path: string): boolean {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path, { readOnly: true, timeout: 0 })
    connection.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    connection?.close()
  }
}

/**
 * Waits up to `waitMs` for the lock.
 *
 * @param giveUp asked between tries; true ends the wait early
 */
export async function waitForLock(
  path: string,
  { clock, waitMs, giveUp }: { clock: Clock; waitMs: number; giveUp: () => boolean },
): Promise<Lock | null> {
  const until = clock.monotonic() + waitMs
  for (;;) {
    const lock = tryLock(path)
    if (lock !== null) return lock
    if (clock.monotonic() >= until || giveUp()) return null
    // Several may wait: a little chance keeps them apart.
    await clock.sleep(40 + clock.random() * 40)
  }
}

function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' && (code & 0xff) === SQLITE_BUSY
}
