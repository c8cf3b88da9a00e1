import { createBell, nextRing } from '../core/bell.ts'
import type { Clock } from '../core/clock.ts'
import { errorCode } from '../core/errors.ts'
import type { DataFile, DataFolder } from '../store/data-folder.ts'
import type { FileLayer } from '../store/files.ts'
import type { StoredMessage } from '../store/messages.ts'
import { readCheckpoint, writeCheckpoint } from '../store/positions.ts'
import type { Writer } from '../store/writer.ts'
import { type AppendProjection, createAppendProjection } from './append-projection.ts'
import { conversationText } from './conversations.ts'
import { createDueMessages } from './due-messages.ts'
import { inboxText } from './inbox-pushed.ts'
import { createJsonProjection, JSON_FILES } from './json-projection.ts'
import { createMaintenance, type Maintenance } from './maintenance/maintenance.ts'

/** Brings the files of the agent up to what is committed, after every commit. */
export interface Projector {
  /** Something was committed. Returns at once. */
  kick(): void
  /** The same; `fresh` are messages that this commit brought, to be shown as they are, without a gap. */
  show(fresh: readonly StoredMessage[]): void
  /** Pending while more is waiting to be written than should be kept in memory, and the disk takes it. */
  room(): Promise<void> | undefined
  /** Resolves when the files show what is committed now, as far as the disk takes it: for whoever looks next. */
  flush(): Promise<void>
  /** Every file shows everything up to this seq. */
  readonly shownSeq: number
  /** Work on the files as wholes, one at a time. Appending goes on meanwhile. */
  maintain<T>(work: (files: Maintenance) => Promise<T>): Promise<T>
  /** Writes and syncs what is left, then stops. */
  stop(): Promise<void>
}

export interface ProjectorOptions {
  readonly folder: DataFolder
  readonly files: FileLayer
  readonly writer: Writer
  readonly clock: Clock
  readonly onFault: (file: string, reason: string) => void
  readonly onRecovered: (file: string) => void
  /** A file that somebody else broke was given another name. */
  readonly onSetAside: (file: string, to: string) => void
  /** The files show everything up to this seq. */
  readonly onWritten?: (seq: number) => void
}

/** A file is durable at the latest this long after its append (design §3). */
const SYNC_MS = 1000
/** The JSON files follow a burst of messages, not each of them. */
const JSON_MS = 250
/** Under a steady stream of them they follow this often: each replacement syncs, and a commit has to wait for it. */
const JSON_EVERY_MS = 2000
/** Times and ages in the snapshot move on without any message. */
const REFRESH_MS = 10 * 60_000
const RETRY_MS = 2000
/** Bytes. Whoever reads a flood waits for the files then: what is at hand need not be read back from the store. */
const ENOUGH_AT_HAND = 4 * 1024 * 1024

interface Part {
  readonly name: DataFile
  /** Resolves with false when there was nothing to do, which proves nothing about the disk. */
  readonly run: () => Promise<boolean>
}

