import type { Clock } from '../../core/clock.ts'

/**
 * Keeps our requests to one relay apart: at most ten reads and ten sends a second, which together is what it allows
 * (RC §2), and one request per 10 s where an older relay wants that (RC §11).
 */
export interface Pacer {
  /** Resolves when the next request of that kind may start. */
  turn(signal: AbortSignal, lane?: Lane): Promise<void>
  /** The relay said "too often". */
  throttled(retryAfterMs: number | undefined): void
  /** A request got another answer than that. */
  passed(): void
  /** This relay throttles so hard that one message per request may never catch up. */
  readonly slow: boolean
}

export type Lane = 'read' | 'send'

const GAP_MS = 100
const FIRST_WAIT_MS = 1000
/** The slowest cadence that any known revision asks for. */
const SLOW_GAP_MS = 10_000
/** So many refusals in a row are a cadence, not a burst of ours. */
const SLOW_AFTER = 3
/** After so long without a refusal the relay is tried at full speed again. */
const SLOW_FOR_MS = 30 * 60_000

export function createPacer(clock: Clock): Pacer {
  /** After a refusal, and where one request has to serve all, nothing goes before this. */
  let notBefore = 0
  const nextAt = { read: 0, send: 0 }
  let refusals = 0
  let slowUntil = 0

  const slow = () => clock.monotonic() < slowUntil
  return {
    get slow() {
      return slow()
    },
    async turn(signal, lane = 'read') {
      for (;;) {
        signal.throwIfAborted()
        const now = clock.monotonic()
        const at = Math.max(notBefore, nextAt[lane])
        if (now >= at) {
          nextAt[lane] = now + GAP_MS
          if (slow()) notBefore = now + SLOW_GAP_MS
          return
        }
        await clock.sleep(at - now, signal)
      }
    },
    throttled(retryAfterMs) {
      const wait = Math.min(SLOW_GAP_MS, FIRST_WAIT_MS * 2 ** refusals)
      refusals++
      const now = clock.monotonic()
      if (refusals >= SLOW_AFTER) slowUntil = now + SLOW_FOR_MS
      notBefore = Math.max(notBefore, now + Math.max(wait, Math.min(retryAfterMs ?? 0, 300_000)))
    },
    passed() {
      refusals = 0
    },
  }
}
