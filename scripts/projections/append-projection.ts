import type { AppendFile, FileFacts, FileLayer } from '../store/files.ts'
import type { Checkpoint } from '../store/positions.ts'
import { BATCH, type Due, type DueEntry, LF, matchTail } from './match-tail.ts'

/**
 * One append-only file of the agent, kept in step with the store (design §3). The checkpoint says how far the file is
 * known to be on disk; what is behind it may have been torn off by a crash, trimmed or edited, and is looked at before
 * the first append. Nothing that stands in the file is ever changed.
 */
export interface AppendProjection {
  /**
   * Appends what is due, or the first few thousands of it. Resolves with whether there may be more. Rejects when the disk
   * refuses, or has failed to sync and not made good for it; call again later.
   */
  write(): Promise<boolean>
  /** Makes it durable. Returns the new checkpoint, or null when there is nothing new. */
  sync(): Promise<Checkpoint | null>
  /** The seq up to which the file shows everything. */
  readonly writtenSeq: number
  /** What is on disk, when that is all that was written; null otherwise, and while there is doubt. */
  readonly settled: Checkpoint | null
  /**
   * Another file, that stands for the same messages, takes this one's place: the next entry is appended there.
   *
   * @param appear gives it the name, durably
   */
  adopt(appear: () => Promise<void>): Promise<Checkpoint>
  close(): Promise<void>
}

export interface AppendProjectionOptions {
  readonly path: string
  readonly files: FileLayer
  /** As of the last run. */
  readonly checkpoint: Checkpoint
  /** Entries behind `afterSeq`, in order. */
  readonly due: Due
}

/** After a crash, due entries are looked for in this much of a file that somebody trimmed or replaced. */
const SEARCH_BYTES = 4 * 1024 * 1024
/** So many of the last messages are looked through for one that the file shows. */
const LOOK_BACK = 20

export function createAppendProjection(options: AppendProjectionOptions): AppendProjection {
  const { path, files, due } = options
  let synced = options.checkpoint
  /** What we believe the file to be; beyond `synced` it may not survive a crash. */
  let known = synced
  let file: AppendFile | null = null
  let reconciled = false
  /** Why the last sync failed; undefined when it did not. */
  let doubt: unknown
  /** False while the file's last byte may be in the middle of somebody's line. */
  let atLineStart = false

  async function reopen(): Promise<AppendFile> {
    await close()
    file = await files.openForAppend(path)
    return file
  }

  async function close(): Promise<void> {
    const old = file
    file = null
    await old?.close()
  }

  /** Finds out which due entries the file already holds behind `known`, and completes a torn one. */
  async function reconcile(): Promise<void> {
    const facts = await files.stat(path)
    if (facts === null) {
      known = { seq: known.seq, size: 0, inode: 0 }
      atLineStart = true
      reconciled = true
      return
    }
    const untouched = await isWhatWeKnow(facts)
    const from = untouched ? known.size : Math.max(0, facts.size - SEARCH_BYTES)
    const tail = Buffer.from(await files.read(path, from, facts.size))
    const { seq, missing } = matchTail(tail, known.seq, { exact: untouched, due })
    // A sync may have failed, in this process or in one before it.
    if (untouched && tail.length > 0) await files.rewrite(path, from, tail)
    known = { seq, size: facts.size, inode: facts.inode }
    atLineStart = missing.length > 0
    if (missing.length > 0) await append(missing, seq)
    reconciled = true
  }

  /** It may have grown since, by our hand or another's; up to where we know it, it is the same. */
  async function isWhatWeKnow(facts: FileFacts): Promise<boolean> {
    // There was no file yet, so whatever has grown there since is ours, or somebody's edit.
    if (known.inode === 0) return true
    if (facts.inode !== known.inode || facts.size < known.size) return false
    // A new file may have the number of a deleted one. In ours the last thing that we wrote stands where we wrote it.
    const last = lastShown()
    if (last === undefined) return true
    const bytes = Buffer.from(last.text)
    return bytes.equals(await files.read(path, Math.max(0, known.size - bytes.length), known.size))
  }

  /** The last entry that the file shows, as far as one has to look back; large ones come a few at a time. */
  function lastShown(): DueEntry | undefined {
    let last: DueEntry | undefined
    for (let seq = Math.max(0, known.seq - LOOK_BACK); seq < known.seq; ) {
      const entries = due(seq, known.seq - seq)
      last = entries.findLast(entry => entry.seq <= known.seq && entry.text !== '') ?? last
      seq = entries.at(-1)?.seq ?? known.seq
    }
    return last
  }

  /** What a failed sync left behind is unknown, and the kernel may take it for safe: nothing counts but the checkpoint. */
  async function startOver(): Promise<void> {
    known = synced
    reconciled = false
    await reconcile()
  }

  /** Appends at the file's end, on a line of its own, wherever that end is now. */
  async function append(bytes: Uint8Array, seq: number): Promise<void> {
    let open = file ?? (await reopen())
    const onDisk = await files.stat(path)
    let facts = await open.stat()
    if (onDisk === null || onDisk.inode !== facts.inode) {
      // Removed or replaced under us: go on in whatever has the name now.
      open = await reopen()
      facts = await open.stat()
    }
    const touched = facts.inode !== known.inode || facts.size !== known.size
    const torn = (touched || !atLineStart) && (await endsInMiddleOfLine(facts))
    const all = torn ? Buffer.concat([Buffer.of(LF), bytes]) : bytes
    await open.append(all)
    atLineStart = true
    known = { seq, size: facts.size + all.length, inode: facts.inode }
  }

  async function endsInMiddleOfLine({ size }: FileFacts): Promise<boolean> {
    if (size === 0) return false
    const [last] = await files.read(path, size - 1, size)
    return last !== LF
  }

  return {
    get writtenSeq() {
      return known.seq
    },
    get settled() {
      return reconciled && doubt === undefined && known === synced ? synced : null
    },
    async adopt(appear) {
      await close()
      // Should it fail half-way, what is there then is looked at before the next append.
      reconciled = false
      await appear()
      const facts = await (await reopen()).stat()
      known = { seq: known.seq, ...facts }
      synced = known
      reconciled = true
      atLineStart = false
      return known
    },
    async write() {
      let more = false
      try {
        if (!reconciled) await reconcile()
        const entries = due(known.seq, BATCH)
        const last = entries.at(-1)
        if (last !== undefined) {
          const text = entries.map(entry => entry.text).join('')
          if (text === '') known = { ...known, seq: last.seq }
          else await append(Buffer.from(text), last.seq)
          more = true
        }
      } catch (error) {
        // Some of it may have been written: look before the next append.
        reconciled = false
        await close().catch(() => undefined)
        throw error
      }
      if (doubt !== undefined) throw doubt
      return more
    },
    async sync() {
      try {
        if (doubt !== undefined) await startOver()
        if (known === synced) return null
        const target = known
        const same = target.size > 0 && target.size === synced.size && target.inode === synced.inode
        if (file !== null || !same) await (file ?? (await reopen())).sync()
        synced = target
        doubt = undefined
        return target
      } catch (error) {
        doubt = error
        await close().catch(() => undefined)
        throw error
      }
    },
    close,
  }
}
