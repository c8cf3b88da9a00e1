import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { type FileLayer, readPieces } from '../../store/files.ts'
import type { Writer } from '../../store/writer.ts'
import { createArchiveFile } from './archive.ts'
import type { AppendedFile, Refill } from './maintenance.ts'
import { RENDER, shownMessages } from './rendering.ts'

export interface RebuildOptions {
  /** The data folder. */
  readonly folder: string
  readonly files: FileLayer
  readonly writer: Writer
  readonly clock: Clock
  readonly stamp: string
  readonly signal: AbortSignal
}

export interface Rebuild extends Refill {
  /** Where the old file lies; null when there was nothing in it. A path within the data folder. */
  readonly oldAt: string | null
  readonly bytes: { readonly before: number; readonly after: number }
}

/** Writes a file from the database alone. The old one is kept, as it was. */
export async function createRebuild(name: AppendedFile, options: RebuildOptions): Promise<Rebuild> {
  const { folder, files, stamp, signal } = options
  const aside = await createArchiveFile(folder, `${name.replace('.md', '')}-before-rebuild`, files)
  const bytes = { before: 0, after: 0 }
  let seq = 0
  let oldAt: string | null = null
  return {
    bytes,
    get oldAt() {
      return oldAt
    },
    async upTo(present, append) {
      for await (const piece of readPieces(files, join(folder, name), { start: bytes.before, end: present.size })) {
        signal.throwIfAborted()
        bytes.before += piece.length
        await aside.append(piece)
      }
      for await (const messages of shownMessages(options, { afterSeq: seq, upTo: present.seq })) {
        signal.throwIfAborted()
        const text = Buffer.from(messages.map(RENDER[name]).join(''))
        bytes.after += text.length
        await append(text)
      }
      seq = present.seq
    },
    async end() {
      if (bytes.before > 0) oldAt = await aside.keep(stamp)
      return true
    },
    close: aside.discard,
  }
}
