import { join } from 'node:path'
import { utcSeconds } from '../core/clock.ts'
import type { DataFile, DataFolder } from '../store/data-folder.ts'
import type { Database } from '../store/database.ts'
import type { FileLayer } from '../store/files.ts'
import { configuredRetentionDays } from '../store/retention.ts'
import { contactsJson, isObject, profileJson, snapshotJson, statsJson } from './json-files.ts'

/** Keeps the JSON files equal to the store; each is replaced as a whole, and only when it changed. */
export interface JsonProjection {
  /** Writes the file if it changed. Rejects when the disk refuses; call again later. */
  write(name: JsonFile, database: Database, now: number): Promise<void>
}

export const JSON_FILES = ['profile.json', 'contacts.json', 'stats.json', 'context_snapshot.json'] as const
export type JsonFile = (typeof JSON_FILES)[number] & DataFile

interface Moment {
  readonly now: number
  /** The file as it is, already parsed. */
  readonly existing: Record<string, unknown>
  readonly retentionDays: number
}

const RENDER: Readonly<Record<JsonFile, (database: Database, moment: Moment) => Record<string, unknown> | null>> = {
  'profile.json': (database, { now }) => profileJson(database, now),
  'contacts.json': (database, { existing }) => contactsJson(database, existing),
  'stats.json': statsJson,
  'context_snapshot.json': (database, { now, retentionDays }) => snapshotJson(database, now, retentionDays),
}

export interface JsonProjectionOptions {
  readonly folder: DataFolder
  readonly files: FileLayer
  /** Somebody else's file, that is no JSON object, got another name. */
  readonly onSetAside: (name: string, to: string) => void
}

export function createJsonProjection({ folder, files, onSetAside }: JsonProjectionOptions): JsonProjection {
  /** What is there and no JSON object was written by somebody else: it is put aside, not overwritten. */
  async function readExisting(name: JsonFile, now: number): Promise<Record<string, unknown> | null> {
    const path = folder.file(name)
    const text = await files.readWhole(path)
    if (text === null) return null
    try {
      const value: unknown = JSON.parse(text)
      if (isObject(value)) return value
    } catch {
      // Falls through: not JSON.
    }
    if (text.trim() === '') return null
    const aside = `${name}.unreadable-${utcSeconds(now).replaceAll(/[-:]/g, '')}`
    await files.rename(path, join(folder.path, aside))
    onSetAside(name, aside)
    return null
  }

  return {
    async write(name, database, now) {
      const before = await readExisting(name, now)
      const retentionDays = configuredRetentionDays(folder.file('config.json'))
      const next = RENDER[name](database, { now, existing: before ?? {}, retentionDays })
      if (next === null || (before !== null && sameButTime(before, next))) return
      await files.replace(folder.file(name), `${JSON.stringify(next, null, 2)}\n`)
    },
  }
}

/** The time of writing alone is no news. */
function sameButTime(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const plain = (value: Record<string, unknown>) => JSON.stringify({ ...value, updated_at_utc: null })
  return plain(a) === plain(b)
}
