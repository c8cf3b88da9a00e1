import type { Clock } from '../../core/clock.ts'

/** Does it with a signal that aborts so long after the given one: what was begun may come to its end. */
export async function lingering<T>(
  { signal, clock, ms }: { signal: AbortSignal; clock: Clock; ms: number },
  work: (patient: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  let cancel: (() => void) | undefined
  const onAbort = () => {
    cancel = clock.after(ms, () => own.abort(signal.reason))
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await work(own.signal)
  } finally {
    signal.removeEventListener('abort', onAbort)
    cancel?.()
  }
}
