import type { FetchAnswer, FetchInit, FetchLike } from '../../scripts/core/fetch.ts'
import { friends, inboxBody, profile, type TestUser } from './blocks.ts'
import type { FakeClock } from './fake-clock.ts'

/** A relay inside the test: no sockets, every answer under control, every request on record. */
export interface ScriptedRelay {
  readonly fetch: FetchLike
  /** Open streams, oldest first. */
  readonly streams: readonly ScriptedStream[]
  /** Blocks waiting in the inbox. */
  readonly inbox: string[]
  readonly friends: TestUser[]
  readonly users: Map<number, TestUser>
  /** `GET /messages?limit=1` with the milliseconds since the start. */
  readonly requests: readonly { readonly line: string; readonly atMs: number; readonly token: string }[]
  count(pattern: RegExp): number
  /** Answers in the place of the ordinary one; null falls through to it. */
  override: ((path: string, init: FetchInit) => Promise<FetchAnswer> | FetchAnswer | null) | null
  /** false: a revision without `event: log` (RC §11). */
  sendsLog: boolean
  /** The token that is valid. */
  token: string
}

export interface ScriptedStream {
  push(block: string): void
  /** Bytes as they are. */
  raw(text: string): void
  end(): void
  breakOff(code: string): void
}

export function answer(
  text: string,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): FetchAnswer {
  const bytes = new TextEncoder().encode(text)
  const all = new Map(Object.entries({ 'content-type': 'text/plain; charset=utf-8', ...headers }))
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })
  return { status, headers: { get: name => all.get(name) ?? null }, body }
}

/** An answer whose connection breaks after the given text. */
export function cutAnswer(text: string): FetchAnswer {
  let sent = false
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) controller.error(Object.assign(new Error('terminated'), { code: 'UND_ERR_SOCKET' }))
      else controller.enqueue(new TextEncoder().encode(text))
      sent = true
    },
  })
  return { ...answer(''), body }
}

export function networkError(code: string): Error {
  return Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) })
}

export function createScriptedRelay(clock: FakeClock): ScriptedRelay {
  const streams: ScriptedStream[] = []
  const requests: { line: string; atMs: number; token: string }[] = []

  function openStream(signal: AbortSignal | undefined): FetchAnswer {
    const encoder = new TextEncoder()
    let control: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        control = controller
      },
    })
    const stream: ScriptedStream = {
      raw: text => control?.enqueue(encoder.encode(text)),
      push: block =>
        stream.raw(
          `event: message\n${block
            .split('\n')
            .map(line => `data: ${line}`)
            .join('\n')}\n\n`,
        ),
      end: () => leave(() => control?.close()),
      breakOff: code => leave(() => control?.error(Object.assign(new Error(code), { code }))),
    }
    function leave(action: () => void): void {
      const at = streams.indexOf(stream)
      if (at === -1) return
      streams.splice(at, 1)
      action()
    }
    signal?.addEventListener('abort', () => leave(() => control?.error(signal.reason)), { once: true })
    streams.push(stream)
    if (relay.sendsLog) {
      stream.raw('event: log\ndata: stream_connected request_id=1 user_id=2 ip=127.0.0.1 ts=2026-03-09T10:00:00Z\n\n')
    }
    return { ...answer('', { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }), body }
  }

  function ordinary(path: string, init: FetchInit): FetchAnswer {
    if (init.headers['X-Token'] !== relay.token) {
      if (path === '/stream') return answer('错误 401：Token 无效', { status: 401 })
      return answer('错误：Token 无效')
    }
    if (path === '/stream') return openStream(init.signal)
    if (path === '/friends') return answer(friends(relay.friends))
    const limit = /^\/messages\?limit=(\d+)$/.exec(path)?.[1]
    if (limit !== undefined) {
      const taken = relay.inbox.splice(0, Number(limit))
      return answer(inboxBody(taken, relay.inbox.length, Number(limit)))
    }
    const user = relay.users.get(Number(/^\/users\/(\d+)$/.exec(path)?.[1]))
    if (user !== undefined) return answer(profile(user))
    if (path.startsWith('/users/')) return answer('错误：用户不存在')
    return answer('{"detail":"Not Found"}', { status: 404, headers: { 'content-type': 'application/json' } })
  }

  const relay: ScriptedRelay = {
    streams,
    inbox: [],
    friends: [],
    users: new Map(),
    requests,
    override: null,
    sendsLog: true,
    token: 'a'.repeat(32),
    count: pattern => requests.filter(one => pattern.test(one.line)).length,
    async fetch(url, init) {
      const { pathname, search } = new URL(url)
      const path = `${pathname}${search}`
      requests.push({ line: `${init.method} ${path}`, atMs: clock.monotonic(), token: init.headers['X-Token'] ?? '' })
      await Promise.resolve()
      init.signal?.throwIfAborted()
      return (await relay.override?.(path, init)) ?? ordinary(path, init)
    },
  }
  return relay
}
