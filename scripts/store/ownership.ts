import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { ConfigError } from '../core/errors.ts'
import type { DataFolder } from './data-folder.ts'
import { openForReading, sqliteReason } from './database.ts'
import { isLocked, type Lock, tryLock, waitForLock } from './lock.ts'
import { type Holder, readHolder } from './status.ts'

/** Who may write: one process a data folder, one data folder an identity (design §3). */

/** A command holds the lock for moments only; a daemon for days. */
const WAIT_FOR_COMMAND_MS = 30_000

/**
 * Takes the folder's lock for a daemon.
 *
 * @throws ConfigError naming the daemon that has it, or why nobody can have it
 */
export async function ownFolder(folder: DataFolder, clock: Clock): Promise<Lock> {
  const path = folder.file('lock.db')
  let daemon: Holder | null = null
  const lock = await waitForLock(path, {
    clock,
    waitMs: WAIT_FOR_COMMAND_MS,
    giveUp() {
      const holder = currentHolder(folder)
      daemon = holder?.kind === 'daemon' && isAlive(holder.pid) ? holder : null
      return daemon !== null
    },
  }).catch(error => {
    throw notLockable(path, error)
  })
  if (lock !== null) return lock
  throw alreadyRunning(folder, daemon)
}

/**
 * Takes it for a command, if nobody has it now.
 *
 * @throws ConfigError why nobody can have it
 */
export function tryOwnFolder(folder: DataFolder): Lock | null {
  const path = folder.file('lock.db')
  try {
    return tryLock(path)
  } catch (error) {
    throw notLockable(path, error)
  }
}

function notLockable(path: string, error: unknown): ConfigError {
  const reason = sqliteReason(error)
  return new ConfigError(
    { en: `The lock ${path} can not be taken (${reason}).`, zh: `无法获取锁 ${path}（${reason}）。` },
    {
      nextStep: {
        en: 'It has to be writable for the user who runs this. Does it belong to another user?',
        zh: '运行本程序的用户必须能写入该文件。它是否属于其他用户？',
      },
      cause: error,
    },
  )
}

/** For whoever waited for the lock in vain. */
export function alreadyRunning(folder: DataFolder, holder = currentHolder(folder)): ConfigError {
  const who = holder === null ? '' : ` (pid ${holder.pid}, ${holder.startedAt})`
  return new ConfigError(
    {
      en: `Another process already works in ${folder.path}${who}.`,
      zh: `已有另一个进程在 ${folder.path} 中运行${who}。`,
    },
    {
      nextStep: {
        en: 'One daemon a data folder is enough. See "npm run -s im -- status".',
        zh: '每个数据目录只需一个守护进程。可运行 "npm run -s im -- status" 查看。',
      },
    },
  )
}

/** The daemon that runs on this folder now; null when none does. */
export function runningDaemon(folder: DataFolder): Holder | null {
  if (!isLocked(folder.file('lock.db'))) return null
  const holder = currentHolder(folder)
  return holder?.kind === 'daemon' ? holder : null
}

/** What the holder wrote about itself. It may be gone: whether the lock is taken is another question. */
function currentHolder(folder: DataFolder): Holder | null {
  try {
    const database = openForReading(folder.file('state.db'))
    if (database === null) return null
    try {
      return readHolder(database)
    } finally {
      database.close()
    }
  } catch {
    // Not there yet, or being moved aside: the caller asks again.
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}

export type IdentityLock =
  | { readonly kind: 'held'; readonly lock: Lock }
  | { readonly kind: 'taken'; readonly folder: string }

/**
 * Two copies of the skill on one account would take each other's messages. The lock lies in the user's state folder,
 * beside a note that says which data folder holds it.
 *
 * @param identity relay and token; only its hash is written
 */
export function lockIdentity(stateFolder: string, identity: string, folder: DataFolder): IdentityLock {
  const locks = join(stateFolder, 'identities')
  mkdirSync(locks, { recursive: true, mode: 0o700 })
  const base = join(locks, identityKey(identity))
  const lock = tryLock(`${base}.lock`)
  // The note is its own file: the lock file itself is never opened with node:fs.
  if (lock === null) return { kind: 'taken', folder: readNote(`${base}.folder`) }
  try {
    writeFileSync(`${base}.folder`, `${folder.path}\n`, { mode: 0o600 })
    return { kind: 'held', lock }
  } catch (error) {
    // Kept, it would refuse our own next try.
    lock.release()
    throw error
  }
}

function readNote(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return '?'
  }
}

/** A short name for an identity that tells nothing about its token. */
export function identityKey(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 32)
}
