/** What follows on a poll, as IL §5 and "What users hit" 2 and 10 have it. */

export type PollEnd =
  /** With messages or without. */
  | { readonly kind: 'answered' }
  /** We gave up waiting: an empty poll, if it happens once. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** `-14` */
  | { readonly kind: 'login_needed' }

/** `connected`: as every channel calls it whose messages come. */
export type PollState = 'connecting' | 'connected' | 'retrying' | 'degraded' | 'checking_login' | 'login_needed'

export interface NextPoll {
  readonly waitMs: number
  /** null: as it was. */
  readonly state: PollState | null
  /** Short, for status and logs. */
  readonly reason: string | null
  /** `notifystart` goes out first: it has brought stalled sessions back. */
  readonly notify: boolean
}

const RETRY_MS = 2000
const THIRD_RETRY_MS = 30_000
/** So many empty polls in a row that nobody answered are no empty polls. */
const TIMEOUTS_DEGRADED = 3
/** Another bind, or a server that has lost a session for a moment: only the first is for good. */
const DOUBT_MS = [2000, 10_000, 30_000] as const

export interface PollRuleOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Between two looks at a token that was refused: it stays dead, and nobody says what asking costs. */
  readonly probeMs: () => number
}

export function createPollRule({ random, probeMs }: PollRuleOptions): { after(end: PollEnd): NextPoll } {
  let failures = 0
  let timeouts = 0
  let doubts = 0

  function loginNeeded(): NextPoll {
    return { waitMs: probeMs() * (0.75 + random() / 2), state: 'login_needed', reason: 'token_refused', notify: false }
  }

  function afterFailure(reason: string): NextPoll {
    // It says nothing about the token.
    if (doubts > DOUBT_MS.length) return loginNeeded()
    failures++
    // Gateways fail once in a while: whoever is told of changes wants to hear of trouble that lasts.
    const state = failures === 1 && doubts === 0 ? null : 'retrying'
    return { waitMs: failures % 3 === 0 ? THIRD_RETRY_MS : RETRY_MS, state, reason, notify: false }
  }

  return {
    after(end) {
      if (end.kind !== 'timeout') timeouts = 0
      switch (end.kind) {
        case 'answered':
          failures = 0
          doubts = 0
          return { waitMs: 0, state: 'connected', reason: null, notify: false }
        case 'timeout':
          timeouts++
          return timeouts < TIMEOUTS_DEGRADED
            ? { waitMs: 0, state: null, reason: null, notify: false }
            : { waitMs: 0, state: 'degraded', reason: 'no_answer_in_time', notify: false }
        case 'failed':
          return afterFailure(end.reason)
        case 'login_needed': {
          const waitMs = DOUBT_MS[doubts++]
          if (waitMs === undefined) return loginNeeded()
          return { waitMs, state: 'checking_login', reason: 'token_refused', notify: doubts === 1 }
        }
      }
    },
  }
}
