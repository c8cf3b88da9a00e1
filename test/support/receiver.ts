import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { listen } from './listen.ts'

/** A real server that somebody pushes to: it answers as it is told, and remembers what it was asked. */
export interface Receiver {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** From now on. A function sees each request, the first one being number 1. */
  answer(with_: Answer | ((request: ReceivedRequest, number: number) => Answer)): void
  /** Nobody answers there any more. */
  close(): Promise<void>
}

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly json: Record<string, unknown>
}

/**
 * `hang`: no answer ever. `reset`: the connection is cut. `half`: a head, and half of its body. `stall`: the same, and then
 * nothing more. `raw`: these bytes, and the connection ends.
 */
export type Answer =
  | number
  | 'hang'
  | 'reset'
  | 'half'
  | 'stall'
  | { readonly raw: string }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }

export async function startReceiver(t: TestContext, first: Answer = 200): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  let choose: (request: ReceivedRequest, number: number) => Answer = () => first
  const server = createServer((incoming, response) => {
    void read(incoming).then(request => {
      requests.push(request)
      give(response, choose(request, requests.length))
    })
  })
  const port = await listen(t, server)
  return {
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    answer(with_) {
      choose = typeof with_ === 'function' ? with_ : () => with_
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function read(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  const body = Buffer.concat(pieces)
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body,
    json: parsed(body),
  }
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}

function give(response: ServerResponse, answer: Answer): void {
  if (answer === 'hang') return
  if (answer === 'reset') {
    response.socket?.destroy()
    return
  }
  if (answer === 'half' || answer === 'stall') {
    response.writeHead(200, { 'Content-Length': '1000' })
    response.write('half')
    if (answer === 'half') response.socket?.end()
    return
  }
  if (typeof answer === 'object' && 'raw' in answer) {
    response.socket?.end(answer.raw)
    return
  }
  const { status, headers = {}, body = '' } = typeof answer === 'number' ? { status: answer } : answer
  response.writeHead(status, headers)
  response.end(status === 204 || status === 304 ? undefined : body)
}
