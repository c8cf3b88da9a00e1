import type { Clock } from '../core/clock.ts'
import { errorCode } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { ChannelLog } from '../projections/channel-log.ts'
import { JSON_FILES } from '../projections/json-projection.ts'
import { createProjector, type Projector } from '../projections/projector.ts'
import { createSearchIndex, type SearchIndex } from '../projections/search/search-index.ts'
import type { DataFolder } from '../store/data-folder.ts'
import { type Database, isCorruption, mayPass, sqliteReason, storageError } from '../store/database.ts'
import { type FileLayer, removeTemporaries } from '../store/files.ts'
import { removePartialCopies } from '../store/kept-files.ts'
import { openState } from '../store/state.ts'
import type { Writer } from '../store/writer.ts'

/** The database and the files that follow it. Their troubles are told here, wherever people look for them. */
export interface Storage {
  readonly writer: Writer
  readonly projector: Projector
  /** Closes the database. What it would not take is gone, and the files say nothing about that. */
  close(): Promise<void>
}

export interface StorageOptions {
  readonly folder: DataFolder
  readonly files: FileLayer
  readonly clock: Clock
  readonly log: Logger
  readonly channelLog: ChannelLog
  readonly wrapDatabase: ((database: Database) => Database) | undefined
  readonly onWritten: ((seq: number) => void) | undefined
  /** The database takes nothing now. Once a fault, also while it is being opened. */
  readonly onRefused: (reason: string) => void
  readonly onRecovered: () => void
  /** The database is a new one, without what was noted in the old one. */
  readonly onReplaced: () => void
  /** Ends the wait for a disk that refuses. */
  readonly signal: AbortSignal
}

const RETRY_MS = 2000

/**
 * Waits where only room is missing or somebody else is in the way.
 *
 * @throws StorageError when waiting would not help
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { folder, clock, log, channelLog } = options

  function onFault(reason: string): void {
    channelLog.event('STORAGE_FAULT', { file: 'state.db', reason })
    log.error('the database refuses to write; received messages wait in memory', { reason })
    options.onRefused(reason)
  }

  function onRecovered(): void {
    channelLog.event('STORAGE_RECOVERED', { file: 'state.db' })
    log.info('the database writes again')
    options.onRecovered()
  }

  function open(): Storage {
    let projector: Projector | null = null
    const events = {
      shownSeq: () => projector?.shownSeq ?? null,
      onFault,
      onRecovered,
      onMovedAside(to: string, reason: string) {
        channelLog.event('STORAGE_FAULT', { file: 'state.db', reason, moved_to: to })
        log.error('the database was damaged; it was moved aside whole and a new one was started', { to, reason })
        options.onReplaced()
      },
      onImported({ records, nextSeq }: { records: number; nextSeq: number }) {
        if (records > 0) log.info('history was taken over from conversations.md', { records, next_seq: nextSeq })
      },
    }
    const writer = openState(folder, clock, events, options.wrapDatabase)
    const index = createIndex(options, writer)
    try {
      const files = createFiles(options, writer, index)
      projector = files.projector
      return {
        writer,
        projector: files.projector,
        close() {
          files.silence()
          index.close()
          return writer.close()
        },
      }
    } catch (error) {
      void writer.close()
      throw storageError(folder.file('state.db'), error)
    }
  }

  for (let refused = false; ; refused = true) {
    try {
      const storage = open()
      if (refused) onRecovered()
      await clearAway(options)
      return storage
    } catch (error) {
      if (!refused && !mayPass(error)) throw error
      if (!refused) onFault(sqliteReason(error))
      await clock.sleep(RETRY_MS, options.signal)
    }
  }
}

function createIndex({ folder, clock, log }: StorageOptions, writer: Writer): SearchIndex {
  return createSearchIndex({
    path: folder.file('search.db'),
    database: () => writer.database,
    clock,
    onUnreadable(error) {
      writer.suspect(error)
      log.error('the database can not be read', { reason: sqliteReason(error) })
    },
    onFault: (reason, thrownAway) =>
      log.warn('the index of searches can not be written; they look at messages one by one', {
        reason,
        thrown_away: thrownAway,
      }),
  })
}

function createFiles(
  options: StorageOptions,
  writer: Writer,
  index: SearchIndex,
): { projector: Projector; silence(): void } {
  const { folder, files, clock, log, channelLog, onWritten } = options
  let silent = false
  function create(): Projector {
    return createProjector({
      folder,
      files,
      writer,
      clock,
      onFault(file, reason) {
        if (silent) return
        channelLog.event('STORAGE_FAULT', { file, reason })
        log.error('a file can not be written; its content is safe in the database', { file, reason })
      },
      onRecovered(file) {
        channelLog.event('STORAGE_RECOVERED', { file })
        log.info('the file is complete again', { file })
      },
      onSetAside(file, to) {
        channelLog.event('STORAGE_FAULT', { file, reason: 'not_json', moved_to: to })
        log.warn('a file was no JSON object; it was put aside', { file, to })
      },
      onWritten(seq) {
        index.follow(seq)
        onWritten?.(seq)
      },
    })
  }
  function silence(): void {
    silent = true
  }
  try {
    return { projector: create(), silence }
  } catch (error) {
    // A damage may show only with the first look into a table.
    if (!isCorruption(error)) throw error
    writer.suspect(error)
    return { projector: create(), silence }
  }
}

async function clearAway({ folder, log }: StorageOptions): Promise<void> {
  try {
    await removeTemporaries(folder.path, [...JSON_FILES, 'inbox_pushed.md', 'conversations.md'])
    await removePartialCopies(folder)
  } catch (error) {
    log.warn('what a killed write left behind can not be cleared away', { error: errorCode(error) })
  }
}
