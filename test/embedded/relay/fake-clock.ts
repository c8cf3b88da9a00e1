/** A clock whose time only moves when a test says so. */

import { type Clock, systemClock } from '../../../scripts/core/clock.ts'

export interface FakeClock extends Clock {
  /** Moves both times and fires what falls due, in order. */
  advance(ms: number): void
  /** Sets the wall time only, like an administrator would. */
  setWall(epochMs: number): void
  /** How many timers wait. */
  pending(): number
}

export function createFakeClock(startMs = Date.parse('2026-11-20T06:34:57Z')): FakeClock {
  let wall = startMs
  let elapsed = 0
  const timers = new Set<{ due: number; action: () => void }>()

  function after(ms: number, action: () => void): () => void {
    const timer = { due: elapsed + ms, action }
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
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const cancel = after(ms, resolve)
        signal?.addEventListener('abort', () => {
          cancel()
          reject(signal.reason)
        })
      }),
    after,
    // Not a matter of time: what waits for it waits for the network.
    afterTurn: action => systemClock.afterTurn(action),
    advance(ms) {
      const end = elapsed + ms
      for (;;) {
        const [next] = [...timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)
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
