import type { Clock } from './clock.ts'

/** Wakes whoever waits for something to change. */
export interface Bell {
  ring(): void
  /** Calls `wake` at the next ring, unless the returned function was called before. */
  onNextRing(wake: () => void): () => void
}

export function createBell(): Bell {
  const waiting = new Set<() => void>()
  return {
    ring() {
      const all = [...waiting]
      waiting.clear()
      for (const wake of all) wake()
    },
    onNextRing(wake) {
      waiting.add(wake)
      return () => waiting.delete(wake)
    },
  }
}

export function nextRing(bell: Bell): Promise<void> {
  return new Promise(resolve => void bell.onNextRing(resolve))
}

/** Calls `action` at each ring until the returned function is called. */
export function onEveryRing(bell: Bell, action: () => void): () => void {
  let stop = bell.onNextRing(again)
  function again(): void {
    stop = bell.onNextRing(again)
    action()
  }
  return () => stop()
}

/**
 * Waits for the time or the bell, whichever comes first; rejects with the signal's reason.
 *
 * @returns true when the bell rang
 */
export async function sleepOrBell(
  bell: Bell,
  ms: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<boolean> {
  const rang = new AbortController()
  const silence = bell.onNextRing(() => rang.abort(RING))
  try {
    await clock.sleep(ms, AbortSignal.any([signal, rang.signal]))
    return false
  } catch (reason) {
    if (reason === RING) return true
    throw reason
  } finally {
    silence()
  }
}

const RING = new DOMException('The bell rang', 'AbortError')
