import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { parseHeader } from '../../protocol/inbox-entry.ts'
import { formatRecord, parseRecord } from '../../protocol/record-line.ts'
import { type FileLayer, readPieces } from '../../store/files.ts'
import { oldestSeq, saysOlder } from '../../store/retention.ts'
import type { Writer } from '../../store/writer.ts'
import { type ArchiveFile, createArchiveFile } from './archive.ts'
import { type Archived, lineKey } from './archiving.ts'
import type { AppendedFile, Refill } from './maintenance.ts'
import { nextTurn, RENDER, shownMessages } from './rendering.ts'
import { createTrimmer, type Judge, type Trimmed } from './trim.ts'

export interface TrimOptions {
  /** The data folder. */
  readonly folder: string
  readonly files: FileLayer
  readonly writer: Writer
  readonly clock: Clock
  /** These are out of the database by now. */
  readonly archived: Archived
  readonly cutoff: string
  readonly stamp: string
  readonly signal: AbortSignal
}

export interface Trim extends Refill {
  /** Where what was taken out lies, if the archive did not hold it; a path within the data folder. */
  readonly keptAt: string | null
  readonly removedBytes: number
}

/**
 * Takes the records out of a file that are older than the limit. What of them is not in the archive, such as what somebody
 * wrote there by hand or what an earlier database knew, is put there too, as it stood.
 */
export async function createTrim(name: AppendedFile, options: TrimOptions): Promise<Trim> {
  const { folder, files, archived, stamp, signal } = options
  const { judge, learn } = name === 'conversations.md' ? recordsToGo(options) : entriesToGo(options)
  const trimmer = createTrimmer(judge)
  const removed: ArchiveFile = await createArchiveFile(folder, `${name.replace('.md', '')}-removed`, files)
  const sum = createHash('sha256')
  let at = 0
  let removedBytes = 0
  let keptAt: string | null = null

  async function take(trimmed: Trimmed, append: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    sum.update(trimmed.removed)
    removedBytes += trimmed.removed.length
    await removed.append(trimmed.removed)
    await append(trimmed.kept)
  }

  return {
    get keptAt() {
      return keptAt
    },
    get removedBytes() {
      return removedBytes
    },
    async upTo(present, append) {
      await learn(present.seq)
      for await (const piece of readPieces(files, join(folder, name), { start: at, end: present.size })) {
        signal.throwIfAborted()
        at += piece.length
        await take(trimmer.feed(piece), append)
      }
    },
    async end(append) {
      await take(trimmer.end(), append)
      if (removedBytes === 0) return false
      if (sum.digest('hex') !== archived.digests[name]) keptAt = await removed.keep(stamp)
      return true
    },
    close: removed.discard,
  }
}

interface Plan {
  readonly judge: Judge
  /** Everything up to this seq is in the file: some of it may be told only by looking at the database. */
  readonly learn: (upTo: number) => Promise<void>
}

/** Entries name their number, and those of the database are known to be kept. */
function entriesToGo({ writer, cutoff }: TrimOptions): Plan {
  const oldest = oldestSeq(writer.database)
  return {
    learn: () => Promise.resolve(),
    judge(line) {
      const header = parseHeader(line)
      if (header === null) return null
      return header.seq < oldest && header.receivedAt < cutoff ? 'remove' : 'keep'
    },
  }
}

/**
 * Records say when they were written, not when they were received: one that was kept may say that it is old, and one that
 * was archived that it is young.
 */
function recordsToGo(options: TrimOptions): Plan {
  const { cutoff, archived } = options
  const keptThough = new Set<string>()
  let next = oldestSeq(options.writer.database)
  return {
    async learn(upTo) {
      for await (const line of linesSayingOlder(options, { from: next, end: upTo + 1 })) keptThough.add(lineKey(line))
      next = upTo + 1
    },
    judge(line) {
      const at = timeOf(line)
      if (at === null) return null
      const isOld = at < cutoff
      if ((isOld ? keptThough : archived.lateLines).size === 0) return isOld ? 'remove' : 'keep'
      const key = keyOf(line)
      return (isOld ? keptThough.has(key) : !archived.lateLines.has(key)) ? 'keep' : 'remove'
    },
  }
}

const CONTENT = ' content='

/** Null for what is no record. The text of one may be megabytes, and is no part of the answer. */
function timeOf(line: string): string | null {
  const at = line.indexOf(CONTENT)
  return at === -1 ? null : (parseRecord(line.slice(0, at + CONTENT.length))?.at ?? null)
}

/** The same for every way of writing the same record. */
function keyOf(line: string): string {
  const record = parseRecord(line)
  return record === null ? '' : lineKey(`${formatRecord(record)}\n`)
}

/** So many messages are asked about at a time: few of them say so, and the others need not be read. */
const ASKED_AT_ONCE = 5000

async function* linesSayingOlder(
  options: TrimOptions,
  { from, end }: { from: number; end: number },
): AsyncGenerator<string> {
  const { writer, clock, cutoff, signal } = options
  for (let first = from; first < end; first += ASKED_AT_ONCE) {
    const range = { from: first, end: Math.min(end, first + ASKED_AT_ONCE) }
    signal.throwIfAborted()
    await nextTurn(clock)
    if (!saysOlder(writer.database, range, cutoff)) continue
    for await (const messages of shownMessages(options, { afterSeq: range.from - 1, upTo: range.end - 1 })) {
      yield* messages.filter(one => one.at < cutoff).map(RENDER['conversations.md'])
    }
  }
}
