import type { Clock } from '../../scripts/core/clock.ts'

/** A clock that moves only when told to. Turns of the event loop stay real, so that real I/O can happen in between. */
export interface FakeClock extends Clock {
  /** Moves the time on, firing timers in order. */
  advance(ms: number): void
  readonly timers: number
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly action: () => void
}

export function createFakeClock({ startAt = Date.UTC(2026, 2, 9, 10, 0, 0), random = () => 0.5 } = {}): FakeClock {
  let now = startAt
  let order = 0
  const timers = new Set<Timer>()

  function after(ms: number, action: () => void): () => void {
    const timer = { at: now + Math.max(0, ms), order: order++, action }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  return {
    now: () => now,
    monotonic: () => now - startAt,
    random,
    after,
    afterTurn: action => void setImmediate(action),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason)
          return
        }
        const onAbort = () => {
          cancel()
          reject(signal?.reason)
        }
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    advance(ms) {
      const until = now + ms
      for (;;) {
        const [next] = [...timers].filter(timer => timer.at <= until).sort((a, b) => a.at - b.at || a.order - b.order)
        if (next === undefined) break
        now = Math.max(now, next.at)
        timers.delete(next)
        next.action()
      }
      now = until
    },
    get timers() {
      return timers.size
    },
  }
}
