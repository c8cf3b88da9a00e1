import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { errorCode, StorageError } from '../core/errors.ts'
import { highestSeq } from '../protocol/inbox-entry.ts'
import { parseRecord } from '../protocol/record-line.ts'
import type { DataFolder } from './data-folder.ts'
import type { Database } from './database.ts'
import { insertMessage, latestSeq, reserveSeq } from './messages.ts'
import { writeCheckpoint } from './positions.ts'
import { restore, type Salvage } from './salvage.ts'
import { readStatus, writeStatus } from './status.ts'

/**
 * A folder that has files but no usable `state.db`: one of the original skill, or one whose database was lost. Its
 * `conversations.md` becomes history, so that nothing in it is shown a second time; nothing in the files is changed.
 */
export interface ImportResult {
  readonly records: number
  readonly nextSeq: number
}

/** How far back de-duplication looks after a database was lost: the original's duplicates came within minutes. */
const TAIL_BYTES = 4 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024

/**
 * Does nothing if it was done before. One transaction: a start that is cut short begins anew.
 *
 * @param whole import all of `conversations.md` (a take-over), or its tail only
 * @param saved what the database that was lost still tells
 */
export function importHistory(
  database: Database,
  folder: DataFolder,
  { whole, saved, now }: { whole: boolean; saved: Salvage; now: string },
): ImportResult | null {
  if (readStatus(database, 'imported') !== undefined) return null
  database.exec('BEGIN IMMEDIATE')
  try {
    // Numbers that the files already name are never given again.
    const used = Math.max(saved.lastSeq, highestSeq(readTail(folder.file('inbox_pushed.md'), TAIL_BYTES)))
    if (used > 0) reserveSeq(database, used)
    const records = importConversations(database, folder.file('conversations.md'), whole)
    for (const name of ['inbox_pushed.md', 'conversations.md'] as const) {
      const facts = fileFacts(folder.file(name))
      if (facts !== null) writeCheckpoint(database, name, { seq: latestSeq(database), ...facts })
    }
    restore(database, saved)
    const result = { records, nextSeq: Math.max(used, latestSeq(database)) + 1 }
    writeStatus(database, 'imported', result, now)
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function importConversations(database: Database, path: string, whole: boolean): number {
  let records = 0
  for (const line of linesOf(path, whole ? Number.POSITIVE_INFINITY : TAIL_BYTES)) {
    const record = parseRecord(line)
    if (record === null) continue
    insertMessage(database, {
      source: 'import',
      account: '',
      via: 'import',
      receivedAt: record.at,
      parsed: { type: record.type, at: record.at, from: record.from, content: record.content, flags: record.flags },
      to: record.to ?? undefined,
      payload: null,
      state: 'final',
      settleBy: 0,
      unresolved: false,
    })
    records++
  }
  return records
}

/** Cut at LF only: CR and U+2028 are a peer's words, not line ends. */
function* linesOf(path: string, lastBytes: number): Generator<string> {
  const facts = fileFacts(path)
  if (facts === null) return
  const handle = openFile(path)
  try {
    const decoder = new StringDecoder('utf8')
    const buffer = Buffer.alloc(CHUNK_BYTES)
    let at = Math.max(0, facts.size - lastBytes)
    let rest = ''
    for (;;) {
      const read = readSync(handle, buffer, 0, buffer.length, at)
      if (read === 0) break
      at += read
      const lines = (rest + decoder.write(buffer.subarray(0, read))).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    yield rest + decoder.end()
  } finally {
    closeSync(handle)
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    const reason = errorCode(error)
    throw new StorageError(
      { en: `${path} can not be read (${reason}).`, zh: `无法读取 ${path}（${reason}）。` },
      {
        nextStep: {
          en: 'Its history is needed to show nothing twice. Make the file readable, or move it elsewhere.',
          zh: '需要其中的历史记录以避免重复显示。请使其可读，或将其移到别处。',
        },
        cause: error,
      },
    )
  }
}

function readTail(path: string, lastBytes: number): string {
  return [...linesOf(path, lastBytes)].join('\n')
}

function fileFacts(path: string): { size: number; inode: number } | null {
  if (!existsSync(path)) return null
  const facts = statSync(path)
  if (!facts.isFile()) return null
  return { size: facts.size, inode: facts.ino }
}
