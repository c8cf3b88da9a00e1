import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { systemClock } from '../scripts/core/clock.ts'
import { eventText, inboxText } from '../scripts/embedded/relay/block-text.ts'
import { friendsText, profileText } from '../scripts/embedded/relay/people-text.ts'
import { FIRST_AT, ME, PEERS, payloadOf, scramble } from './messages.ts'
import { now } from './time.ts'

/**
 * The relay of the bench, in a process of its own, so that its work is on nobody's account. What it pushes is made
 * beforehand; during a measurement it only copies bytes into a socket, as fast as the other side takes them.
 */

export type Order =
  /** Makes the bytes of messages `first` … `first + count - 1`; they stay until the next such order. */
  | { readonly kind: 'prepare'; readonly first: number; readonly count: number }
  /** Pushes all of that to the stream that was opened with this token. */
  | { readonly kind: 'flood'; readonly token: string }
  /** Pushes messages to it one by one, `everyMs` apart on average. */
  | {
      readonly kind: 'pace'
      readonly token: string
      readonly first: number
      readonly count: number
      readonly everyMs: number
    }

export type Report =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'stream'; readonly token: string; readonly openedAt: number }
  | { readonly kind: 'prepared' }
  /** Everything was written; the first byte at `beganAt`. */
  | { readonly kind: 'flooded'; readonly beganAt: number }
  | { readonly kind: 'paced'; readonly sentAt: readonly number[] }

/** The relay's own clock during a flood: about what a small machine takes in, so that seconds pass as they would. */
const MESSAGES_A_SECOND = 10_000
/** No smaller than one read of a client, so that reads end anywhere in an event. */
const SLICE_BYTES = 64 * 1024
const PING_MS = 30_000

let prepared: readonly Buffer[] = []
/** The last one of each token. */
const streams = new Map<string, Socket>()

/** One event is one HTTP chunk (RC §6). */
function chunk(text: string): Buffer {
  const size = Buffer.byteLength(text).toString(16)
  return Buffer.from(`${size}\r\n${text}\r\n`)
}

function prepare(first: number, count: number): void {
  const slices: Buffer[] = []
  let parts: Buffer[] = []
  let size = 0
  for (let n = first; n < first + count; n++) {
    const part = chunk(eventText(payloadOf(n, FIRST_AT + (n * 1000) / MESSAGES_A_SECOND)))
    parts.push(part)
    size += part.length
    if (size < SLICE_BYTES && n + 1 < first + count) continue
    slices.push(Buffer.concat(parts))
    parts = []
    size = 0
  }
  prepared = slices
}

async function flood(socket: Socket): Promise<number> {
  const closed = new AbortController()
  const onClose = () => closed.abort()
  socket.once('close', onClose)
  const beganAt = now()
  for (const slice of prepared) {
    if (!socket.write(slice)) await once(socket, 'drain', { signal: closed.signal })
  }
  socket.off('close', onClose)
  return beganAt
}

/** Not in step with any timer of a contender: each gap is between half and one and a half of the mean. */
async function pace(socket: Socket, { first, count, everyMs }: Extract<Order, { kind: 'pace' }>): Promise<number[]> {
  const sentAt: number[] = []
  let due = now()
  for (let n = first; n < first + count; n++) {
    due += everyMs * (0.5 + scramble(n) / 2 ** 32)
    const bytes = chunk(eventText(payloadOf(n, Date.now())))
    await systemClock.sleep(Math.max(0, due - now()))
    sentAt.push(now())
    socket.write(bytes)
  }
  return sentAt
}

function openStream(response: ServerResponse, token: string): void {
  const { socket } = response
  if (socket === null) return
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'transfer-encoding': 'chunked',
  })
  response.flushHeaders()
  const log = `stream_connected request_id=1 user_id=${ME.id} ip=127.0.0.1 ts=${new Date().toISOString()}`
  socket.write(chunk(`event: log\ndata: ${log}\n\n`))
  streams.set(token, socket)
  keepAlive(socket)
  tell({ kind: 'stream', token, openedAt: now() })
}

/** RC §6: a ping comes 30 s after the last byte. */
function keepAlive(socket: Socket, written = socket.bytesWritten): void {
  const cancel = systemClock.after(PING_MS, () => {
    if (socket.bytesWritten === written) socket.write(chunk(': ping\n\n'))
    keepAlive(socket)
  })
  socket.once('close', cancel)
}

function replyTo(path: string): string {
  if (path.startsWith('/messages')) return inboxText({ blocks: [], total: 0, limit: 1, fromId: null })
  if (path === '/friends') return friendsText(PEERS.map(peer => ({ ...peer, since: FIRST_AT, lastActiveAt: FIRST_AT })))
  const id = Number(/^\/users\/(\d+)$/.exec(path)?.[1])
  const person = [ME, ...PEERS].find(one => one.id === id)
  return person === undefined ? '错误：用户不存在' : profileText({ ...ME, ...person })
}

function tell(report: Report): void {
  process.send?.(report)
}

async function obey(order: Order): Promise<void> {
  if (order.kind === 'prepare') {
    prepare(order.first, order.count)
    tell({ kind: 'prepared' })
    return
  }
  const socket = streams.get(order.token)
  if (socket === undefined) throw new Error('no stream was opened with this token')
  if (order.kind === 'flood') tell({ kind: 'flooded', beganAt: await flood(socket) })
  else tell({ kind: 'paced', sentAt: await pace(socket, order) })
}

const server = createServer((request, response) => {
  const path = request.url ?? ''
  if (path === '/stream') openStream(response, String(request.headers['x-token']))
  else response.setHeader('content-type', 'text/plain; charset=utf-8').end(replyTo(path))
})
server.listen(0, '127.0.0.1', () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }))
process.on('message', order => void obey(order as Order))
process.on('disconnect', () => process.exit())
