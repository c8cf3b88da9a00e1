import { createConnection, type Socket } from 'node:net'

/** HTTP as bytes: a client library would put right, or refuse to send, what is to be tried here. */

export interface Reply {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Head and body as they came. */
  readonly raw: string
}

export interface Wire {
  /** One request and its reply, over one connection for as long as the server keeps it. */
  ask(head: string, options?: { readonly isHead?: boolean }): Promise<Reply>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply>
  end(): void
}

export function connect(port: number): Wire {
  let socket: Socket | null = null
  let received = Buffer.alloc(0)
  let wake: () => void = () => undefined
  let ended = false

  function open(): Socket {
    const fresh = createConnection({ port, host: '127.0.0.1' })
    received = Buffer.alloc(0)
    ended = false
    fresh.on('data', piece => {
      received = Buffer.concat([received, piece])
      wake()
    })
    fresh.on('error', () => undefined)
    fresh.on('close', () => {
      if (socket === fresh) {
        ended = true
        wake()
      }
    })
    return fresh
  }

  async function ask(head: string, { isHead = false } = {}): Promise<Reply> {
    let isKept = socket !== null && !ended && !socket.destroyed
    const send = () => {
      if (socket === null || !isKept) socket = open()
      received = Buffer.alloc(0)
      socket.write(head, 'latin1')
    }
    send()
    for (;;) {
      const reply = parse(received, { isHead, ended })
      if (reply !== null) {
        if (reply.headers.get('connection') === 'close') drop()
        return reply
      }
      // As browsers do: a kept connection may have been closed without regard to this request.
      if (ended && isKept && received.length === 0) {
        isKept = false
        send()
        continue
      }
      if (ended) throw new Error(`the connection ended after ${JSON.stringify(received.toString('latin1'))}`)
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }

  function drop(): void {
    socket?.destroy()
    socket = null
  }

  return {
    ask,
    get: (path, headers = {}) => ask(requestHead('GET', path, { Host: `127.0.0.1:${port}`, ...headers })),
    end: drop,
  }
}

export function requestHead(method: string, target: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}

function parse(bytes: Buffer, { isHead, ended }: { isHead: boolean; ended: boolean }): Reply | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return null
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = new Map(
    lines.map(line => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: */, '')]),
  )
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1])
  const length = isHead || status === 304 ? 0 : Number(headers.get('content-length'))
  const body = bytes.subarray(end + 4)
  if (body.length < length && !ended) return null
  return { status, headers, body, raw: bytes.toString('latin1') }
}
