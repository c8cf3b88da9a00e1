import type { Clock } from '../../core/clock.ts'

/**
 * Keeps our requests to one relay apart: at most ten a second (half of what it allows, RC §2; sending needs the rest),
 * and one per 10 s where an older relay wants that (RC §11).
 */
export interface Pacer {
  /** Resolves when the next request may start. */
  turn(signal: AbortSignal): Promise<void>
  /** The relay said "too often". */
  throttled(retryAfterMs: number | undefined): void
  /** A request got another answer than that. */
  passed(): void
  /** This relay throttles so hard that one message per request may never catch up. */
  readonly slow: boolean
}

const GAP_MS = 100
const FIRST_WAIT_MS = 1000
/** The slowest cadence that any known revision asks for. */
const SLOW_GAP_MS = 10_000
/** So many refusals in a row are a cadence, not a burst of ours. */
const SLOW_AFTER = 3
/** After so long without a refusal the relay is tried at full speed again. */
const SLOW_FOR_MS = 30 * 60_000

export function createPacer(clock: Clock): Pacer {
  let nextAt = 0
  let refusals = 0
  let slowUntil = 0

  const slow = () => clock.monotonic() < slowUntil
  return {
    get slow() {
      return slow()
    },
    async turn(signal) {
      for (;;) {
        signal.throwIfAborted()
        const now = clock.monotonic()
        if (now >= nextAt) {
          nextAt = now + (slow() ? SLOW_GAP_MS : GAP_MS)
          return
        }
        await clock.sleep(nextAt - now, signal)
      }
    },
    throttled(retryAfterMs) {
      const wait = Math.min(SLOW_GAP_MS, FIRST_WAIT_MS * 2 ** refusals)
      refusals++
      const now = clock.monotonic()
      if (refusals >= SLOW_AFTER) slowUntil = now + SLOW_FOR_MS
      nextAt = Math.max(nextAt, now + Math.max(wait, Math.min(retryAfterMs ?? 0, 300_000)))
    },
    passed() {
      refusals = 0
    },
  }
}
