import { StorageError } from '../../core/errors.ts'
import type { DataFolder } from '../../store/data-folder.ts'
import type { FileFacts, FileLayer } from '../../store/files.ts'
import { type Checkpoint, writeCheckpoint } from '../../store/positions.ts'
import type { Writer } from '../../store/writer.ts'
import type { AppendProjection } from '../append-projection.ts'
import { createNewFile, type NewFile, temporaryName } from './new-file.ts'

/**
 * What archiving and rebuilding may do with the files that are otherwise only appended to. At every moment each file is
 * the old one or the new one, and nothing is appended to one that is about to go.
 */
export interface Maintenance {
  /** The projector stops: leave everything as it is now. */
  readonly signal: AbortSignal
  /**
   * Everything that may be shown is in the files, and on disk. Returns up to which seq.
   *
   * @throws StorageError when the disk does not take it now
   */
  settle(): Promise<number>
  /** @throws StorageError also when somebody else writes in the file meanwhile; then it stays as it is */
  replace(name: AppendedFile, refill: Refill): Promise<void>
  /** Writes the JSON files, where they have changed. */
  refresh(): Promise<void>
}

export type AppendedFile = 'inbox_pushed.md' | 'conversations.md'

type Append = (bytes: Uint8Array) => Promise<void>

/** Writes a file anew. */
export interface Refill {
  /**
   * Writes what belongs into the new file as of `present`, which is how the old one is now. Called twice: while messages
   * are still appended, then, for what came meanwhile, when none is.
   */
  upTo(present: Checkpoint, append: Append): Promise<void>
  /** @returns false when the old one may stay after all */
  end(append: Append): Promise<boolean>
  /** Called in the end, however it ends. Never rejects. */
  close(): Promise<void>
}

export interface MaintenanceOptions {
  readonly folder: DataFolder
  readonly files: FileLayer
  readonly writer: Writer
  readonly appended: Readonly<Record<AppendedFile, AppendProjection>>
  /** Runs a step when no other one of the projector does. */
  readonly inTurn: <T>(step: () => Promise<T>) => Promise<T>
  /** Appends and syncs everything, as a part of such a step. */
  readonly settle: () => Promise<void>
  readonly refresh: () => Promise<void>
}

export function createMaintenance(options: MaintenanceOptions): {
  run<T>(work: (files: Maintenance) => Promise<T>): Promise<T>
  stop(): Promise<void>
} {
  const { folder, files, writer, appended, inTurn } = options
  const stopping = new AbortController()
  let last: Promise<unknown> = Promise.resolve()

  /** Within a step: everything is in the file. Returns up to which seq. */
  async function settledSeq(name: AppendedFile): Promise<number> {
    await options.settle()
    const checkpoint = appended[name].settled
    if (checkpoint === null) throw notWritable(name)
    return checkpoint.seq
  }

  /** Somebody may have changed it since we wrote there. */
  async function factsOf(name: AppendedFile): Promise<FileFacts> {
    return (await files.stat(folder.file(name))) ?? { size: 0, inode: 0 }
  }

  async function presentOf(name: AppendedFile): Promise<Checkpoint> {
    return { seq: await settledSeq(name), ...(await factsOf(name)) }
  }

  async function replace(name: AppendedFile, refill: Refill): Promise<void> {
    try {
      const next = await createNewFile(temporaryName(folder.file(name)), files)
      try {
        await putInPlace(name, next, refill)
      } finally {
        await next.discard()
      }
    } finally {
      await refill.close()
    }
  }

  async function putInPlace(name: AppendedFile, { append, appearAs }: NewFile, refill: Refill): Promise<void> {
    const before = await inTurn(() => presentOf(name))
    await refill.upTo(before, append)
    await inTurn(async () => {
      const present = await presentOf(name)
      if (present.inode !== before.inode || present.size < before.size) throw changedMeanwhile(name)
      await refill.upTo(present, append)
      if (!(await refill.end(append))) return
      const { size, inode } = await factsOf(name)
      if (size !== present.size || inode !== present.inode) throw changedMeanwhile(name)
      const checkpoint = await appended[name].adopt(() => appearAs(folder.file(name)))
      await writer.write(database => writeCheckpoint(database, name, checkpoint))
    })
  }

  const maintenance: Maintenance = {
    signal: stopping.signal,
    settle: () =>
      inTurn(async () => {
        const shown = [await settledSeq('inbox_pushed.md'), await settledSeq('conversations.md')]
        return Math.min(...shown)
      }),
    replace,
    refresh: options.refresh,
  }

  return {
    run(work) {
      const done = last.then(() => {
        stopping.signal.throwIfAborted()
        return work(maintenance)
      })
      last = done.catch(() => undefined)
      return done
    },
    async stop() {
      stopping.abort(new StorageError(STOPPED))
      await last
    },
  }
}

function notWritable(name: string): StorageError {
  return new StorageError(
    { en: `${name} can not be written now, so nothing is changed.`, zh: `目前无法写入 ${name}，因此未做改动。` },
    { nextStep: { en: 'Make room on the disk, then repeat the command.', zh: '请在磁盘上腾出空间，然后重复该命令。' } },
  )
}

function changedMeanwhile(name: string): StorageError {
  return new StorageError(
    {
      en: `${name} was changed by another program meanwhile; it stays as it is.`,
      zh: `${name} 在此期间被其他程序改动；保持原样。`,
    },
    { nextStep: { en: 'Repeat the command: it goes on where it stopped.', zh: '请重复该命令：它会从中断处继续。' } },
  )
}

const STOPPED = {
  en: 'The daemon stopped before this was done; nothing is lost.',
  zh: '在完成之前守护进程已停止；没有丢失任何内容。',
}
