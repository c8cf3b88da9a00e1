/**
 * Time, timers and chance in one place, so that a test can run a minute in no time.
 * The only file of the project that may touch timers.
 */

export interface Clock {
  /** Wall time, milliseconds since the epoch. May jump; use it for what people read. */
  now(): number
  /** Milliseconds that never run backwards. Use it for durations. */
  monotonic(): number
  /** Uniform in [0, 1). */
  random(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `action` once after `ms`, unless the returned function was called before. */
  after(ms: number, action: () => void): () => void
  /** Calls `action` when the present turn of the event loop is over. */
  afterTurn(action: () => void): void
}

/** Timers above 2^31 - 1 ms fire at once in Node, so no wait may be longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

function startTimer(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, Math.min(ms, LONGEST_TIMER_MS))
  return () => clearTimeout(timer)
}

/** Makes a sleep of any timer, real or not. */
export function sleepBy(after: Clock['after']): Clock['sleep'] {
  return (ms, signal) =>
    new Promise((resolve, reject) => {
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
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  sleep: sleepBy(startTimer),
  after: startTimer,
  afterTurn(action) {
    setImmediate(action)
  },
}

/** `2026-03-09T10:00:00Z`: the form of every time in the files, whole seconds in UTC. */
export function utcSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`
}
