import { createHash, randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, errorCode } from '../core/errors.ts'
import type { DataFolder } from './data-folder.ts'

/** Where the daemon of a data folder can be spoken to, and what proves that one may (design §3). */
export interface ControlPlace {
  readonly socket: string
  readonly token: string
}

/** Linux takes 107 bytes for the path of a socket, macOS 103. */
const LONGEST_SOCKET_PATH = 100

/**
 * Makes the place for a daemon that holds the lock: what an earlier one left there is taken away.
 *
 * @param runtimeFolder for data folders whose own path is too long for a socket, or that can not hold one
 * @throws ConfigError when somebody else could reach into it
 */
export function makeControlPlace(
  folder: DataFolder,
  { runtimeFolder, where }: { runtimeFolder: string; where: 'data' | 'runtime' },
): ControlPlace {
  const socket = socketPath(folder, { runtimeFolder, where })
  const place = { socket, token: randomBytes(32).toString('hex') }
  rmSync(socket, { force: true })
  // Removed first: whoever may still read an older file keeps reading the older token.
  rmSync(folder.file('daemon.token'), { force: true })
  writeFileSync(folder.file('daemon.token'), `${JSON.stringify(place)}\n`, { mode: 0o600, flag: 'wx' })
  return place
}

export function removeControlPlace(folder: DataFolder, { socket }: ControlPlace): void {
  rmSync(folder.file('daemon.token'), { force: true })
  rmSync(socket, { force: true })
}

/** null: no daemon has made one. That one is there does not mean that somebody listens. */
export function readControlPlace(folder: DataFolder): ControlPlace | null {
  try {
    const value: unknown = JSON.parse(readFileSync(folder.file('daemon.token'), 'utf8'))
    if (typeof value !== 'object' || value === null) return null
    const { socket, token } = value as Record<string, unknown>
    return typeof socket === 'string' && typeof token === 'string' ? { socket, token } : null
  } catch {
    // Not there yet, or being written.
    return null
  }
}

function socketPath(
  folder: DataFolder,
  { runtimeFolder, where }: { runtimeFolder: string; where: 'data' | 'runtime' },
): string {
  const own = folder.file('daemon.sock')
  if (where === 'data' && Buffer.byteLength(own) <= LONGEST_SOCKET_PATH) return own
  makePrivate(runtimeFolder)
  const name = createHash('sha256').update(folder.path).digest('hex').slice(0, 16)
  const socket = join(runtimeFolder, `${name}.sock`)
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) throw notPrivate(runtimeFolder, 'path_too_long')
  return socket
}

/** In a folder that everybody may write to, somebody else may have been there first. */
function makePrivate(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw notPrivate(path, errorCode(error))
  }
  const facts = lstatSync(path)
  const ours = facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o077) === 0
  if (!ours) throw notPrivate(path, 'not_private')
}

function notPrivate(path: string, reason: string): ConfigError {
  return new ConfigError(
    {
      en: `The folder ${path} can not be used for the control socket (${reason}).`,
      zh: `无法将目录 ${path} 用于控制套接字（${reason}）。`,
    },
    {
      nextStep: {
        en: 'It has to belong to you alone (0700). Remove it, or use a data folder with a shorter path.',
        zh: '该目录必须只属于你（0700）。请删除它，或使用路径更短的数据目录。',
      },
    },
  )
}
