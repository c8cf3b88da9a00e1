import type { Clock } from '../../../core/clock.ts'
import type { IlinkClient, TypingTarget } from '../client.ts'

/** The tickets that typing needs, one for each user (IL §9). In memory: another one can be had at any time. */
export interface Tickets {
  /** null: there is none now. */
  get(target: TypingTarget, signal: AbortSignal): Promise<string | null>
  /** The old one was refused. null: there is no other one now. */
  replace(target: TypingTarget, signal: AbortSignal): Promise<string | null>
}

/** "Next refresh at a uniformly random moment within 24 h." */
const LONGEST_LIFE_MS = 24 * 3_600_000
/** "Retry after 2 s, doubling to at most 1 h." */
const FIRST_PAUSE_MS = 2000
const LONGEST_PAUSE_MS = 3_600_000

interface Kept {
  ticket: string | null
  askAgainAt: number
  failures: number
}

export function createTickets({ client, clock }: { client: IlinkClient; clock: Clock }): Tickets {
  const kept = new Map<string, Kept>()

  async function ask(target: TypingTarget, signal: AbortSignal): Promise<string | null> {
    const one = kept.get(target.user) ?? { ticket: null, askAgainAt: 0, failures: 0 }
    kept.set(target.user, one)
    const given = await client.getTypingTicket(target, signal)
    if (given.kind === 'ok') {
      one.askAgainAt = clock.monotonic() + clock.random() * LONGEST_LIFE_MS
      one.failures = 0
      one.ticket = given.ticket
      return given.ticket
    }
    one.askAgainAt = clock.monotonic() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** one.failures)
    one.failures = Math.min(one.failures + 1, 20)
    return null
  }

  return {
    async get(target, signal) {
      const one = kept.get(target.user)
      if (one !== undefined && clock.monotonic() < one.askAgainAt) return one.ticket
      return (await ask(target, signal)) ?? one?.ticket ?? null
    },
    async replace(target, signal) {
      const failures = kept.get(target.user)?.failures ?? 0
      // Where they can not even be asked for, asking at each sign of life is too often.
      return failures > 0 ? null : ask(target, signal)
    },
  }
}
