import type { AdapterContext, ContactChange } from '../../core/adapter.ts'
import { addressKey } from '../../core/address.ts'
import { createBell, sleepOrBell } from '../../core/bell.ts'
import { isAbort } from '../../core/errors.ts'
import { parseFriends, walkList } from '../../protocol/relay/lists.ts'
import { splitProfile } from '../../protocol/relay/profile.ts'
import type { RelayClient } from './client.ts'
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

  async function syncFriends(): Promise<void> {
    const before = ctx.contacts.list().filter(one => one.relationship === 'accepted')
    const friends = await readFriends()
    if (friends === null) {
      ctx.log.warn('friend list can not be read without doubt: contacts stay as they are')
      return
    }
    const changes: ContactChange[] = friends.map(({ id, head }) => {
      const split = splitProfile(head, id)
      return {
        address: { scheme: 'relay', id },
        relationship: 'accepted',
        ...(split === null ? {} : split),
      }
    })
    // Only who was a friend before the request can have ceased to be one by it.
    const listed = new Set(changes.map(change => addressKey(change.address)))
    const gone = before.filter(one => one.address.scheme === 'relay' && !listed.has(addressKey(one.address)))
    await ctx.contacts.update([...changes, ...gone.map(({ address }) => ({ address, relationship: 'none' as const }))])
  }

  /** null when the list could be read in more than one way (RC §4.4). */
  async function readFriends(): Promise<{ id: number; head: string }[] | null> {
    const reply = parseFriends(await client.getText('/friends', signal))
    if (reply.kind === 'empty') return []
    if (reply.kind === 'unknown') return null
    const heads = new Map<number, string>()
    for (const id of reply.candidates) {
      const head = await profiles.fetchHead(id, signal)
      if (head !== null) heads.set(id, head)
    }
    return walkList(reply, heads, 'friends')?.map(id => ({ id, head: heads.get(id) ?? '' })) ?? null
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
          await syncFriends()
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
