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

export function createChannelLog(options: ChannelLogOptions): ChannelLog {
  const { path, files, clock, maxBytes = MAX_BYTES } = options
  let waiting: string[] = []
  let file: AppendFile | null = null
  let work: Promise<void> | null = null
  let cancelRetry: (() => void) | undefined
  let faulty = false

  function add(line: string): void {
    waiting.push(line)
    if (waiting.length > MAX_WAITING) waiting = waiting.slice(-MAX_WAITING)
    if (cancelRetry === undefined) void start()
  }

  function start(): Promise<void> {
    work ??= drain().finally(() => {
      work = null
      if (waiting.length > 0 && cancelRetry === undefined) void start()
    })
    return work
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting
      waiting = []
      try {
        await append(`${lines.join('\n')}\n`)
        faulty = false
      } catch (error) {
        waiting = [...lines, ...waiting].slice(-MAX_WAITING)
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

  async function append(text: string): Promise<void> {
    const facts = await files.stat(path)
    if (facts !== null && facts.size >= maxBytes) await rotate()
    // Somebody may have removed or replaced the file.
    if (file !== null && facts?.inode !== (await file.stat()).inode) await closeFile()
    file ??= await files.openForAppend(path)
    await file.append(Buffer.from(text))
  }

  async function rotate(): Promise<void> {
    await closeFile()
    for (let n = KEPT - 1; n >= 1; n--) {
      if ((await files.stat(`${path}.${n}`)) !== null) await files.rename(`${path}.${n}`, `${path}.${n + 1}`)
    }
    await files.rename(path, `${path}.1`)
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
      if (waiting.length > 0 && cancelRetry === undefined) await start()
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
