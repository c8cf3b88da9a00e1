import { existsSync, renameSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'
import { utcSeconds } from '../core/clock.ts'
import { StorageError } from '../core/errors.ts'
import type { DataFolder } from './data-folder.ts'
import { type Database, isCorruption, openForWriting, sqliteReason } from './database.ts'
import { type ImportResult, importHistory } from './history-import.ts'
import { NOTHING_SALVAGED, type Salvage, salvage } from './salvage.ts'
import { migrate } from './schema.ts'
import { createWriter, type Writer } from './writer.ts'

export interface StateEvents {
  onFault(reason: string): void
  onRecovered(): void
  /** The damaged database lies under the new name, whole. */
  onMovedAside(to: string, reason: string): void
  onImported(result: ImportResult): void
  /** Up to where the files show everything; null before anybody knows. */
  shownSeq(): number | null
}

/** A disk that damages one database after the other must not be filled with them. */
const BETWEEN_DAMAGES_MS = 60_000

/**
 * Opens the truth of a data folder for the process that holds its lock. A damaged database is moved aside, never
 * deleted, and work goes on with a fresh one that knows what the files show.
 *
 * @param around lets a test stand between the store and SQLite
 * @throws StorageError when it can not be opened now
 */
export function openState(
  folder: DataFolder,
  clock: Clock,
  events: StateEvents,
  around?: (database: Database) => Database,
): Writer {
  const path = folder.file('state.db')
  const now = () => utcSeconds(clock.now())
  let movedAt = Number.NEGATIVE_INFINITY

  function open(history: { whole: boolean; saved: Salvage }): Database {
    let imported: ImportResult | null = null
    function prepare(database: Database): void {
      migrate(database)
      imported = importHistory(database, folder, { ...history, now: now() })
    }
    const database = openForWriting(path, prepare, around)
    if (imported !== null) events.onImported(imported)
    return database
  }

  function createReplacement(cause: unknown): () => Database {
    let saved: Salvage | null = null
    return () => {
      if (saved === null) {
        if (clock.monotonic() - movedAt < BETWEEN_DAMAGES_MS) throw new StorageError(DAMAGED_AGAIN)
        const found = salvage(path, events.shownSeq())
        const to = moveAside(path, clock)
        saved = found
        movedAt = clock.monotonic()
        events.onMovedAside(to, sqliteReason(cause))
      }
      return open({ whole: false, saved })
    }
  }

  return createWriter({
    clock,
    open() {
      try {
        return open({ whole: true, saved: NOTHING_SALVAGED })
      } catch (error) {
        if (!isCorruption(error)) throw error
        return createReplacement(error)()
      }
    },
    replaceCorrupt(damaged, cause) {
      damaged.close()
      return openedWhenPossible(createReplacement(cause))
    },
    onFault: events.onFault,
    onRecovered: events.onRecovered,
  })
}

const DAMAGED_AGAIN = {
  en: 'The database was damaged again within a minute. Is the disk failing?',
  zh: '数据库在一分钟内再次损坏。磁盘是否出现故障？',
}

/**
 * There may be no room for it yet. Whoever asks it for something hears why, and each time it is tried anew: the work that
 * waits for it is not lost.
 */
function openedWhenPossible(open: () => Database): Database {
  let opened: Database | null = null
  function it(): Database {
    opened ??= open()
    return opened
  }
  try {
    it()
  } catch {
    // The next statement runs into the same and tells it.
  }
  return {
    all: (sql, ...values) => it().all(sql, ...values),
    lists: (sql, ...values) => it().lists(sql, ...values),
    get: (sql, ...values) => it().get(sql, ...values),
    run: (sql, ...values) => it().run(sql, ...values),
    exec: sql => it().exec(sql),
    close: () => opened?.close(),
  }
}

/** The three files of a database belong together; apart, they are worth nothing. */
function moveAside(path: string, clock: Clock): string {
  const stamp = utcSeconds(clock.now()).replaceAll(/[-:]/g, '')
  let target = `${path}.corrupt-${stamp}`
  for (let n = 2; existsSync(target); n++) target = `${path}.corrupt-${stamp}-${n}`
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix)
  }
  return target
}
