import type { ChannelEvent, ChannelFields } from '../core/channel-event.ts'
import { type Clock, utcSeconds } from '../core/clock.ts'
import { formatChannelLine, formatServerLine } from '../protocol/channel-line.ts'
import type { AppendFile, FileLayer } from '../store/files.ts'

/** `sse_channel.log`: one line a transition, rotated (design §4). It tells about the channel; it is not the truth. */
export interface ChannelLog {
  event(event: ChannelEvent, fields?: ChannelFields): void
  server(text: string): void
  /** Resolves when everything so far is on disk, or the disk refused it. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface ChannelLogOptions {
  readonly path: string
  readonly files: FileLayer
  readonly clock: Clock
  readonly onFault: (error: unknown) => void
  readonly maxBytes?: number
}

const MAX_BYTES = 5 * 1024 * 1024
const KEPT = 3
/** Lines kept in memory while the disk refuses; beyond that the oldest go. */
const MAX_WAITING = 2000
/** A relay may talk; a log line may not grow with it. */
const MAX_SERVER_TEXT = 500
const RETRY_MS = 5000
const LF = 0x0a

export function createChannelLog(options: ChannelLogOptions): ChannelLog {
  const { path, files, clock, maxBytes = MAX_BYTES } = options
  let waiting: string[] = []
  /** Bytes that were being written when the disk refused, and are not in the file. */
  let rest: Uint8Array = NOTHING
  /** The file in which a line of ours stands unfinished; `rest` begins with its end. */
  let tornInode: number | null = null
  let file: AppendFile | null = null
  let work: Promise<void> | null = null
  let cancelRetry: (() => void) | undefined
  let faulty = false
  let rotationRefused = false

  function add(line: string): void {
    waiting.push(line)
    if (waiting.length > MAX_WAITING) waiting = waiting.slice(-MAX_WAITING)
    if (cancelRetry === undefined) void start()
  }

  function isBehind(): boolean {
    return rest.length > 0 || waiting.length > 0
  }

  function start(): Promise<void> {
    work ??= drain().finally(() => {
      work = null
      if (isBehind() && cancelRetry === undefined) void start()
    })
    return work
  }

  async function drain(): Promise<void> {
    while (isBehind()) {
      try {
        await writeSome()
        faulty = false
      } catch (error) {
        await closeFile()
        if (!faulty) options.onFault(error)
        faulty = true
        cancelRetry = clock.after(RETRY_MS, () => {
          cancelRetry = undefined
          void start()
        })
        return
      }
    }
  }

  async function writeSome(): Promise<void> {
    const facts = await files.stat(path)
    const full = facts !== null && facts.size >= maxBytes && rest.length === 0
    if (full) await rotate()
    // Somebody may have removed or replaced the file.
    else if (file !== null && facts?.inode !== (await file.stat()).inode) await closeFile()
    await append(file ?? (await reopen()))
  }

  async function append(open: AppendFile): Promise<void> {
    if (rest.length === 0) {
      rest = Buffer.from(`${waiting.join('\n')}\n`)
      waiting = []
    }
    const before = await open.stat()
    try {
      await open.append(rest)
      rest = NOTHING
      tornInode = null
    } catch (error) {
      const after = await open.stat().catch(() => null)
      if (after !== null && after.size > before.size) {
        rest = rest.subarray(after.size - before.size)
        tornInode = after.inode
      }
      throw error
    }
  }

  /** What follows stands on a line of its own, whoever tore the last one. */
  async function reopen(): Promise<AppendFile> {
    const open = await files.openForAppend(path)
    file = open
    const { size, inode } = await open.stat()
    if (size === 0 || inode === tornInode) return open
    const [last] = await files.read(path, size - 1, size)
    if (last !== LF) await open.append(Buffer.of(LF))
    return open
  }

  /** Where nothing can be renamed the file grows on: silence would be worse. */
  async function rotate(): Promise<void> {
    await closeFile()
    try {
      for (let n = KEPT - 1; n >= 1; n--) {
        if ((await files.stat(`${path}.${n}`)) !== null) await files.rename(`${path}.${n}`, `${path}.${n + 1}`)
      }
      await files.rename(path, `${path}.1`)
      rotationRefused = false
    } catch (error) {
      if (!rotationRefused) options.onFault(error)
      rotationRefused = true
    }
  }

  async function closeFile(): Promise<void> {
    const old = file
    file = null
    await old?.close().catch(() => undefined)
  }

  function stopRetry(): void {
    cancelRetry?.()
    cancelRetry = undefined
  }

  const now = () => utcSeconds(clock.now())
  return {
    event: (event, fields) => add(formatChannelLine(now(), event, fields)),
    server: text => add(formatServerLine(now(), text.slice(0, MAX_SERVER_TEXT))),
    async flush() {
      if (isBehind() && cancelRetry === undefined) await start()
      else await work
    },
    async close() {
      stopRetry()
      await start()
      stopRetry()
      await closeFile()
    },
  }
}

const NOTHING = new Uint8Array(0)
