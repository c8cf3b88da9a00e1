import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

/**
 * Everything the projections do to the disk, in one small interface, so that a test can make any step of it fail or be
 * forgotten.
 */
export interface FileLayer {
  /** null when there is no such file. */
  stat(path: string): Promise<FileFacts | null>
  /** Opens for appending; creates it (0600). The position is always the file's end, whoever else writes. */
  openForAppend(path: string): Promise<AppendFile>
  /** Bytes from `start` up to but not including `end`; fewer when the file is shorter. */
  read(path: string, start: number, end: number): Promise<Uint8Array>
  /**
   * Writes over what stands there, byte for byte the same. After a failed sync the kernel takes for safe what never
   * reached the disk, and every later sync succeeds; only what is written again is really synced. Nothing is written when
   * the file has become shorter meanwhile.
   */
  rewrite(path: string, start: number, bytes: Uint8Array): Promise<void>
  /** The whole file, null when there is none. */
  readWhole(path: string): Promise<string | null>
  /** Replaces the file as a whole and makes that durable: readers see the old or the new one, never a part. */
  replace(path: string, text: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** One that is missing is gone already. */
  remove(path: string): Promise<void>
  /** For this user alone, and durable. One that is there stays as it is. */
  makeFolder(path: string): Promise<void>
}

export interface FileFacts {
  readonly size: number
  readonly inode: number
}

export interface AppendFile {
  stat(): Promise<FileFacts>
  /** Rejects when not all bytes were written; some may have been. */
  append(bytes: Uint8Array): Promise<void>
  /** Resolves when everything appended so far survives a power loss. */
  sync(): Promise<void>
  close(): Promise<void>
}

const PRIVATE = 0o600
const PRIVATE_FOLDER = 0o700

export const nodeFiles: FileLayer = {
  async stat(path) {
    try {
      const facts = await stat(path)
      return { size: facts.size, inode: facts.ino }
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  },

  async openForAppend(path) {
    const handle = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, PRIVATE)
    let folderSynced = false
    return {
      async stat() {
        const facts = await handle.stat()
        return { size: facts.size, inode: facts.ino }
      },
      append: bytes => writeAll(handle, bytes),
      async sync() {
        await handle.datasync()
        if (folderSynced) return
        // The name of a new file is durable only once its folder is.
        await syncFolder(dirname(path))
        folderSynced = true
      },
      close: () => handle.close(),
    }
  },

  async read(path, start, end) {
    const handle = await open(path, 'r')
    try {
      const buffer = Buffer.alloc(Math.max(0, end - start))
      let filled = 0
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return buffer.subarray(0, filled)
    } finally {
      await handle.close()
    }
  },

  async rewrite(path, start, bytes) {
    const handle = await open(path, 'r+')
    try {
      const { size } = await handle.stat()
      if (size >= start + bytes.length) await writeAll(handle, bytes, start)
    } finally {
      await handle.close()
    }
  },

  async readWhole(path) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  },

  async replace(path, text) {
    // The library's own write takes a short write for a whole one; in the hook a failure comes before the rename.
    await writeFileAtomic(path, null, {
      mode: PRIVATE,
      tmpfileCreated: temporary => writeFile(temporary, text),
    })
    await syncFolder(dirname(path))
  },

  rename: (from, to) => rename(from, to),

  remove: path => rm(path, { force: true }),

  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER })
    await syncFolder(dirname(path))
  },
}

/** @param start a place in the file; without it, where the file's position is */
async function writeAll(handle: FileHandle, bytes: Uint8Array, start?: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const place = start === undefined ? null : start + written
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, place)
    written += bytesWritten
  }
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** So much is read at a time, and looked through between two turns of the event loop. */
const PIECE_BYTES = 256 * 1024

/** What stands there, piece by piece; ends early where the file does. */
export async function* readPieces(
  files: FileLayer,
  path: string,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const piece = await files.read(path, at, Math.min(at + PIECE_BYTES, end))
    if (piece.length === 0) return
    yield piece
    at += piece.length
  }
}

/** write-file-atomic leaves `name.<number>` behind when its process is killed. Returns how many were removed. */
export async function removeTemporaries(folder: string, names: readonly string[]): Promise<number> {
  let removed = 0
  for (const entry of await readdir(folder)) {
    const owner = /^(.+)\.\d{1,10}$/.exec(basename(entry))?.[1]
    if (owner === undefined || !names.includes(owner)) continue
    await unlink(join(folder, entry))
    removed++
  }
  return removed
}

export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT'
}
