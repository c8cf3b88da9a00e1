import type { AdapterContext, Outbound, SendOutcome } from '../../../core/adapter.ts'
import { backoffMs } from '../../../core/backoff.ts'
import type { Credentials } from '../../../protocol/ilink/login.ts'
import { createIlinkClient, type IlinkClient } from '../client.ts'
import type { IlinkOptions } from '../options.ts'
import { parked } from './outcomes.ts'
import { type Progress, progressText } from './progress.ts'
import { type Reach, reachOf } from './reach.ts'

/** One try of a message: all of it is done with the same credentials. */
export interface Try {
  readonly options: IlinkOptions
  readonly message: Outbound
  readonly user: string
  readonly ctx: AdapterContext
  readonly credentials: Credentials
  readonly client: IlinkClient
  readonly progress: Progress
  reach(): Reach
  /** To be awaited before each request. */
  begin(): Promise<void>
  /** Resolves after the commit. */
  save(memos?: Memos): Promise<void>
  /** Somebody has logged in meanwhile: the next try is one of the new bot. */
  isReplaced(): boolean
  /** Nobody answered: the same once more, later and later. */
  again(reason: string, memos?: Memos): Promise<SendOutcome>
  /** The bot is not known there any more. */
  withoutLogin(): Promise<SendOutcome>
}

export type Memos = Readonly<Record<string, string>>

export interface TryOptions extends Pick<Try, 'options' | 'message' | 'user' | 'ctx' | 'credentials' | 'progress'> {}

/** "Now": the journal says how far it came. */
export const AT_ONCE: SendOutcome = { kind: 'later', afterMs: 0 }

/** A connection that does not come back is asked for more and more seldom. */
const LONGEST_PAUSE_MS = 600_000

export function createTry(given: TryOptions): Try {
  const { options, message, user, ctx, credentials, progress } = given
  const { clock, fetch, signal } = ctx
  let hasBegun = false

  async function save(memos: Memos = {}): Promise<void> {
    if (message.journal !== undefined) return message.journal.write(progressText(progress), memos)
    // Whoever keeps none forgets the message with the process, but not how much was sent.
    for (const [key, value] of Object.entries(memos)) await ctx.memo.set(key, value)
  }

  function isReplaced(): boolean {
    return options.credentials().token !== credentials.token
  }

  return {
    ...given,
    client: createIlinkClient({ ...credentials, facts: options.facts, fetch, clock }),
    reach: () => reachOf(options, user, ctx),
    async begin() {
      if (hasBegun) return
      hasBegun = true
      await message.begin?.()
    },
    save,
    isReplaced,
    async again(reason, memos) {
      if (signal.aborted) return AT_ONCE
      progress.failures++
      await save(memos)
      const pauseMs = backoffMs(progress.failures, { maxMs: LONGEST_PAUSE_MS, random: () => clock.random() })
      return { kind: 'later', afterMs: Math.round(pauseMs), reason }
    },
    async withoutLogin() {
      await save()
      return isReplaced() ? AT_ONCE : parked(progress, 'login', 'token_refused')
    },
  }
}
