import type { AdapterContext } from '../../core/adapter.ts'
import { reconnectDelayMs } from '../../core/backoff.ts'
import { sleepOrBell } from '../../core/bell.ts'
import { utcSeconds } from '../../core/clock.ts'
import type { Cut } from '../../protocol/sse-guard.ts'
import { createOverlap } from './overlap.ts'
import type { RelayOptions } from './settings.ts'
import { openStream, type Stream, type StreamEnd } from './stream.ts'

/**
 * Keeps the relay pushing to us (RC §7.3): one stream, a second one only beside an old one that is not trusted any
 * more, never more than two. Each turn of events is a line in `sse_channel.log`.
 */
export interface Channel {
  /** Runs until the signal aborts. */
  run(): Promise<void>
  /** A routine look into the inbox found something that should have been pushed (RC §7.3.3). */
  deaf(): void
}

export interface ChannelEvents {
  onMessage(payload: string, cut: Cut | null): void
  onUp(): void
  onDown(): void
  /** The relay's line at the start of a stream. */
  onLog(text: string): void
  /** The token is not valid there. */
  onRefused(): void
  onCopy(): void
  roomForMore(): Promise<void> | undefined
}

/** A refused token is tried again this often; a change of the configuration ends the wait. */
const REFUSED_PROBE_MS = 5 * 60_000
/** A relay without `/stream` may be updated one day. */
const NO_STREAM_PROBE_MS = 30 * 60_000
/** So long without trouble and the next trouble is a new one (design §3). */
const HEALTHY_MS = 60_000
/** A relay that has not answered after this long is frozen or far away (RC §2: 2 s freezes add up). */
const PATIENCE_MS = 15_000
/** Only a stream that is older than this can be called deaf: a send that was under way may still have been stored. */
const DEAF_AGE_MS = 60_000
/** `status` shows the last byte this exactly; each note is a commit. */
const LAST_BYTE_MS = 15_000

interface Live {
  readonly name: string
  readonly stream: Stream
  readonly openedAt: number
}

