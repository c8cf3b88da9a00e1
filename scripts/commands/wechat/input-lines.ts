import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'

/** Lines that somebody types, or a program writes, one at a time. Nothing is read before the first one is asked for. */
export interface InputLines {
  /** null: there are no more. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<string | null>
  close(): void
}

export function createInputLines(input: Readable): InputLines {
  const waiting: string[] = []
  let reader: Interface | undefined
  let ended = false
  let wake: () => void = () => undefined

  function open(): void {
    // Not as a terminal: Ctrl-C stays the signal that it is.
    reader = createInterface({ input, terminal: false })
    reader.on('line', line => {
      waiting.push(line)
      wake()
    })
    reader.on('close', () => {
      ended = true
      wake()
    })
  }

  return {
    async next(signal) {
      if (reader === undefined) open()
      while (waiting.length === 0 && !ended) {
        signal.throwIfAborted()
        await new Promise<void>((resolve, reject) => {
          const onAbort = () => reject(signal.reason)
          signal.addEventListener('abort', onAbort, { once: true })
          wake = () => {
            signal.removeEventListener('abort', onAbort)
            resolve()
          }
        })
      }
      return waiting.shift() ?? null
    },
    close: () => reader?.close(),
  }
}
