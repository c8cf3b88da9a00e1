/** The server's time: that of the clock it was given, moved on at will, so that 24 hours pass while a client waits a moment. */

import type { Clock } from '../../core/clock.ts'

export interface VirtualClock {
  /** Milliseconds since the epoch. */
  now(): number
  after(ms: number, action: () => void): () => void
  /** Fires what falls due on the way, in order. */
  advance(ms: number): void
  /** How far it is ahead of the clock below: what a restart has to know. */
  aheadMs(): number
}

interface Timer {
  readonly due: number
  readonly action: () => void
  disarm: () => void
}

export function createVirtualClock(clock: Clock, aheadMs: number): VirtualClock {
  let ahead = aheadMs
  // In the order of their making, which decides between those that are due at once.
  const timers = new Set<Timer>()
  const now = () => clock.now() + ahead

  function fire(timer: Timer): void {
    timers.delete(timer)
    timer.disarm()
    timer.action()
  }

  function arm(timer: Timer): void {
    timer.disarm()
    timer.disarm = clock.after(Math.max(0, timer.due - now()), () => fire(timer))
  }

  return {
    now,
    after(ms, action) {
      const timer: Timer = { due: now() + Math.max(0, ms), action, disarm: () => {} }
      timers.add(timer)
      arm(timer)
      return () => {
        timers.delete(timer)
        timer.disarm()
      }
    },
    advance(ms) {
      const end = now() + ms
      for (;;) {
        const [next] = [...timers].filter(timer => timer.due <= end).sort((a, b) => a.due - b.due)
        if (next === undefined) break
        ahead += Math.max(0, next.due - now())
        fire(next)
      }
      ahead += end - now()
      // What waits on waits less long now.
      for (const timer of timers) arm(timer)
    },
    aheadMs: () => ahead,
  }
}
