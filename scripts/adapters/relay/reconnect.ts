import type { AdapterContext } from '../../core/adapter.ts'
import { reconnectDelayMs } from '../../core/backoff.ts'
import { utcSeconds } from '../../core/clock.ts'
import type { StreamEnd } from './stream.ts'

/** When the next request for a stream may be made (design §3). */
export interface Reconnect {
  /** Until then, in milliseconds; 0 or less: now. */
  readonly inMs: number
  /** Tries since the last time all was well. */
  readonly attempts: number
  /** Plans the next try after this end, and says so. */
  plan(end: StreamEnd): void
  /** A request is about to be made; if it was planned, it is that try. */
  begin(): void
  /** The planned try may be made at once. Returns false when none is planned. */
  hurry(): boolean
  /** There is no need for it any more. */
  cancel(): void
  /** All has been well for long: the next trouble is a new one. */
  forgive(): void
}

/** A refused token is tried again this often; a change of the configuration ends the wait. */
const REFUSED_PROBE_MS = 5 * 60_000
/** A relay without `/stream` may be updated one day. */
const NO_STREAM_PROBE_MS = 30 * 60_000

export function createReconnect(ctx: AdapterContext): Reconnect {
  const { clock } = ctx
  let failures = 0
  let at: number | null = null

  return {
    get inMs() {
      return at === null ? 0 : at - clock.monotonic()
    },
    get attempts() {
      return failures
    },
    plan(end) {
      const wait = waitAfter(end, failures, () => clock.random())
      if (end.kind === 'unauthorized') ctx.transition('AUTH_REFUSED', { next_probe_sec: wait / 1000 })
      at = clock.monotonic() + wait
      ctx.status({ next_try_utc: utcSeconds(clock.now() + wait) })
      ctx.transition('SSE_RECONNECT_SCHEDULED', { attempt: failures + 1, delay_sec: Math.round(wait / 100) / 10 })
    },
    begin() {
      if (at === null) return
      at = null
      failures++
      ctx.transition('SSE_RECONNECT_ATTEMPT', { attempt: failures })
    },
    hurry() {
      if (at === null) return false
      at = clock.monotonic()
      return true
    },
    cancel() {
      at = null
    },
    forgive() {
      failures = 0
    },
  }
}

function waitAfter(end: StreamEnd, failures: number, random: () => number): number {
  if (end.kind === 'unauthorized') return REFUSED_PROBE_MS
  if (end.kind === 'no_stream') return NO_STREAM_PROBE_MS
  const asked = 'retryAfterMs' in end ? (end.retryAfterMs ?? 0) : 0
  return Math.max(reconnectDelayMs(failures, random), Math.min(asked, REFUSED_PROBE_MS))
}

/** Why a stream ended, as one word for the log. */
export function endReason(end: StreamEnd): string {
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
