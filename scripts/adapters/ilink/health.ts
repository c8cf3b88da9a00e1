import type { AdapterContext } from '../../core/adapter.ts'
import { utcSeconds } from '../../core/clock.ts'
import type { PollState } from './poll-rule.ts'

/** What `status` shows of an account. "Running" means that a poll was answered a short time ago (IL "What users hit" 9). */
export interface Health {
  is(state: PollState, reason?: string | null): void
  answered(): void
  /** Somebody wrote. */
  received(): void
}

/** Each change is a commit: a flood of messages needs not that many. */
const BETWEEN_TIMES_MS = 5000
/** An empty poll is no news: whoever looks takes five minutes without one for a standstill. */
const BETWEEN_POLLS_MS = 240_000

export function createHealth(ctx: AdapterContext): Health {
  const { clock } = ctx
  let state: PollState | null = null
  let reason: string | null = null
  let times: Record<string, string> = {}
  let toldTimesAt = Number.NEGATIVE_INFINITY
  let toldPollAt = Number.NEGATIVE_INFINITY
  let cancelLater: (() => void) | undefined

  function post(change: Readonly<Record<string, unknown>>): void {
    cancelLater?.()
    cancelLater = undefined
    if (Object.keys(times).length > 0) toldTimesAt = clock.monotonic()
    ctx.status({ ...times, ...change })
    times = {}
  }

  function note(name: string): void {
    times[name] = utcSeconds(clock.now())
  }

  function tellSoon(): void {
    const leftMs = toldTimesAt + BETWEEN_TIMES_MS - clock.monotonic()
    if (leftMs <= 0) post({})
    else cancelLater ??= clock.after(leftMs, () => post({}))
  }

  ctx.signal.addEventListener('abort', () => cancelLater?.(), { once: true })

  return {
    is(next, why = null) {
      if (next === state && why === reason) return
      const before = state
      state = next
      reason = why
      post({ state, reason, ...(before === state ? {} : { since_utc: utcSeconds(clock.now()) }) })
      if (before !== state) ctx.log.info('the state of the account changed', { state, reason })
    },
    answered() {
      note('last_poll_utc')
      if (clock.monotonic() - toldPollAt < BETWEEN_POLLS_MS) return
      toldPollAt = clock.monotonic()
      tellSoon()
    },
    received() {
      note('last_inbound_utc')
      tellSoon()
    },
  }
}
