import type { FileLayer } from '../../scripts/store/files.ts'

/**
 * A disk that forgets what was not synced. Every operation has a number; after a chosen one the power is gone, and what
 * comes back is everything that was synced plus as much of the rest as the test says.
 */
export interface ForgetfulFiles extends FileLayer {
  /** Operations so far. */
  readonly operations: number
  readonly powerIsOff: boolean
  /** From the nth operation on everything fails; that one itself is done in part. */
  cutPowerAt(operation: number): void
  /**
   * The next sync fails, and what it was to bring to the disk is believed to be there from now on, as the page cache of
   * Linux does it: another sync succeeds without writing it, and only what is written again is safe.
   */
  failNextSync(): void
  /**
   * The power is back.
   *
   * @param keep how much of each unsynced tail survived, 0 … 1
   */
  restorePower(keep: number): void
  /** As a user with an editor sees and changes it. */
  content(path: string): string | null
  paths(): readonly string[]
  edit(path: string, change: (text: string) => string | null, options?: { newInode?: boolean }): void
}

export class PowerLoss extends Error {
  readonly code = 'EIO'
}

interface File {
  inode: number
  bytes: Buffer
  synced: number
  /** Bytes from here up to `synced` or the end are on no disk, and nobody knows. */
  lost: { from: number; to: number } | null
  /** Its number is free when the name and all of these are gone. */
  handles: number
}

export function createForgetfulFiles(): ForgetfulFiles {
  const files = new Map<string, File>()
  let inodes = 1
  /** As on a real disk, a number that is free is given again. */
  const free: number[] = []
  let operations = 0
  let lossAt = Number.POSITIVE_INFINITY
  let syncFails = false

  /** Returns true when the power goes during this very operation. */
  function operate(): boolean {
    operations++
    if (operations > lossAt) throw new PowerLoss()
    return operations === lossAt
  }

  function newInode(): number {
    return free.pop() ?? inodes++
  }

  function remove(path: string): void {
    const file = files.get(path)
    files.delete(path)
    if (file?.handles === 0) free.push(file.inode)
  }

  function closeHandle(file: File): void {
    file.handles--
    if (file.handles === 0 && ![...files.values()].includes(file)) free.push(file.inode)
  }

  function ensure(path: string): File {
    const known = files.get(path)
    if (known !== undefined) return known
    const file: File = { inode: newInode(), bytes: Buffer.alloc(0), synced: 0, lost: null, handles: 0 }
    files.set(path, file)
    return file
  }

  /** The new one is there before the old one goes, so it has another number. */
  function replace(path: string, bytes: Buffer): void {
    const inode = newInode()
    remove(path)
    files.set(path, { inode, bytes, synced: bytes.length, lost: null, handles: 0 })
  }

  return {
    get operations() {
      return operations
    },
    get powerIsOff() {
      return operations >= lossAt
    },
    cutPowerAt(operation) {
      lossAt = operation
    },
    failNextSync() {
      syncFails = true
    },
    restorePower(keep) {
      lossAt = Number.POSITIVE_INFINITY
      for (const [path, file] of files) {
        const size = file.synced + Math.floor((file.bytes.length - file.synced) * keep)
        // The name of a file that was never synced is as little on the disk as its bytes.
        if (size === 0 && keep === 0) remove(path)
        file.bytes = Buffer.from(file.bytes.subarray(0, size))
        if (file.lost !== null) file.bytes.fill(0, file.lost.from, Math.min(file.lost.to, size))
        file.synced = size
        file.lost = null
        file.handles = 0
      }
    },
    content: path => files.get(path)?.bytes.toString('utf8') ?? null,
    paths: () => [...files.keys()],
    edit(path, change, { newInode: replaced = false } = {}) {
      const file = ensure(path)
      const next = change(file.bytes.toString('utf8'))
      if (next === null) {
        remove(path)
        return
      }
      const bytes = Buffer.from(next)
      if (replaced) replace(path, bytes)
      else Object.assign(file, { bytes, synced: bytes.length, lost: null })
    },

    async stat(path) {
      operate()
      const file = files.get(path)
      return file === undefined ? null : { size: file.bytes.length, inode: file.inode }
    },
    async openForAppend(path) {
      operate()
      const file = ensure(path)
      file.handles++
      return {
        async stat() {
          operate()
          return { size: file.bytes.length, inode: file.inode }
        },
        async append(bytes) {
          const loss = operate()
          file.bytes = Buffer.concat([file.bytes, loss ? bytes.subarray(0, bytes.length / 2) : bytes])
          if (loss) throw new PowerLoss()
        },
        async sync() {
          if (operate()) throw new PowerLoss()
          if (syncFails) {
            syncFails = false
            file.lost = { from: file.lost?.from ?? file.synced, to: file.bytes.length }
            throw new PowerLoss()
          }
          file.synced = file.bytes.length
        },
        async close() {
          closeHandle(file)
          operate()
        },
      }
    },
    async read(path, start, end) {
      operate()
      return Buffer.from(files.get(path)?.bytes.subarray(start, end) ?? [])
    },
    async readWhole(path) {
      operate()
      return files.get(path)?.bytes.toString('utf8') ?? null
    },
    async rewrite(path, start, bytes) {
      const loss = operate()
      const file = files.get(path)
      const end = start + (loss ? Math.floor(bytes.length / 2) : bytes.length)
      if (file !== undefined) {
        Buffer.from(bytes).copy(file.bytes, start, 0, end - start)
        const { lost } = file
        if (lost !== null && start <= lost.from) {
          file.lost = end < lost.to ? { from: Math.max(lost.from, end), to: lost.to } : null
        }
        file.synced = Math.min(file.synced, start)
      }
      if (loss) throw new PowerLoss()
    },
    async replace(path, text) {
      if (operate()) throw new PowerLoss()
      replace(path, Buffer.from(text))
    },
    async rename(from, to) {
      operate()
      const file = files.get(from)
      if (file === undefined) return
      remove(to)
      files.delete(from)
      files.set(to, file)
    },
    async remove(path) {
      operate()
      remove(path)
    },
    async makeFolder() {
      operate()
    },
  }
}
