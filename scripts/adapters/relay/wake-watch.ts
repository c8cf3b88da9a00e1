import type { Clock } from '../../core/clock.ts'

/**
 * Notices that the machine slept. On Linux timers and the monotonic clock stand still meanwhile, so a stream that died
 * in its sleep would look healthy for another 45 s; only the wall clock knows.
 */
export interface WakeWatch {
  /** How long it slept since the last call, in milliseconds; 0: it did not. */
  sleptMs(): number
}

/** Less is an adjustment of the clock. A false alarm costs one more stream for five minutes. */
const SLEEP_MS = 20_000

export function createWakeWatch(clock: Clock): WakeWatch {
  let lastOffset = clock.now() - clock.monotonic()
  return {
    sleptMs() {
      const offset = clock.now() - clock.monotonic()
      const jumped = offset - lastOffset
      lastOffset = offset
      return jumped >= SLEEP_MS ? jumped : 0
    },
  }
}
