import type { AdapterContext } from '../../core/adapter.ts'
import { utcSeconds } from '../../core/clock.ts'
import type { Live, Lives } from './lives.ts'
import { endReason } from './reconnect.ts'
import type { StreamEnd } from './stream.ts'

/** Says what happens to the streams: a line in `sse_channel.log` for each turn, and the state that `status` shows. */
export interface ChannelReport {
  asking(name: string): void
  up(live: Live, facts: { first: boolean; attempts: number }): void
  silent(live: Live): void
  heardAgain(live: Live, silentMs: number): void
  /** A byte came; any. */
  byte(): void
  failed(live: Live, end: StreamEnd): void
  dropped(live: Live, reason: string): void
  /** The last one that was connected. */
  lost(live: Live, reason: string): void
  deaf(live: Live): void
  state(state: 'connected' | 'silent' | 'disconnected', reason: string | null): void
}

/** `status` shows the last byte this exactly; each note is a commit. */
const LAST_BYTE_MS = 15_000

export function createChannelReport(ctx: AdapterContext, lives: Lives): ChannelReport {
  const { clock } = ctx
  let wasUp = false
  let lastByteNoted = Number.NEGATIVE_INFINITY

  return {
    asking: name => ctx.transition('SSE_CONNECT_START', { stream: name }),
    up({ name }, { first, attempts }) {
      ctx.transition(first ? 'SSE_CONNECTED' : 'SSE_SECOND_OPENED', { stream: name })
      if (first && wasUp) ctx.transition('SSE_RESTORED', { attempts })
      wasUp = true
    },
    silent(live) {
      ctx.transition('SSE_SILENT', { stream: live.name, silent_sec: seconds(lives.silentMs(live)) })
    },
    heardAgain({ name }, silentMs) {
      ctx.transition('SSE_RESTORED', { stream: name, silent_sec: seconds(silentMs) })
    },
    byte() {
      const now = clock.monotonic()
      if (now - lastByteNoted < LAST_BYTE_MS) return
      lastByteNoted = now
      ctx.status({ last_byte_utc: utcSeconds(clock.now()) })
    },
    failed({ name }, end) {
      ctx.transition('SSE_CONNECT_FAILED', { stream: name, reason: endReason(end) })
    },
    dropped(live, reason) {
      const silence = live.toldSilent ? { silent_sec: seconds(lives.silentMs(live)) } : {}
      ctx.transition('SSE_STREAM_DROPPED', { stream: live.name, reason, ...silence })
    },
    lost({ name }, reason) {
      ctx.transition('SSE_DISCONNECTED', { reason, stream: name })
    },
    deaf({ name }) {
      ctx.transition('SSE_DEAF', { stream: name })
    },
    state(state, reason) {
      ctx.status({ state, since_utc: utcSeconds(clock.now()), reason, next_try_utc: null })
    },
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
