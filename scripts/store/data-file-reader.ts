import { constants, lstatSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { errorCode } from '../core/errors.ts'
import type { DataFile } from './data-folder.ts'

/** What the page may see of the data folder. Nothing else is ever opened for it. */
export const SHOWN_FILES = [
  'profile.json',
  'contacts.json',
  'stats.json',
  'context_snapshot.json',
  'inbox_pushed.md',
  'conversations.md',
  'sse_channel.log',
] as const satisfies readonly DataFile[]

export type ShownFile = (typeof SHOWN_FILES)[number]

/** Another one whenever the file was appended to, edited or replaced. */
export interface FileVersion {
  /** As text: some file systems number beyond what a double holds. */
  readonly inode: string
  readonly size: number
  readonly mtimeMs: number
}

export interface OpenDataFile {
  readonly version: FileVersion
  /** From `start` up to but not including `end`; fewer where the file has become shorter. */
  read(start: number, end: number): Promise<Uint8Array>
  /** False when what was there at the opening may have been written over since; appending does not count. */
  isIntact(): Promise<boolean>
  close(): Promise<void>
}

export type Opening =
  | { readonly kind: 'open'; readonly file: OpenDataFile }
  | { readonly kind: 'missing' }
  /** A link, a pipe, a folder, somebody else's: it may be anything, and nothing of it is read. */
  | { readonly kind: 'not_plain' }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** Links are not followed; a pipe without a writer does not block; what the descriptor means stays what it is. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** How a link, a socket, a device without its driver and a path through a file answer to being opened. */
const NOT_PLAIN = new Set(['ELOOP', 'EMLINK', 'ENXIO', 'ENODEV', 'EISDIR', 'EOPNOTSUPP'])

export async function openDataFile(path: string): Promise<Opening> {
  let handle: FileHandle
  try {
    handle = await open(path, FLAGS)
  } catch (error) {
    return withoutFile(errorCode(error))
  }
  try {
    const facts = await handle.stat({ bigint: true })
    if (isPlain(facts)) return { kind: 'open', file: fileOf(handle, versionOf(facts)) }
  } catch (error) {
    await handle.close()
    return { kind: 'unreadable', reason: errorCode(error) }
  }
  await handle.close()
  return { kind: 'not_plain' }
}

/** What stands under that name now; null where nothing does that would be shown. */
export function lookAtDataFile(path: string): FileVersion | null {
  try {
    const facts = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return facts !== undefined && isPlain(facts) ? versionOf(facts) : null
  } catch {
    return null
  }
}

function withoutFile(reason: string): Opening {
  if (reason === 'ENOENT' || reason === 'ENOTDIR') return { kind: 'missing' }
  return NOT_PLAIN.has(reason) ? { kind: 'not_plain' } : { kind: 'unreadable', reason }
}

interface Facts {
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeMs: bigint
  readonly nlink: bigint
  readonly uid: bigint
  isFile(): boolean
}

/** A second name may be that of a file that is none of the page's. None at all: it was replaced a moment ago. */
function isPlain(facts: Facts): boolean {
  const own = process.getuid === undefined || facts.uid === BigInt(process.getuid())
  return facts.isFile() && facts.nlink <= 1n && own
}

function versionOf({ ino, size, mtimeMs }: Facts): FileVersion {
  return { inode: String(ino), size: Number(size), mtimeMs: Number(mtimeMs) }
}

function fileOf(handle: FileHandle, version: FileVersion): OpenDataFile {
  return {
    version,
    async read(start, end) {
      const buffer = Buffer.allocUnsafe(end - start)
      let filled = 0
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return buffer.subarray(0, filled)
    },
    async isIntact() {
      const now = versionOf(await handle.stat({ bigint: true }))
      return now.size > version.size || (now.size === version.size && now.mtimeMs === version.mtimeMs)
    },
    close: () => handle.close(),
  }
}
