import { createHash, hash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { FileLayer } from '../../store/files.ts'
import type { StoredMessage } from '../../store/messages.ts'
import type { Writer } from '../../store/writer.ts'
import { createArchiveFile } from './archive.ts'
import type { AppendedFile } from './maintenance.ts'
import { RENDER, shownMessages } from './rendering.ts'

/** Writes the oldest messages down once more, outside of the files of the agent, before they are taken out of these. */
export interface Archived {
  /** Every message up to this one; 0 when there was none. */
  readonly upTo: number
  readonly messages: number
  /** Paths within the data folder. */
  readonly paths: readonly string[]
  /** Of everything that was written, as one text. */
  readonly digests: Readonly<Record<AppendedFile, string>>
  /** Lines of `conversations.md` that say they were written after `cutoff`: the other side's clock is not ours. */
  readonly lateLines: ReadonlySet<string>
}

export interface ArchivingOptions {
  readonly folder: string
  readonly files: FileLayer
  readonly writer: Writer
  readonly clock: Clock
  /** Messages that were received before. */
  readonly cutoff: string
  /** None beyond this one. */
  readonly upTo: number
  readonly stamp: string
  readonly signal: AbortSignal
}

/** From the oldest message on, up to the first one that is not to go: a part of the rest would leave a gap. */
export async function archiveOldest(options: ArchivingOptions): Promise<Archived> {
  const inbox = await createArchive('inbox_pushed.md', options)
  const conversations = await createArchive('conversations.md', options)
  const lateLines = new Set<string>()
  let upTo = 0
  let count = 0
  try {
    for await (const messages of shownMessages(options, { afterSeq: 0, upTo: options.upTo })) {
      options.signal.throwIfAborted()
      const young = messages.findIndex(one => one.receivedAt >= options.cutoff)
      const old = young === -1 ? messages : messages.slice(0, young)
      await inbox.write(old)
      await conversations.write(old)
      for (const one of old) if (one.at >= options.cutoff) lateLines.add(lineKey(RENDER['conversations.md'](one)))
      upTo = old.at(-1)?.seq ?? upTo
      count += old.length
      if (young !== -1) break
    }
    const paths = [...(await inbox.keep()), ...(await conversations.keep())]
    const digests = { 'inbox_pushed.md': inbox.digest(), 'conversations.md': conversations.digest() }
    return { upTo, messages: count, paths, digests, lateLines }
  } finally {
    await inbox.discard()
    await conversations.discard()
  }
}

/** Tells lines apart without keeping them. Two of eight bytes that are the same by chance cost a place in a file. */
export function lineKey(line: string): string {
  return hash('sha256', line, 'buffer').toString('latin1', 0, 8)
}

async function createArchive(name: AppendedFile, { folder, files, stamp }: ArchivingOptions) {
  const file = await createArchiveFile(folder, name.replace('.md', ''), files)
  const sum = createHash('sha256')
  let isEmpty = true
  return {
    async write(messages: readonly StoredMessage[]) {
      const bytes = Buffer.from(messages.map(RENDER[name]).join(''))
      sum.update(bytes)
      isEmpty &&= bytes.length === 0
      await file.append(bytes)
    },
    keep: async () => (isEmpty ? [] : [await file.keep(stamp)]),
    digest: () => sum.digest('hex'),
    discard: file.discard,
  }
}
