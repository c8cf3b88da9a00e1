import type { Clock } from '../../core/clock.ts'
import type { RetrySchedule } from '../../core/sink.ts'

/** Whether a receiver may be asked for anything now. Each delivery has its schedule; this is about whoever takes them all. */
export interface ReceiverRest {
  /** 0: now. */
  leftMs(): number
  /** It took something, or said no to it. */
  wentWell(): void
  /** @param waitMs until this delivery is tried again; null: it is given up */
  failed(schedule: RetrySchedule, delivery: { attempts: number; waitMs: number | null }): void
  /** It named a time itself. */
  asked(ms: number): void
  /** @param ms null: until somebody ends it */
  hold(ms: number | null): void
  /** A hold, if it is one, is over; no other rest is. */
  endHold(): void
  /** Nobody rests any longer. */
  end(): void
}

/** A receiver that fails is asked about somebody else's message after this long at the most. */
const LONGEST_MS = 30_000

export function createReceiverRest(clock: Clock): ReceiverRest {
  /** By the monotonic clock. */
  let until = 0
  let failures = 0
  let held = false

  function restFor(ms: number): void {
    until = clock.monotonic() + ms
    held = false
  }

  return {
    leftMs: () => Math.max(0, until - clock.monotonic()),
    wentWell() {
      failures = 0
    },
    failed({ firstMs }, { attempts, waitMs }) {
      failures++
      const ofReceiver = firstMs * 2 ** Math.min(failures - 1, 20)
      // Half-way to the next try of this one, somebody else's message tells whether it chokes on this one alone. Where it
      // fails for everybody, there are no quick tries for each peer anew.
      const mayBeThisOne = waitMs !== null && failures <= attempts
      restFor(Math.min(mayBeThisOne ? Math.min(ofReceiver, waitMs) / 2 : ofReceiver, LONGEST_MS))
    },
    asked(ms) {
      failures++
      restFor(ms)
    },
    hold(ms) {
      restFor(ms ?? Number.POSITIVE_INFINITY)
      held = true
    },
    endHold() {
      if (held) until = 0
    },
    end() {
      until = 0
      failures = 0
    },
  }
}
