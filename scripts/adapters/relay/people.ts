import type { AdapterContext } from '../../core/adapter.ts'
import { createBell, sleepOrBell } from '../../core/bell.ts'
import { isAbort } from '../../core/errors.ts'
import { splitProfile } from '../../protocol/relay/profile.ts'
import type { RelayClient } from './client.ts'
import { syncFriends } from './friends.ts'
import type { Profiles } from './profiles.ts'

/** Who we are and who our friends are: after the start, after a notice of friendship, and every hour. */
export interface People {
  run(): Promise<void>
  /** Friendships changed, or we know now who we are: look again. */
  refresh(): void
  iAm(userId: number): void
}

const EVERY_MS = 60 * 60_000
/** After a failure; doubled with each further one. */
const RETRY_MS = 60_000
/** A burst of notices asks once. */
const SETTLE_MS = 2000

export function createPeople(
  ctx: AdapterContext,
  { client, profiles }: { client: RelayClient; profiles: Profiles },
): People {
  const { clock, signal } = ctx
  const again = createBell()
  let wanted = false
  let me: number | null = null

  async function syncMe(): Promise<void> {
    if (me === null) return
    const profile = await profiles.fetch(me, signal)
    if (profile === null) return
    const name = splitProfile(profile.head, me)?.name ?? ''
    await ctx.identified({ id: String(me), name, status: profile.status })
  }

  return {
    refresh() {
      wanted = true
      again.ring()
    },
    iAm(userId) {
      me = userId
    },
    async run() {
      let failures = 0
      while (!signal.aborted) {
        const wait = failures === 0 ? EVERY_MS : Math.min(EVERY_MS, RETRY_MS * 2 ** (failures - 1))
        if (!wanted) await sleepOrBell(again, wait, { clock, signal })
        await clock.sleep(SETTLE_MS, signal)
        wanted = false
        try {
          await syncMe()
          const { kind } = await syncFriends(ctx, { client, profiles, signal })
          if (kind === 'doubt') ctx.log.warn('friend list can not be read without doubt: contacts stay as they are')
          failures = 0
        } catch (error) {
          if (isAbort(error) || signal.aborted) return
          failures++
          ctx.log.info('friends not refreshed', { reason: error instanceof Error ? error.name : 'unknown' })
        }
      }
    },
  }
}