export function createProjector(options: ProjectorOptions): Projector {
  const { folder, files, writer, clock } = options
  const due = createDueMessages(writer)
  const appended = {
    'inbox_pushed.md': appendProjection('inbox_pushed.md', inboxText),
    'conversations.md': appendProjection('conversations.md', conversationText),
  }
  const json = createJsonProjection({ folder, files, onSetAside: options.onSetAside })
  const caughtUp = createBell()
  const faulty = new Set<string>()
  const timers = new Map<string, () => void>()
  let work: Promise<void> = Promise.resolve()
  let queued = false
  let stopped = false
  let jsonAt = Number.NEGATIVE_INFINITY
  let flushing: Promise<void> | null = null

  function appendProjection(name: DataFile, text: (message: StoredMessage) => string): AppendProjection {
    return createAppendProjection({
      path: folder.file(name),
      files,
      checkpoint: readCheckpoint(writer.database, name) ?? { seq: 0, size: 0, inode: 0 },
      due: (afterSeq, limit) => due.after(afterSeq, limit).map(message => ({ seq: message.seq, text: text(message) })),
    })
  }

  /** One file's trouble never keeps another one waiting. */
  async function attempt(part: Part): Promise<void> {
    try {
      const proven = await part.run()
      if (proven && faulty.delete(part.name)) options.onRecovered(part.name)
    } catch (error) {
      writer.suspect(error)
      if (!faulty.has(part.name)) options.onFault(part.name, errorCode(error))
      faulty.add(part.name)
      later('retry', RETRY_MS, kick)
    }
  }

  function later(name: string, ms: number, action: () => void): void {
    if (timers.has(name) || stopped) return
    const cancel = clock.after(ms, () => {
      timers.delete(name)
      action()
    })
    timers.set(name, cancel)
  }

  function enqueue<T>(step: () => Promise<T>): Promise<T> {
    const done = work.then(step)
    work = done.then(ignore, ignore)
    return done
  }

  function kick(): void {
    if (queued || stopped) return
    queued = true
    void enqueue(async () => {
      queued = false
      // Syncs and the JSON files have their turn in between, however long a flood lasts.
      if (await append()) kick()
      later('sync', SYNC_MS, () => void enqueue(sync))
      later('json', Math.max(JSON_MS, jsonAt + JSON_EVERY_MS - clock.monotonic()), () => void enqueue(writeJson))
    })
  }

  function shownSeq(): number {
    return Math.min(...Object.values(appended).map(file => file.writtenSeq))
  }

  /** One turn for each file, so that none falls behind the other. Returns whether there may be more to write. */
  async function append(): Promise<boolean> {
    let more = false
    for (const [name, file] of Object.entries(appended)) {
      await attempt({
        name: name as DataFile,
        async run() {
          if (await file.write()) more = true
          return true
        },
      })
    }
    const written = shownSeq()
    due.forget(written)
    caughtUp.ring()
    options.onWritten?.(written)
    return more
  }

  async function sync(): Promise<void> {
    for (const [name, file] of Object.entries(appended)) {
      await attempt({
        name: name as DataFile,
        async run() {
          const checkpoint = await file.sync()
          if (checkpoint === null) return false
          await writer.write(database => writeCheckpoint(database, name, checkpoint))
          return true
        },
      })
    }
  }

  async function settle(): Promise<void> {
    while (await append()) {
      // Until both files show everything.
    }
    await sync()
  }

  async function writeJson(): Promise<void> {
    jsonAt = clock.monotonic()
    for (const name of JSON_FILES) {
      await attempt({ name, run: () => json.write(name, writer.database, clock.now()).then(() => true) })
    }
  }

  function refreshNowAndThen(): void {
    later('refresh', REFRESH_MS, () => {
      void enqueue(writeJson)
      refreshNowAndThen()
    })
  }

  const maintenance = createMaintenance({
    folder,
    files,
    writer,
    appended,
    inTurn: enqueue,
    settle,
    refresh: () => enqueue(writeJson),
  })

  refreshNowAndThen()
  return {
    kick,
    flush() {
      flushing ??= enqueue(async () => {
        // Whoever asks from here on waits for the next one.
        flushing = null
        while (await append()) {
          // Until both files show everything.
        }
        await writeJson()
      })
      return flushing
    },
    maintain: maintenance.run,
    get shownSeq() {
      return shownSeq()
    },
    show(fresh) {
      due.offer(fresh)
      kick()
    },
    room() {
      if (due.bytes < ENOUGH_AT_HAND || faulty.size > 0 || stopped) return undefined
      return nextRing(caughtUp)
    },
    async stop() {
      stopped = true
      for (const cancel of timers.values()) cancel()
      timers.clear()
      await maintenance.stop()
      await enqueue(async () => {
        await settle()
        await writeJson()
        for (const file of Object.values(appended)) await file.close().catch(() => undefined)
      })
    },
  }
}

function ignore(): void {
  // Whoever asked for the step hears of it.
}
