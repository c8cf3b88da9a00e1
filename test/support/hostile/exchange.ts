import type { Socket } from 'node:net'

/** One request and its answer, byte by byte: what an honest server library would refuse to send can be sent here. */
export interface Exchange {
  /** `/stream`, `/messages?limit=1`: without the prefix that chose the behaviour. */
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  readonly socket: Socket
  /** Resolves when the socket takes more, with false when nobody is there to read it. */
  send(bytes: string | Uint8Array): Promise<boolean>
  /** The same as one chunk of a chunked body. */
  chunk(bytes: string | Uint8Array): Promise<boolean>
  /** The connection ends in good order. */
  finish(): void
  reset(): void
  /** Resolves after this time, or when the other side has gone: then with false. */
  pause(ms: number): Promise<boolean>
  /** Resolves when the other side has gone. */
  readonly left: Promise<void>
}

export type Answer = (exchange: Exchange) => Promise<unknown>
export type Fields = Readonly<Record<string, string | number>>

export function createExchange(
  socket: Socket,
  request: Pick<Exchange, 'path' | 'headers'>,
  onSent: (bytes: number) => void,
): Exchange {
  const left = new Promise<void>(resolve => socket.once('close', () => resolve()))

  async function send(bytes: string | Uint8Array): Promise<boolean> {
    if (!socket.writable) return false
    onSent(Buffer.byteLength(bytes))
    if (socket.write(bytes)) return true
    let onDrain = () => {}
    const drained = new Promise<void>(resolve => {
      onDrain = resolve
      socket.once('drain', onDrain)
    })
    await Promise.race([drained, left])
    socket.off('drain', onDrain)
    return socket.writable
  }

  return {
    ...request,
    socket,
    left,
    send,
    // An empty one would end the body.
    chunk: bytes => (bytes.length === 0 ? Promise.resolve(true) : send(asChunk(bytes))),
    finish: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    async pause(ms) {
      let timer: NodeJS.Timeout | undefined
      const over = new Promise<void>(resolve => {
        timer = setTimeout(resolve, ms)
      })
      await Promise.race([left, over])
      clearTimeout(timer)
      return socket.writable
    },
  }
}

export function asChunk(bytes: string | Uint8Array): Uint8Array {
  const body = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')])
}

/** A head as a relay sends it; `fields` may add or repeat anything. */
export function head(status: string, fields: Fields = {}): string {
  const all = { date: 'Mon, 09 Mar 2026 10:00:00 GMT', server: 'uvicorn', connection: 'close', ...fields }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`
}

export const TEXT: Fields = { 'content-type': 'text/plain; charset=utf-8' }
export const STREAM: Fields = { 'content-type': 'text/event-stream; charset=utf-8', 'transfer-encoding': 'chunked' }

/** A whole answer with a true length. */
export function reply(text: string, { status = '200 OK', fields = {} }: { status?: string; fields?: Fields } = {}) {
  const body = Buffer.from(text)
  const start = head(status, { ...TEXT, 'content-length': body.length, ...fields })
  return async (exchange: Exchange): Promise<void> => {
    await exchange.send(Buffer.concat([Buffer.from(start), body]))
    exchange.finish()
  }
}

/** The same piece again and again, as fast as it is taken, until so many bytes were. */
export async function flood(
  write: (bytes: Uint8Array) => Promise<boolean>,
  piece: string | Uint8Array,
  total: number,
): Promise<boolean> {
  const bytes = Buffer.from(piece)
  const block = Buffer.concat(Array.from({ length: Math.ceil(65_536 / bytes.length) }, () => bytes))
  for (let sent = 0; sent < total; sent += block.length) {
    if (!(await write(block))) return false
  }
  return true
}
