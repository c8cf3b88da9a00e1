import type { Clock } from './clock.ts'
import type { EventName, TEST_EVENT } from './events.ts'
import type { FetchLike } from './fetch.ts'
import type { Logger } from './logger.ts'

/**
 * Where events are pushed to: at least once, in order per peer, with the same id on every try (design §2.3). It makes one
 * request and says what came of it; when to try again is the engine's business.
 */
export interface Sink {
  /** `webhook:ops`, `wechat_abot` */
  readonly name: string
  readonly schedule: RetrySchedule
  push(push: Push, ctx: PushContext): Promise<PushOutcome>
}

export interface Push {
  /** The same on every try: who receives it tells copies by it. */
  readonly id: string
  readonly event: EventName | typeof TEST_EVENT
  /** 1 for the first try. */
  readonly attempt: number
  /** The same bytes on every try. */
  readonly body: Uint8Array<ArrayBuffer>
}

export interface PushContext {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
}

/** `reason` is a short word of ours for logs (`http_500`, `timeout`), never text of the other side. */
export type PushOutcome =
  | { readonly kind: 'delivered'; readonly httpStatus: number }
  /** Later, as the schedule says, or when they asked for it. */
  | {
      readonly kind: 'retry'
      readonly reason: string
      readonly httpStatus: number | null
      readonly retryAfterMs: number | null
    }
  /** Nothing is wrong with this push: the whole queue waits, for so long, or, with null, for another configuration. */
  | {
      readonly kind: 'hold'
      readonly reason: string
      readonly httpStatus: number | null
      readonly everyMs: number | null
    }
  /** They will never take it. `pause`: nor anything else, until the owner says so. */
  | {
      readonly kind: 'dead'
      readonly reason: string
      readonly httpStatus: number | null
      readonly pause?: true
    }

/** When to try again, as data: `firstMs · 2^(n-1)` before try n+1, not longer than `maxMs`, each ± `jitter`. */
export interface RetrySchedule {
  readonly firstMs: number
  readonly maxMs: number
  /** A part of the wait: 0.2 is ± 20 %. */
  readonly jitter: number
  /** Tries in all, the first one too; null: as many as `withinMs` has room for. */
  readonly tries: number | null
  /** From the first try on, after which it is given up; null: never for its age. */
  readonly withinMs: number | null
}
