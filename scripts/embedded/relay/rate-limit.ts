/** RC §2: "20 requests in a sliding second per user", "refused requests do not count, so 1 s of quiet always helps". */

import type { Clock } from '../../core/clock.ts'

export interface RateLimit {
  readonly requests: number
  readonly windowMs: number
  /** Who shares them. A user that is not known counts as its IP in any case. */
  readonly per: 'user' | 'ip'
  /** Of the answer to one too many. */
  readonly status: 200 | 429
  readonly isExempt: (path: string) => boolean
}

/** Revision 1a916b9 and later. */
export const currentRateLimit: RateLimit = {
  requests: 20,
  windowMs: 1000,
  per: 'user',
  status: 429,
  // RC §2: "Exempt: `/health`, `/stats`, `/stream`, `/register`, `/homepage…`."
  isExempt: path => ['/health', '/stats', '/stream', '/register'].includes(path) || path.startsWith('/homepage'),
}

/** Keys come from outside (`X-Forwarded-For`): above so many, those of the past window are thrown away. */
const SWEEP_ABOVE_KEYS = 1000

/** No address is longer; a header could be. */
const LONGEST_KEY = 64

export interface RateLimiter {
  readonly limit: RateLimit
  /** Counts the request and says true, or says false. */
  admit(key: string): boolean
  /** How many keys are remembered. */
  keyCount(): number
}

export function createRateLimiter(clock: Clock, limit: RateLimit): RateLimiter {
  const { requests, windowMs } = limit
  const admitted = new Map<string, number[]>()
  let sweepAbove = SWEEP_ABOVE_KEYS

  function sweep(windowStart: number): void {
    for (const [key, times] of admitted) {
      if ((times.at(-1) ?? windowStart) <= windowStart) admitted.delete(key)
    }
    // Twice what is left, so that a sweep is paid for by as many new keys as it has to look at.
    sweepAbove = Math.max(SWEEP_ABOVE_KEYS, 2 * admitted.size)
  }

  return {
    limit,
    admit(longKey) {
      const key = longKey.slice(0, LONGEST_KEY)
      const now = clock.monotonic()
      const windowStart = now - windowMs
      if (admitted.size > sweepAbove) sweep(windowStart)
      const recent = (admitted.get(key) ?? []).filter(time => time > windowStart)
      const isAdmitted = recent.length < requests
      if (isAdmitted) recent.push(now)
      admitted.set(key, recent)
      return isAdmitted
    },
    keyCount: () => admitted.size,
  }
}
