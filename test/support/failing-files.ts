import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { type FileLayer, nodeFiles } from '../../scripts/store/files.ts'

/** What a disk says when it refuses. `short`: part of the bytes is written, then there is no room. */
export type FileFault = 'ENOSPC' | 'EACCES' | 'EIO' | 'short'

export const FILE_FAULTS: readonly FileFault[] = ['ENOSPC', 'EACCES', 'EIO', 'short']

export type OperationKind =
  | 'stat'
  | 'open'
  | 'statOpen'
  | 'append'
  | 'sync'
  | 'close'
  | 'read'
  | 'readWhole'
  | 'replace'
  | 'rewrite'
  | 'rename'
  | 'remove'
  | 'makeFolder'

export interface FileOperation {
  readonly kind: OperationKind
  /** The file's name in its folder. */
  readonly file: string
}

/**
 * The real disk, until it is told to refuse. Every operation has a number; from a chosen one on, once or until the
 * fault is lifted, operations fail the way the operating system makes them fail.
 */
export interface FailingFiles extends FileLayer {
  /** Everything that was asked for, in order. */
  readonly operations: readonly FileOperation[]
  /** What was refused. */
  readonly refused: readonly FileOperation[]
  /**
   * @param at which one of the coming operations is the first to fail; 1 is the next
   * @param lasting false: that one alone
   * @param only others are not counted and do not fail
   */
  fail(fault: FileFault, options?: { at?: number; lasting?: boolean; only?: (one: FileOperation) => boolean }): void
  lift(): void
}

export interface FailingFilesOptions {
  readonly real?: FileLayer
  /** Called before and after each operation: whatever holds "at every moment" is looked at here. */
  readonly watch?: () => void
}

export function createFailingFiles({ real = nodeFiles, watch }: FailingFilesOptions = {}): FailingFiles {
  const operations: FileOperation[] = []
  const refused: FileOperation[] = []
  let plan: { fault: FileFault; left: number; lasting: boolean; only: (one: FileOperation) => boolean } | null = null

  /** Returns how this operation has to fail; null when it may go on. */
  function fate(one: FileOperation): FileFault | null {
    operations.push(one)
    if (plan === null || !plan.only(one) || --plan.left > 0) return null
    const { fault, lasting } = plan
    if (!lasting) plan = null
    refused.push(one)
    return fault
  }

  async function operate<T>(
    kind: OperationKind,
    path: string,
    { work, inPart }: { work: () => Promise<T>; inPart?: () => Promise<void> },
  ): Promise<T> {
    watch?.()
    const fault = fate({ kind, file: basename(path) })
    try {
      if (fault === null) return await work()
      if (fault === 'short') await inPart?.()
      throw diskError(fault === 'short' ? 'ENOSPC' : fault, kind)
    } finally {
      watch?.()
    }
  }

  return {
    operations,
    refused,
    fail(fault, { at = 1, lasting = false, only = () => true } = {}) {
      plan = { fault, left: at, lasting, only }
    },
    lift() {
      plan = null
    },

    stat: path => operate('stat', path, { work: () => real.stat(path) }),
    openForAppend: path =>
      operate('open', path, {
        async work() {
          const file = await real.openForAppend(path)
          return {
            stat: () => operate('statOpen', path, { work: () => file.stat() }),
            append: bytes =>
              operate('append', path, {
                work: () => file.append(bytes),
                inPart: () => file.append(bytes.subarray(0, bytes.length / 2)),
              }),
            sync: () => operate('sync', path, { work: () => file.sync() }),
            async close() {
              try {
                await operate('close', path, { work: async () => {} })
              } finally {
                // POSIX leaves it open after an error; Linux does not.
                await file.close()
              }
            },
          }
        },
      }),
    read: (path, start, end) => operate('read', path, { work: () => real.read(path, start, end) }),
    rewrite: (path, start, bytes) =>
      operate('rewrite', path, {
        work: () => real.rewrite(path, start, bytes),
        inPart: () => real.rewrite(path, start, bytes.subarray(0, bytes.length / 2)),
      }),
    readWhole: path => operate('readWhole', path, { work: () => real.readWhole(path) }),
    replace: (path, text) =>
      operate('replace', path, {
        work: () => real.replace(path, text),
        // What a write that was cut off leaves behind: half of the text, under a name of its own.
        inPart: () => writeHalf(`${path}.1234567`, text),
      }),
    rename: (from, to) => operate('rename', from, { work: () => real.rename(from, to) }),
    remove: path => operate('remove', path, { work: () => real.remove(path) }),
    makeFolder: path => operate('makeFolder', path, { work: () => real.makeFolder(path) }),
  }
}

async function writeHalf(path: string, text: string): Promise<void> {
  const handle = await open(path, 'w', 0o600)
  try {
    await handle.write(text.slice(0, text.length / 2))
  } finally {
    await handle.close()
  }
}

export function diskError(code: string, operation: string): Error {
  return Object.assign(new Error(`${code}: refused, ${operation}`), { code, syscall: operation })
}
