import type { Clock } from '../../core/clock.ts'
import { type Database, mayPass, sqliteReason } from '../../store/database.ts'
import { lastGivenSeq } from '../../store/messages.ts'
import { contentsAbove, oldestSeq } from '../../store/reading.ts'
import { hasRoom, openSearchFile, removeSearchFile, type SearchFile } from './search-file.ts'

/**
 * Brings `search.db` up to what the files show, when there is nothing better to do: a little at a time, and not at all
 * while a flood is on. Whatever fails here costs searches their speed and nothing else.
 */
export interface SearchIndex {
  /** The files show everything up to this seq. Returns at once. */
  follow(seq: number): void
  close(): void
}

export interface SearchIndexOptions {
  readonly path: string
  /** `state.db`, another one after it was damaged. */
  readonly database: () => Database
  readonly clock: Clock
  /** `state.db` could not be read. */
  readonly onUnreadable: (error: unknown) => void
  /** Once, until it works again. */
  readonly onFault: (reason: string, thrownAway: boolean) => void
}

/** After a message came; most come in company. */
const REST_MS = 1000
/** Between two pieces: whoever waits for the event loop comes first, and half of the time is enough. */
const PAUSE_MS = 5
const RETRY_MS = 60_000
/** So many within a rest are a flood. */
const FLOOD = 500
/** One piece; SQLite takes some milliseconds for that many characters. */
const PIECE_CHARACTERS = 24_000
const READ_AT_ONCE = 20
/** Of a message that is a file rather than words, its beginning can be found. */
const MOST_BYTES = 50_000
const REMOVED_AT_ONCE = 200

export function createSearchIndex(options: SearchIndexOptions): SearchIndex {
  const { path, clock, database } = options
  let target = 0
  let arrived = 0
  let file: SearchFile | null = null
  let cancel: (() => void) | undefined
  let faulty = false
  let closed = false

  function later(ms: number): void {
    cancel = clock.after(ms, () => {
      cancel = undefined
      step()
    })
  }

  function step(): void {
    if (arrived > FLOOD) {
      arrived = 0
      later(REST_MS)
      return
    }
    const wait = work()
    if (wait !== null) later(wait)
    else arrived = 0
  }

  /** Returns after what time to go on; null when everything is done. */
  function work(): number | null {
    if (!hasRoom(path)) return RETRY_MS
    try {
      file ??= open()
      if (file.position < target) {
        const piece = nextPiece(file.position)
        if (piece === null) return RETRY_MS
        file.add(piece.messages, piece.position)
        faulty = false
        return PAUSE_MS
      }
      return removeArchived(file) ? PAUSE_MS : null
    } catch (error) {
      giveUp(error)
      return RETRY_MS
    }
  }

  function open(): SearchFile {
    const opened = openSearchFile(path)
    const last = readable(lastGivenSeq)
    // It belongs to another state.db, of which this one may be an older copy.
    if (last === null || opened.position <= last) return opened
    opened.close()
    removeSearchFile(path)
    return openSearchFile(path)
  }

  /** null when `state.db` can not be read now. */
  function nextPiece(after: number): { messages: { seq: number; content: string }[]; position: number } | null {
    const messages: { seq: number; content: string }[] = []
    let position = after
    for (let room = PIECE_CHARACTERS; room > 0; ) {
      const from = position
      const some = readable(it =>
        contentsAbove(it, { after: from, upTo: target, limit: READ_AT_ONCE, bytes: MOST_BYTES }),
      )
      if (some === null) return null
      for (const message of some) {
        messages.push(message)
        position = message.seq
        room -= message.content.length
        if (room <= 0) return { messages, position }
      }
      if (some.length < READ_AT_ONCE) return { messages, position: target }
    }
    return { messages, position }
  }

  /** Returns whether there may be more. */
  function removeArchived(index: SearchFile): boolean {
    const lowest = index.lowest()
    const oldest = lowest === null ? null : readable(oldestSeq)
    if (lowest === null || oldest === null || lowest >= oldest) return false
    index.removeBelow(oldest, REMOVED_AT_ONCE)
    return true
  }

  function readable<T>(read: (database: Database) => T): T | null {
    try {
      return read(database())
    } catch (error) {
      options.onUnreadable(error)
      return null
    }
  }

  /** What is damaged is made again; where only room or patience is missing it stays. */
  function giveUp(error: unknown): void {
    const thrownAway = !mayPass(error)
    if (!faulty) options.onFault(sqliteReason(error), thrownAway)
    faulty = true
    closeFile()
    try {
      if (thrownAway) removeSearchFile(path)
    } catch {
      // The next open says why it can not be used.
    }
  }

  function closeFile(): void {
    const opened = file
    file = null
    try {
      opened?.close()
    } catch {
      // Nothing in it is needed.
    }
  }

  return {
    follow(seq) {
      if (seq <= target || closed) return
      // The first one tells how much was there before the start.
      if (target > 0) arrived += seq - target
      target = seq
      if (cancel === undefined) later(REST_MS)
    },
    close() {
      closed = true
      cancel?.()
      cancel = undefined
      closeFile()
    },
  }
}
