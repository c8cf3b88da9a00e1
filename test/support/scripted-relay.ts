import type { FetchAnswer, FetchInit, FetchLike } from '../../scripts/core/fetch.ts'
import { friends, inboxBody, profile, type TestUser } from './blocks.ts'
import type { FakeClock } from './fake-clock.ts'

/** A relay inside the test: no sockets, every answer under control, every request on record. */
export interface ScriptedRelay {
  readonly fetch: FetchLike
  /** Streams that the client holds open, oldest first. */
  readonly streams: readonly ScriptedStream[]
  /** Streams that the relay believes in; it may be wrong (RC §7.1). */
  readonly registered: number
  /** The most streams that the client ever had at one time, requests without an answer included. */
  readonly mostStreams: number
  /** Hands a message over as the real one does: to every registered stream, or into the inbox when there is none. */
  send(block: string): void
  /** Blocks waiting in the inbox. */
  readonly inbox: string[]
  readonly friends: TestUser[]
  readonly users: Map<number, TestUser>
  /** `GET /messages?limit=1` with the milliseconds since the start. */
  readonly requests: readonly { readonly line: string; readonly atMs: number; readonly token: string }[]
  count(pattern: RegExp): number
  /** Answers in the place of the ordinary one; null falls through to it. */
  override: ((path: string, init: FetchInit) => Promise<FetchAnswer | null> | FetchAnswer | null) | null
  /** false: a revision without `event: log` (RC §11). */
  sendsLog: boolean
  /** The token that is valid. */
  token: string
  /** Nothing gets through any more, and nobody is told: a pulled cable, a NAT that forgot, a machine that sleeps. */
  cutLink(): void
  /** New connections work at once; what waits in the old ones comes when their retransmission timer fires. */
  mendLink(options?: { retransmitAfterMs?: number }): void
}

export interface ScriptedStream {
  push(block: string): void
  /** Bytes as they are. */
  raw(text: string): void
  end(): void
  breakOff(code: string): void
  /** What is written from now on stays on its way. */
  freeze(): void
  thaw(): void
}

/** RC §6: 30 s after the last byte. */
const PING_MS = 30_000
/** RC §7.2: how long a dead link goes unnoticed by the relay. */
const RELAY_GIVES_UP_MS = 935_000
/** RC §7.2: "the first 37 s after the link was back". */
const RETRANSMIT_MS = 37_000
const CONNECT_TIMEOUT_MS = 10_000

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

/** One stream, seen from both ends. */
interface Connection extends ScriptedStream {
  /** The client is gone, the relay has not noticed. */
  orphan: boolean
  unregister(): void
}

export function createScriptedRelay(clock: FakeClock): ScriptedRelay {
  const streams: Connection[] = []
  const registered = new Set<Connection>()
  const opened = new WeakSet<FetchAnswer>()
  const requests: { line: string; atMs: number; token: string }[] = []
  let linkIsDead = false
  let asked = 0
  let mostStreams = 0

  function count(change: number): void {
    asked += change
    mostStreams = Math.max(mostStreams, asked)
  }

  function openStream(signal: AbortSignal | undefined): FetchAnswer {
    const encoder = new TextEncoder()
    let control: ReadableStreamDefaultController<Uint8Array> | undefined
    let held: string[] | null = null
    let cancelPing = () => {}
    let cancelGiveUp = () => {}
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        control = controller
      },
    })
    const stream: Connection = {
      orphan: false,
      raw(text) {
        if (held === null) control?.enqueue(encoder.encode(text))
        else held.push(text)
        cancelPing()
        cancelPing = clock.after(PING_MS, () => stream.raw(': ping\n\n'))
      },
      push: block =>
        stream.raw(
          `event: message\n${block
            .split('\n')
            .map(line => `data: ${line}`)
            .join('\n')}\n\n`,
        ),
      end: () => leave(() => control?.close()),
      breakOff: code => leave(() => control?.error(Object.assign(new Error(code), { code }))),
      freeze() {
        held ??= []
        // Writes that nobody acknowledges: the relay's side gives up in the end.
        cancelGiveUp()
        cancelGiveUp = clock.after(RELAY_GIVES_UP_MS, () => stream.unregister())
      },
      thaw() {
        cancelGiveUp()
        const late = held ?? []
        held = null
        if (stream.orphan) stream.unregister()
        else for (const text of late) control?.enqueue(encoder.encode(text))
      },
      unregister() {
        cancelPing()
        cancelGiveUp()
        registered.delete(stream)
      },
    }
    function leave(action: () => void): void {
      const at = streams.indexOf(stream)
      if (at === -1) return
      streams.splice(at, 1)
      count(-1)
      if (held === null) stream.unregister()
      else stream.orphan = true
      action()
    }
    signal?.addEventListener('abort', () => leave(() => control?.error(signal.reason)), { once: true })
    streams.push(stream)
    registered.add(stream)
    if (relay.sendsLog) {
      stream.raw('event: log\ndata: stream_connected request_id=1 user_id=2 ip=127.0.0.1 ts=2026-03-09T10:00:00Z\n\n')
    }
    const reply = { ...answer('', { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }), body }
    opened.add(reply)
    return reply
  }

  async function answerTo(path: string, init: FetchInit): Promise<FetchAnswer> {
    await Promise.resolve()
    init.signal?.throwIfAborted()
    if (linkIsDead) {
      await clock.sleep(CONNECT_TIMEOUT_MS, init.signal)
      if (linkIsDead) throw networkError('UND_ERR_CONNECT_TIMEOUT')
    }
    return (await relay.override?.(path, init)) ?? ordinary(path, init)
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
    get registered() {
      return registered.size
    },
    get mostStreams() {
      return mostStreams
    },
    send(block) {
      if (registered.size === 0) relay.inbox.push(block)
      for (const one of [...registered]) one.push(block)
    },
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
      if (path !== '/stream') return answerTo(path, init)
      count(1)
      const reply = await answerTo(path, init).catch(error => {
        count(-1)
        throw error
      })
      if (!opened.has(reply)) count(-1)
      return reply
    },
    cutLink() {
      linkIsDead = true
      for (const one of registered) one.freeze()
    },
    mendLink({ retransmitAfterMs = RETRANSMIT_MS } = {}) {
      linkIsDead = false
      const waiting = [...registered]
      clock.after(retransmitAfterMs, () => {
        for (const one of waiting) one.thaw()
      })
    },
  }
  return relay
}