export function createChannel(options: RelayOptions, ctx: AdapterContext, events: ChannelEvents): Channel {
  const { clock, signal } = ctx
  const overlap = createOverlap(clock)
  let live: Live | null = null
  let opened = 0
  let failures = 0
  let wasUp = false
  let lastByteNoted = Number.NEGATIVE_INFINITY
  let deafRequested: (() => void) | null = null
  const streams = new Set<Stream>()

  function open(others: readonly Live[]): Live {
    const name = `s${++opened}`
    // Registration comes before the answer, so counting starts before the request (RC §7.3.5).
    overlap.begin(
      name,
      others.map(one => one.name),
    )
    ctx.transition('SSE_CONNECT_START', { stream: name })
    const stream = openStream({
      url: `${options.baseUrl}/stream`,
      token: options.token,
      fetch: ctx.fetch,
      clock,
      onMessage(payload, cut) {
        if (overlap.isCopy(name, payload)) events.onCopy()
        else events.onMessage(payload, cut)
      },
      onLog: events.onLog,
      onBytes: noteByte,
      roomForMore: events.roomForMore,
    })
    streams.add(stream)
    void stream.ended.then(() => {
      streams.delete(stream)
      overlap.end(name)
    })
    return { name, stream, openedAt: clock.monotonic() }
  }

  function noteByte(): void {
    const now = clock.monotonic()
    if (now - lastByteNoted < LAST_BYTE_MS) return
    lastByteNoted = now
    ctx.status({ last_byte_utc: utcSeconds(clock.now()) })
  }

  function isUp(connection: Live): void {
    live = connection
    ctx.transition('SSE_CONNECTED', { stream: connection.name })
    if (wasUp) ctx.transition('SSE_RESTORED', { attempts: failures })
    wasUp = true
    ctx.status({ state: 'connected', since_utc: utcSeconds(clock.now()), reason: null, next_try_utc: null })
    events.onUp()
  }

  /** Holds the channel until it is lost. Another stream may take the first one's place meanwhile. */
  async function hold(first: Live): Promise<StreamEnd> {
    let current = first
    for (;;) {
      const deaf = Promise.withResolvers<'deaf'>()
      deafRequested = () => deaf.resolve('deaf')
      const event = await Promise.race([current.stream.ended, deaf.promise])
      deafRequested = null
      if (event !== 'deaf') return event
      current = await replace(current)
    }
  }

  /** RC §7.3.3: a new one beside the deaf one, then the old one goes. */
  async function replace(old: Live): Promise<Live> {
    ctx.transition('SSE_DEAF', { stream: old.name })
    const next = open([old])
    if (await next.stream.connected) {
      live = next
      ctx.transition('SSE_SECOND_OPENED', { stream: next.name })
      drop(old)
      events.onUp()
      return next
    }
    const end = await next.stream.ended
    ctx.transition('SSE_CONNECT_FAILED', { stream: next.name, reason: endReason(end) })
    // An older relay allows one stream an address (RC §11): make room, and let the usual reconnect do the rest.
    if (end.kind === 'stream_limit') drop(old)
    return old
  }

  function drop(old: Live): void {
    ctx.transition('SSE_STREAM_DROPPED', { stream: old.name, reason: 'deaf' })
    old.stream.close()
  }

  async function once(): Promise<{ end: StreamEnd; healthy: boolean }> {
    const connection = open([])
    // The wait for the head goes on, but not without looking into the inbox.
    const cancelPatience = clock.after(PATIENCE_MS, events.onDown)
    const connected = await connection.stream.connected
    cancelPatience()
    if (!connected) {
      const end = await connection.stream.ended
      if (!signal.aborted) {
        ctx.transition('SSE_CONNECT_FAILED', { stream: connection.name, reason: endReason(end) })
      }
      return { end, healthy: false }
    }
    isUp(connection)
    const connectedAt = clock.monotonic()
    const end = await hold(connection)
    live = null
    ctx.transition('SSE_DISCONNECTED', { reason: signal.aborted ? 'stopped' : endReason(end) })
    return { end, healthy: clock.monotonic() - connectedAt >= HEALTHY_MS }
  }

  async function pause(end: StreamEnd): Promise<void> {
    const wait = waitAfter(end, failures, () => clock.random())
    if (end.kind === 'unauthorized') {
      ctx.transition('AUTH_REFUSED', { next_probe_sec: wait / 1000 })
      ctx.status({ state: 'token_refused' })
      events.onRefused()
    }
    ctx.status({ next_try_utc: utcSeconds(clock.now() + wait) })
    ctx.transition('SSE_RECONNECT_SCHEDULED', { attempt: failures + 1, delay_sec: Math.round(wait / 100) / 10 })
    await sleepOrBell(options.configChanged, wait, { clock, signal })
    failures++
    ctx.transition('SSE_RECONNECT_ATTEMPT', { attempt: failures })
  }

  return {
    deaf() {
      const old = live !== null && clock.monotonic() - live.openedAt > DEAF_AGE_MS
      if (old) deafRequested?.()
    },
    async run() {
      signal.addEventListener('abort', () => streams.forEach(stream => void stream.close()), { once: true })
      while (!signal.aborted) {
        const { end, healthy } = await once()
        if (signal.aborted) return
        if (healthy) failures = 0
        ctx.status({ state: 'disconnected', since_utc: utcSeconds(clock.now()), reason: endReason(end) })
        events.onDown()
        await pause(end)
      }
    },
  }
}

function waitAfter(end: StreamEnd, failures: number, random: () => number): number {
  if (end.kind === 'unauthorized') return REFUSED_PROBE_MS
  if (end.kind === 'no_stream') return NO_STREAM_PROBE_MS
  const asked = 'retryAfterMs' in end ? (end.retryAfterMs ?? 0) : 0
  return Math.max(reconnectDelayMs(failures, random), Math.min(asked, REFUSED_PROBE_MS))
}

function endReason(end: StreamEnd): string {
  switch (end.kind) {
    case 'unauthorized':
      return `http_${end.status}`
    case 'stream_limit':
      return 'another_connection_of_this_ip_holds_the_stream'
    case 'throttled':
      return 'http_429'
    case 'no_stream':
      return 'http_404'
    case 'lost':
      return end.reason
    case 'closed':
      return 'closed'
  }
}
