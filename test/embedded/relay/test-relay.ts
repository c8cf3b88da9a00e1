/** An embedded relay with a fake clock, what it said, and users who call it. */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import {
  type EmbeddedRelay,
  type RelayEvent,
  type RelayOptions,
  startRelay,
} from '../../../scripts/embedded/relay/server.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import {
  type Connection,
  exchange,
  type FormPart,
  form,
  formBoundary,
  open,
  parseReply,
  type RawReply,
  request,
} from './raw-http.ts'

export interface TestRelay {
  readonly relay: EmbeddedRelay
  readonly clock: FakeClock
  readonly events: readonly RelayEvent[]
  /** Resolves as soon as `condition` holds; it is looked at after every event of the relay. */
  until(condition: () => boolean): Promise<void>
}

/** The rate limit is off unless a test asks for it: the fake clock makes all requests simultaneous. */
export async function startTestRelay(options: RelayOptions = {}): Promise<TestRelay> {
  const clock = createFakeClock({ startAt: Date.parse('2026-11-20T06:34:57Z') })
  const events: RelayEvent[] = []
  const watchers = new Set<() => void>()
  const relay = await startRelay({
    clock,
    rateLimit: false,
    observe(event) {
      events.push(event)
      for (const watcher of [...watchers]) watcher()
    },
    ...options,
  })
  return {
    relay,
    clock,
    events,
    until: condition =>
      new Promise(resolve => {
        const watcher = () => {
          if (!condition()) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
      }),
  }
}

export interface TestUser {
  readonly id: number
  readonly token: string
}

export function bodyOf(reply: RawReply): string {
  return reply.body.toString('utf8')
}

export interface CallOptions {
  readonly token?: string
  readonly json?: unknown
  readonly body?: string | Buffer
  readonly headers?: Record<string, string>
}

/** `line` is method and path. */
export async function call(port: number, line: string, options: CallOptions = {}): Promise<RawReply> {
  const { token, json, body = '', headers } = options
  const auth = token === undefined ? {} : { 'x-token': token }
  const type = json === undefined ? {} : { 'content-type': 'application/json' }
  return exchange(
    port,
    request(line, { ...auth, ...type, ...headers }, json === undefined ? body : JSON.stringify(json)),
  )
}

export async function register(port: number, fields: { name: string; description?: string; status?: string }) {
  const body = bodyOf(await call(port, 'POST /register', { json: fields }))
  const token = /\nToken：([0-9a-f]{32})\n/.exec(body)?.[1]
  const id = /\nID：(\d+)\n/.exec(body)?.[1]
  assert.ok(token !== undefined && id !== undefined, body)
  return { id: Number(id), token }
}

export async function send(port: number, from: TestUser, to: TestUser, content: string): Promise<string> {
  return bodyOf(await call(port, 'POST /send', { token: from.token, json: { to_id: to.id, content } }))
}

export async function sendForm(port: number, from: TestUser, parts: readonly FormPart[]): Promise<RawReply> {
  const type = `multipart/form-data; boundary=${formBoundary}`
  return exchange(port, request('POST /send/file', { 'x-token': from.token, 'content-type': type }, form(parts)))
}

export async function readInbox(port: number, user: TestUser, query = ''): Promise<string> {
  return bodyOf(await call(port, `GET /messages${query}`, { token: user.token }))
}

export async function befriend(port: number, a: TestUser, b: TestUser): Promise<void> {
  await send(port, a, b, 'hello')
  assert.match(await send(port, b, a, 'hello too'), /^发送成功（好友关系已建立）/)
  await readInbox(port, a)
  await readInbox(port, b)
}

export interface Household extends TestRelay {
  readonly port: number
  readonly alice: TestUser
  readonly bob: TestUser
}

/** A relay with two friends and empty inboxes. */
export async function startHousehold(t: TestContext, options: RelayOptions = {}): Promise<Household> {
  const testRelay = await startTestRelay(options)
  t.after(() => testRelay.relay.close())
  const { port } = testRelay.relay
  const alice = await register(port, { name: 'alice' })
  const bob = await register(port, { name: 'bob' })
  await befriend(port, alice, bob)
  return { ...testRelay, port, alice, bob }
}

export interface TestStream {
  readonly connection: Connection
  /** The event stream without the chunked framing, as far as it has arrived. */
  text(): string
  /** Resolves when the text holds `part`. */
  untilText(part: string): Promise<void>
}

/** The body without the chunked framing; an incomplete chunk at the end is left out. */
export function unchunked(body: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at)
    if (lineEnd < 0) break
    const length = Number.parseInt(body.toString('latin1', at, lineEnd), 16)
    const end = lineEnd + 2 + length
    if (end + 2 > body.length) break
    chunks.push(body.subarray(lineEnd + 2, end))
    at = end + 2
  }
  return Buffer.concat(chunks)
}

export async function openStream(
  port: number,
  token: string,
  headers: Record<string, string> = {},
): Promise<TestStream> {
  const connection = open(port)
  connection.socket.write(request('GET /stream', { 'x-token': token, ...headers }))
  const textOf = (bytes: Buffer) => unchunked(parseReply(bytes)?.body ?? Buffer.alloc(0)).toString('utf8')
  const stream = {
    connection,
    text: () => textOf(connection.received()),
    async untilText(part: string) {
      await connection.until(bytes => (textOf(bytes).includes(part) ? true : null))
    },
  }
  await stream.untilText('event: log')
  return stream
}

/** Hangs up and waits until the relay has noticed. */
export async function closeStream(
  { until, events }: TestRelay,
  stream: { readonly connection: Connection },
): Promise<void> {
  const ends = () => events.filter(event => event.kind === 'disconnected').length
  const before = ends()
  stream.connection.close()
  await until(() => ends() > before)
}
