import type { Clock } from '../../core/clock.ts'
import { shiftRetries } from '../../store/retries.ts'
import type { Writer } from '../../store/writer.ts'

/** Schedules lie in the store by the wall clock, which somebody may set while they run. */
export interface WallClock {
  /** Resolves with true when what waits was given other times. */
  follow(): Promise<boolean>
}

/** Less than this is what clocks drift. */
const JUMP_MS = 60_000

export function createWallClock(sink: string, { writer, clock }: { writer: Writer; clock: Clock }): WallClock {
  let offset = clock.now() - clock.monotonic()

  return {
    async follow() {
      const jumped = Math.round(clock.now() - clock.monotonic() - offset)
      if (Math.abs(jumped) < JUMP_MS) return false
      await writer.write(database => shiftRetries(database, sink, jumped))
      offset += jumped
      return true
    },
  }
}
