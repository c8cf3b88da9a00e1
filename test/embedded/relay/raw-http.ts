/** HTTP by hand over a TCP socket: tests see the bytes and not what a client library makes of them. */

import { connect, type Socket } from 'node:net'

export interface RawReply {
  readonly statusLine: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

const HEAD_END = '\r\n\r\n'

/** What has arrived so far as a reply; the body may still be growing. null: the head is not complete. */
export function parseReply(bytes: Buffer): RawReply | null {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return null
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return { statusLine, headers: new Map(headers), body: bytes.subarray(end + HEAD_END.length) }
}

export interface Connection {
  readonly socket: Socket
  received(): Buffer
  /** Resolves when `look` gives something for what has arrived; rejects when the connection ends before. */
  until<T>(look: (bytes: Buffer) => T | null): Promise<T>
  /** Resolves when the other side has ended the connection. */
  readonly ended: Promise<void>
  close(): void
}

export function open(port: number): Connection {
  const socket = connect(port, '127.0.0.1')
  let buffer = Buffer.alloc(64 * 1024)
  let length = 0
  const watchers = new Set<() => void>()
  let isOver = false
  const received = () => buffer.subarray(0, length)
  const notify = () => {
    for (const watcher of [...watchers]) watcher()
  }
  socket.on('data', chunk => {
    if (length + chunk.length > buffer.length)
      buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length + chunk.length)])
    chunk.copy(buffer, length)
    length += chunk.length
    notify()
  })
  // A reset is an end like any other; what a test misses then it says itself.
  socket.on('error', () => {})
  const ended = new Promise<void>(resolve => {
    socket.once('close', () => {
      isOver = true
      notify()
      resolve()
    })
  })
  return {
    socket,
    received,
    until: look =>
      new Promise((resolve, reject) => {
        const watcher = () => {
          const found = look(received())
          if (found !== null) resolve(found)
          else if (isOver) reject(new Error(`the connection ended after: ${received().toString('utf8').slice(-500)}`))
          else return
          watchers.delete(watcher)
        }
        watchers.add(watcher)
        watcher()
      }),
    ended,
    close: () => socket.destroy(),
  }
}

/** The reply as soon as its body is as long as it says. */
export function completeReply(bytes: Buffer): RawReply | null {
  const reply = parseReply(bytes)
  if (reply === null) return null
  const length = Number(reply.headers.get('content-length') ?? 0)
  return reply.body.length >= length ? { ...reply, body: reply.body.subarray(0, length) } : null
}

/** One request on a connection of its own. */
export async function exchange(port: number, request: string | Buffer): Promise<RawReply> {
  const connection = open(port)
  connection.socket.write(request)
  try {
    return await connection.until(completeReply)
  } finally {
    connection.close()
  }
}

/** The lines of a head, then the body. `content-length` is added. */
export function request(line: string, headers: Record<string, string> = {}, body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body)
  const all = { host: 'relay.test', ...headers, ...(bytes.length > 0 ? { 'content-length': bytes.length } : {}) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`, 'utf8'), bytes])
}

export interface FormPart {
  readonly name: string
  readonly fileName?: string
  readonly value: string | Buffer
}

export const formBoundary = '----test-boundary'

export function form(parts: readonly FormPart[]): Buffer {
  const pieces = parts.flatMap(({ name, fileName, value }) => [
    Buffer.from(
      `--${formBoundary}\r\nContent-Disposition: form-data; name="${name}"` +
        `${fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: text/plain`}\r\n\r\n`,
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...pieces, Buffer.from(`--${formBoundary}--\r\n`)])
}
