import { existsSync, renameSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'
import { utcSeconds } from '../core/clock.ts'
import type { DataFolder } from './data-folder.ts'
import { type Database, isCorruption, openForWriting, sqliteReason } from './database.ts'
import { type ImportResult, importHistory } from './history-import.ts'
import { migrate } from './schema.ts'
import { createWriter, type Writer } from './writer.ts'

export interface StateEvents {
  onFault(reason: string): void
  onRecovered(): void
  /** The damaged database lies under the new name, whole. */
  onMovedAside(to: string, reason: string): void
  onImported(result: ImportResult): void
}

/**
 * Opens the truth of a data folder for the process that holds its lock. A damaged database is moved aside, never
 * deleted, and work goes on with a fresh one that knows what the files show.
 */
export function openState(folder: DataFolder, clock: Clock, events: StateEvents): Writer {
  const path = folder.file('state.db')
  const now = () => utcSeconds(clock.now())

  function open(whole: boolean): Database {
    const database = openForWriting(path, migrate)
    const imported = importHistory(database, folder, { whole, now: now() })
    if (imported !== null) events.onImported(imported)
    return database
  }

  function replace(cause: unknown): Database {
    events.onMovedAside(moveAside(path, clock), sqliteReason(cause))
    return open(false)
  }

  return createWriter({
    clock,
    open() {
      try {
        return open(true)
      } catch (error) {
        if (!isCorruption(error)) throw error
        return replace(error)
      }
    },
    replaceCorrupt(damaged, cause) {
      damaged.close()
      return replace(cause)
    },
    onFault: events.onFault,
    onRecovered: events.onRecovered,
  })
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
