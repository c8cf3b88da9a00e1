import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from './data-folder.ts'

/** Where what leaves the files of the agent goes: a dot folder, so that no agent reads it by the way. */
export const ARCHIVE = '.archive'

/** Bytes. Of a database this is what lies on disk now, its log included. */
export interface FolderSizes {
  readonly conversations: number
  readonly inbox: number
  readonly database: number
  readonly archive: number
}

export function folderSizes(folder: DataFolder): FolderSizes {
  const database = folder.file('state.db')
  const archive = join(folder.path, ARCHIVE)
  const archived = existsSync(archive) ? readdirSync(archive) : []
  return {
    conversations: sizeOf(folder.file('conversations.md')),
    inbox: sizeOf(folder.file('inbox_pushed.md')),
    // Stat alone: to open it with node:fs could unlink a live log (design §3).
    database: sizeOf(database) + sizeOf(`${database}-wal`),
    archive: archived.reduce((sum, name) => sum + sizeOf(join(archive, name)), 0),
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
