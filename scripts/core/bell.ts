import type { Clock } from './clock.ts'

/** Wakes whoever waits for something to change. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring. */
  next(): Promise<void>
}

export function createBell(): Bell {
  let { promise, resolve } = Promise.withResolvers<void>()
  return {
    ring() {
      const wake = resolve
      ;({ promise, resolve } = Promise.withResolvers<void>())
      wake()
    },
    next: () => promise,
  }
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
  const done = new AbortController()
  const stop = AbortSignal.any([signal, done.signal])
  try {
    const rang = bell.next().then(() => true)
    return await Promise.race([clock.sleep(ms, stop).then(() => false), rang])
  } finally {
    done.abort(STOPPED)
  }
}

const STOPPED = new DOMException('The wait is over', 'AbortError')
