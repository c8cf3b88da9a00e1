/** How long to wait before the next try, in one place. */
import type { RetrySchedule } from './sink.ts'

/**
 * The reconnect rule of design §3: the first try at once, then 1 s + random(0 … min(59, 2ⁿ)) s.
 *
 * @param attempt 0 for the first try after a failure
 * @param random uniform in [0, 1)
 */
export function reconnectDelayMs(attempt: number, random: () => number): number {
  if (attempt <= 0) return 0
  return 1000 + random() * Math.min(59, 2 ** Math.min(attempt, 6)) * 1000
}

/** 1, 2, 4 … `maxMs`, each with up to a quarter more, so that many clients do not come at once. */
export function backoffMs(attempt: number, { maxMs, random }: { maxMs: number; random: () => number }): number {
  const base = Math.min(maxMs, 1000 * 2 ** Math.min(attempt, 20))
  return base * (1 + random() / 4)
}

/**
 * The wait before the next try of a delivery.
 *
 * @param attempts tries so far, 1 after the first one
 * @param sinceMs how long ago the first try was
 * @returns null: it is given up
 */
export function retryDelayMs(
  schedule: RetrySchedule,
  { attempts, sinceMs, random }: { attempts: number; sinceMs: number; random: () => number },
): number | null {
  if (schedule.tries !== null && attempts >= schedule.tries) return null
  if (schedule.withinMs !== null && sinceMs >= schedule.withinMs) return null
  const base = Math.min(schedule.maxMs, schedule.firstMs * 2 ** Math.min(attempts - 1, 30))
  return base * (1 + (2 * random() - 1) * schedule.jitter)
}
