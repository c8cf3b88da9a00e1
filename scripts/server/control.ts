import { timingSafeEqual } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import { AppError, errorCode, errorPlace, isAbort } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { type ControlReply, encodeLine, parseRequest, toWire } from '../protocol/control.ts'

/** The unix socket over which commands ask the running daemon to do something (design §3). */
export interface ControlServer {
  /** Takes no new connections, and ends those that wait for an answer. */
  close(): Promise<void>
}

export interface ControlOptions {
  readonly path: string
  readonly token: string
  readonly clock: Clock
  readonly log: Logger
  readonly perform: (action: string, params: unknown, call: ControlCall) => Promise<unknown>
}

export interface ControlCall {
  /** Aborts when whoever asked has gone. */
  readonly signal: AbortSignal
  readonly progress: (progress: { done: number; total: number }) => void
}

/** A request is a command line's worth of text. */
const LONGEST_REQUEST = 256 * 1024
const REQUEST_LIMIT_MS = 10_000
const MOST_CONNECTIONS = 256

/** @throws when the socket can not be made */
export async function startControlServer(options: ControlOptions): Promise<ControlServer> {
  const open = new Set<Socket>()
  // Whoever hangs up has gone: nobody reads on after that.
  const server = createServer(socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    // Its loss is heard of by 'close'.
    socket.on('error', () => undefined)
    serve(socket, options)
  })
  server.maxConnections = MOST_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.path, resolve)
  })
  return {
    close() {
      for (const socket of open) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

function serve(socket: Socket, options: ControlOptions): void {
  const gone = new AbortController()
  let received = ''
  socket.setEncoding('utf8')
  const cancel = options.clock.after(REQUEST_LIMIT_MS, () => socket.destroy())
  socket.on('close', () => {
    cancel()
    gone.abort(new DOMException('The command has gone', 'AbortError'))
  })
  socket.on('data', function collect(text: string) {
    received += text
    const end = received.indexOf('\n')
    if (end === -1) {
      if (received.length > LONGEST_REQUEST) socket.destroy()
      return
    }
    socket.off('data', collect)
    // Read on, or nobody would hear that the other side has gone.
    socket.resume()
    cancel()
    void answer(received.slice(0, end), socket, { ...options, signal: gone.signal })
  })
}

async function answer(
  line: string,
  socket: Socket,
  { token, log, perform, signal }: ControlOptions & { signal: AbortSignal },
): Promise<void> {
  const request = parseRequest(line)
  if (request === null || !equal(request.token, token)) {
    log.warn('somebody without the token was at the control socket')
    socket.destroy()
    return
  }
  function say(reply: ControlReply): void {
    if (socket.writable) socket.write(encodeLine(reply))
  }
  try {
    const result = await perform(request.action, request.params, { signal, progress: progress => say({ progress }) })
    say({ result: result ?? null })
  } catch (error) {
    if (isAbort(error) && signal.aborted) return
    if (!(error instanceof AppError)) {
      log.error('an action failed', { action: request.action, error: errorCode(error), at: errorPlace(error) })
    }
    say({ error: toWire(error) })
  }
  socket.end()
}

function equal(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
