import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorCode } from '../../core/errors.ts'

export type Request = IncomingMessage
export type Response = ServerResponse

/** For how long somebody may keep a connection that brings or takes nothing. */
export interface Limits {
  readonly headMs: number
  /** Of a whole request, its body too. */
  readonly requestMs: number
  /** Of a connection on which nothing moves. */
  readonly silenceMs: number
  /** How often the first two are looked after. */
  readonly checkEveryMs: number
}

export interface HttpServerOptions {
  readonly limits: Limits
  readonly largestHeadBytes: number
  readonly mostConnections: number
  readonly handle: (request: Request, response: Response) => void
  /** What is said of what did not become a request: the head and the body of the answer. */
  readonly refuse: (status: number, error: string) => RawAnswer
}

export interface RawAnswer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Requests that wait for their turn on one connection; no honest program lets so many wait. */
const MOST_AT_ONCE = 64

/** A server that neither bad heads, nor slow or silent connections, nor half of either can stop. It does not listen yet. */
export function createHttpServer({ limits, refuse, handle, ...options }: HttpServerOptions): Server {
  const server = createServer({
    maxHeaderSize: options.largestHeadBytes,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkEveryMs,
  })
  server.maxConnections = options.mostConnections
  server.timeout = limits.silenceMs
  const open = new Map<Duplex, Set<Response>>()

  /** Nothing else may be written there then. */
  function isAnswering(socket: Duplex): boolean {
    return [...(open.get(socket) ?? [])].some(response => !response.writableEnded && !isStillAsking(response))
  }

  function sendRaw(socket: Duplex, status: number, error: string): void {
    // Its loss is heard of by 'close'.
    socket.on('error', () => undefined)
    if (!socket.writable) {
      socket.destroy()
      return
    }
    const { headers, body } = refuse(status, error)
    socket.end(rawAnswer(status, headers, body), () => socket.destroy())
  }

  function onRequest(request: Request, response: Response): void {
    const { socket } = request
    const own = open.get(socket) ?? new Set()
    open.set(socket, own.add(response))
    response.on('close', () => {
      own.delete(response)
      if (own.size === 0) open.delete(socket)
    })
    if (own.size > MOST_AT_ONCE) socket.destroy()
    else handle(request, response)
  }

  server.on('request', onRequest)
  // Somebody who asks first whether to send a body gets the same answer.
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on('connect', (_request, socket) => sendRaw(socket, 405, 'method_not_allowed'))
  server.on('clientError', (error, socket) => {
    const { status, text } = faultOf(errorCode(error))
    if (isAnswering(socket)) socket.destroy()
    else sendRaw(socket, status, text)
  })
  return server
}

/** It breaks off in the middle of its body, and nothing has been said to it yet. */
function isStillAsking(response: Response): boolean {
  return !response.headersSent && !response.req.complete
}

function faultOf(code: string): { status: number; text: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, text: 'head_too_large' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, text: 'too_slow' }
  return { status: 400, text: 'bad_request' }
}

/** There is no response object for it. */
function rawAnswer(status: number, headers: RawAnswer['headers'], body: string): string {
  const lines = Object.entries({
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
}
