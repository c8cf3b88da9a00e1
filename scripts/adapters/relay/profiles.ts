import type { AdapterContext } from '../../core/adapter.ts'
import { RefusedError } from '../../core/errors.ts'
import { type Profile, parseProfile } from '../../protocol/relay/profile.ts'
import type { RelayClient } from './client.ts'
import { noAnswer } from './http.ts'

/**
 * Profiles of other users. Name and description never change (RC §3), so what was fetched once is kept for ever and no
 * message ever has to wait for it again.
 */
export interface Profiles {
  /** What is known without asking: the profile's head, null for "no such user", undefined for unknown. */
  headOf(id: number): string | null | undefined
  /**
   * Asks the relay unless the head is known.
   *
   * @throws UnreachableError, ThrottledError, UnauthorizedError
   */
  fetchHead(id: number, signal: AbortSignal): Promise<string | null>
  /**
   * Always asks: status and times do change. null when there is no such user.
   *
   * @throws the same, UnreachableError also for an answer that is no profile of that user (a portal's page, say)
   */
  fetch(id: number, signal: AbortSignal): Promise<Profile | null>
}

/** Somebody may register under that number later, so "no such user" holds for a while only. */
const ABSENT_MS = 5 * 60_000

export function createProfiles(ctx: AdapterContext, client: RelayClient): Profiles {
  const absent = new Map<number, number>()

  function headOf(id: number): string | null | undefined {
    const head = ctx.memo.get(memoKey(id))
    if (head !== undefined) return head
    const since = absent.get(id)
    return since !== undefined && ctx.clock.monotonic() - since < ABSENT_MS ? null : undefined
  }

  async function fetch(id: number, signal: AbortSignal): Promise<Profile | null> {
    const text = await askFor(id, signal)
    if (text === null) {
      absent.set(id, ctx.clock.monotonic())
      return null
    }
    const profile = parseProfile(text, id)
    if (profile === null) throw noAnswer('not_a_profile')
    if (ctx.memo.get(memoKey(id)) === undefined) await ctx.memo.set(memoKey(id), profile.head)
    return profile
  }

  async function askFor(id: number, signal: AbortSignal): Promise<string | null> {
    try {
      return await client.getText(`/users/${id}`, signal)
    } catch (error) {
      // RC §5: 用户不存在
      if (error instanceof RefusedError && error.message.endsWith('用户不存在')) return null
      throw error
    }
  }

  return {
    headOf,
    fetch,
    async fetchHead(id, signal) {
      const known = headOf(id)
      if (known !== undefined) return known
      return (await fetch(id, signal))?.head ?? null
    },
  }
}

function memoKey(id: number): string {
  return `profile:${id}`
}
