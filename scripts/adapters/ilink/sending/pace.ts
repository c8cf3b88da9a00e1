import type { Clock } from '../../../core/clock.ts'
import { userKey } from '../../../protocol/ilink/account.ts'

/** Keeps messages to one person apart: bursts are refused, and parts that overtake each other are read in that order (IL §12). */
export interface Pace {
  wait(
    user: string,
    options: { readonly gapMs: number; readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<void>
  passed(user: string, clock: Clock): void
}

export function createPace(): Pace {
  const lastAt = new Map<string, number>()
  return {
    async wait(user, { gapMs, clock, signal }) {
      signal.throwIfAborted()
      const leftMs = (lastAt.get(userKey(user)) ?? Number.NEGATIVE_INFINITY) + gapMs - clock.monotonic()
      if (leftMs > 0) await clock.sleep(leftMs, signal)
    },
    passed(user, clock) {
      lastAt.set(userKey(user), clock.monotonic())
    },
  }
}
