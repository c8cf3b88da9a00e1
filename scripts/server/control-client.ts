import { createConnection } from 'node:net'
import { errorCode } from '../core/errors.ts'
import { type ControlRequest, encodeLine, fromWire, parseReply } from '../protocol/control.ts'

/** Nobody listens there, or not any more: nothing was asked. */
export class NobodyThereError extends Error {
  override readonly name = 'NobodyThereError'
}

/** The daemon went away before it answered. */
export class BrokenOffError extends Error {
  override readonly name = 'BrokenOffError'
}

export interface AskOptions {
  readonly signal: AbortSignal
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

/** The longest answer holds a page of 2 MiB. */
const LONGEST_REPLY = 16 * 1024 * 1024

/**
 * Asks the running daemon.
 *
 * @throws the AppError that it answered with, NobodyThereError, BrokenOffError
 */
export function askDaemon(path: string, request: ControlRequest, options: AskOptions): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const socket = createConnection({ path, signal: options.signal })
  let received = ''
  let connected = false

  function take(line: string): void {
    const reply = parseReply(line)
    if (reply === null) return
    if ('progress' in reply) options.onProgress?.(reply.progress)
    else if ('error' in reply) reject(fromWire(reply.error))
    else resolve(reply.result)
  }

  socket.setEncoding('utf8')
  socket.on('connect', () => {
    connected = true
    socket.write(encodeLine(request))
  })
  socket.on('data', (text: string) => {
    received += text
    const lines = received.split('\n')
    received = lines.pop() ?? ''
    for (const line of lines) take(line)
    if (received.length > LONGEST_REPLY) socket.destroy()
  })
  socket.on('error', error => {
    if (options.signal.aborted) reject(options.signal.reason)
    else if (!connected) reject(new NobodyThereError(errorCode(error)))
  })
  // After an answer this changes nothing any more.
  socket.on('close', () => reject(new BrokenOffError('The daemon went away')))
  return promise.finally(() => socket.destroy())
}
