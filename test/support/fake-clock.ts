import { type Clock, sleepBy, systemClock } from '../../scripts/core/clock.ts'

/** A clock that moves only when told to. Turns of the event loop stay real, so that real I/O can happen in between. */
export interface FakeClock extends Clock {
  /** Moves both times on, firing what falls due, in order. */
  advance(ms: number): void
  /** Sets the wall time only, as an administrator would. */
  setWall(epochMs: number): void
  /** How many timers wait. */
  pending(): number
}

interface Timer {
  readonly due: number
  readonly action: () => void
}

export function createFakeClock({
  startAt = Date.UTC(2026, 2, 9, 10, 0, 0),
  random = (): number => 0.5,
} = {}): FakeClock {
  let wall = startAt
  let elapsed = 0
  // In the order of their making, which decides between those that are due at once.
  const timers = new Set<Timer>()

  function after(ms: number, action: () => void): () => void {
    const timer = { due: elapsed + Math.max(0, ms), action }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  function move(ms: number): void {
    wall += ms
    elapsed += ms
  }

  return {
    now: () => wall,
    monotonic: () => elapsed,
    random,
    after,
    afterTurn: systemClock.afterTurn,
    sleep: sleepBy(after),
    advance(ms) {
      const end = elapsed + ms
      for (;;) {
        const [next] = [...timers].filter(timer => timer.due <= end).sort((a, b) => a.due - b.due)
        if (next === undefined) break
        move(next.due - elapsed)
        timers.delete(next)
        next.action()
      }
      move(end - elapsed)
    },
    setWall(epochMs) {
      wall = epochMs
    },
    pending: () => timers.size,
  }
}
