import type { FileLayer } from '../../scripts/store/files.ts'

/**
 * A disk that forgets what was not synced. Every operation has a number; after a chosen one the power is gone, and what
 * comes back is everything that was synced plus as much of the rest as the test says.
 */
export interface ForgetfulFiles extends FileLayer {
  /** Operations so far. */
  readonly operations: number
  /** From the nth operation on everything fails; that one itself is done in part. */
  cutPowerAt(operation: number): void
  /**
   * The power is back.
   *
   * @param keep how much of each unsynced tail survived, 0 … 1
   */
  restorePower(keep: number): void
  /** As a user with an editor sees and changes it. */
  content(path: string): string | null
  edit(path: string, change: (text: string) => string | null, options?: { newInode?: boolean }): void
}

export class PowerLoss extends Error {
  readonly code = 'EIO'
}

interface File {
  inode: number
  bytes: Buffer
  synced: number
}

export function createForgetfulFiles(): ForgetfulFiles {
  const files = new Map<string, File>()
  let inodes = 1
  let operations = 0
  let lossAt = Number.POSITIVE_INFINITY

  /** Returns true when the power goes during this very operation. */
  function operate(): boolean {
    operations++
    if (operations > lossAt) throw new PowerLoss()
    return operations === lossAt
  }

  function ensure(path: string): File {
    const known = files.get(path)
    if (known !== undefined) return known
    const file = { inode: inodes++, bytes: Buffer.alloc(0), synced: 0 }
    files.set(path, file)
    return file
  }

  return {
    get operations() {
      return operations
    },
    cutPowerAt(operation) {
      lossAt = operation
    },
    restorePower(keep) {
      lossAt = Number.POSITIVE_INFINITY
      for (const file of files.values()) {
        const size = file.synced + Math.floor((file.bytes.length - file.synced) * keep)
        file.bytes = file.bytes.subarray(0, size)
        file.synced = size
      }
    },
    content: path => files.get(path)?.bytes.toString('utf8') ?? null,
    edit(path, change, { newInode = false } = {}) {
      const file = ensure(path)
      const next = change(file.bytes.toString('utf8'))
      if (next === null) {
        files.delete(path)
        return
      }
      const bytes = Buffer.from(next)
      if (newInode) files.set(path, { inode: inodes++, bytes, synced: bytes.length })
      else Object.assign(file, { bytes, synced: bytes.length })
    },

    async stat(path) {
      operate()
      const file = files.get(path)
      return file === undefined ? null : { size: file.bytes.length, inode: file.inode }
    },
    async openForAppend(path) {
      operate()
      const file = ensure(path)
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
          file.synced = file.bytes.length
        },
        async close() {},
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
    async replace(path, text) {
      if (operate()) throw new PowerLoss()
      const bytes = Buffer.from(text)
      files.set(path, { inode: inodes++, bytes, synced: bytes.length })
    },
    async rename(from, to) {
      operate()
      const file = files.get(from)
      if (file === undefined) return
      files.delete(from)
      files.set(to, file)
    },
  }
}
