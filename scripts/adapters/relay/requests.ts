import type { AdapterContext } from '../../core/adapter.ts'
import { OutcomeUnknownError, UnreachableError } from '../../core/errors.ts'
import {
  isBlocked,
  isUnblocked,
  parseHomepageUpdated,
  parseRelayStats,
  parseStatusChanged,
  type RelayStats,
} from '../../protocol/relay/answers.ts'
import { parseDiscovered } from '../../protocol/relay/lists.ts'
import { type Profile, type RelayStatus, splitProfile } from '../../protocol/relay/profile.ts'
import { neverSent } from '../http.ts'
import type { Change, RelayClient } from './client.ts'
import { contactOf, type FriendList, syncFriends } from './friends.ts'
import { noAnswer } from './http.ts'
import { type Person, personOf, readPeople } from './people-list.ts'
import type { Profiles } from './profiles.ts'

/**
 * What an owner asks of the relay besides messages (RC §3). Each one leaves the contacts and the profile true.
 * All throw RefusedError with the relay's words, ThrottledError, UnauthorizedError, UnreachableError; what changes
 * something throws OutcomeUnknownError where nobody can tell whether it was done.
 */
export interface RelayRequests {
  friends(): Promise<FriendList>
  /** Up to ten people who are open to everybody, at random. */
  discover(keyword: string): Promise<Discovered>
  /** null: there is no such user. */
  user(id: number): Promise<UserProfile | null>
  /** Who the token belongs to, as far as it is known. */
  me(): Promise<UserProfile | null>
  setStatus(status: RelayStatus): Promise<RelayStatus>
  block(id: number): Promise<void>
  unblock(id: number): Promise<void>
  /** @returns the page's address as the relay tells it; behind TLS its scheme may be wrong (RC §3) */
  putHomepage(html: Uint8Array<ArrayBuffer>, onSent: (bytes: number) => void): Promise<string>
  /** Whatever a stranger made of it. */
  homepage(id: number): Promise<string>
  stats(): Promise<RelayStats>
}

export type Discovered =
  | { readonly kind: 'people'; readonly people: readonly Person[] }
  | { readonly kind: 'doubt'; readonly text: string }

export interface UserProfile extends Person {
  readonly status: RelayStatus
  readonly registeredAt: string
  readonly lastSeenAt: string
}

export function createRelayRequests(
  ctx: AdapterContext,
  { client, profiles, myId }: { client: RelayClient; profiles: Profiles; myId: () => number | null },
): RelayRequests {
  const { signal } = ctx

  async function change(what: Change): Promise<string> {
    try {
      return await client.change(what, signal)
    } catch (error) {
      if (!(error instanceof UnreachableError) || neverSent(error)) throw error
      throw outcomeUnknown(error.reason, error)
    }
  }

  async function profileOf(id: number): Promise<UserProfile | null> {
    const profile = await profiles.fetch(id, signal)
    return profile === null ? null : shown(profile)
  }

  async function relate(id: number, relationship: 'blocked' | 'none'): Promise<void> {
    await ctx.contacts.update([{ address: { scheme: 'relay', id }, relationship }])
  }

  return {
    friends: () => syncFriends(ctx, { client, profiles, signal }),
    async discover(keyword) {
      const query = keyword === '' ? '' : `?keyword=${encodeURIComponent(keyword)}`
      const text = await client.getText(`/users${query}`, signal)
      const people = await readPeople(parseDiscovered(text), 'discovered', { profiles, signal })
      if (people === null) return { kind: 'doubt', text }
      await ctx.contacts.update(people.map(person => contactOf(person)))
      return { kind: 'people', people }
    },
    async user(id) {
      const found = await profileOf(id)
      if (found !== null) await ctx.contacts.update([{ ...contactOf(found), lastSeenAt: found.lastSeenAt }])
      return found
    },
    async me() {
      const id = myId()
      return id === null ? null : profileOf(id)
    },
    async setStatus(status) {
      const body = JSON.stringify({ status })
      const text = await change({ method: 'PATCH', path: '/me', contentType: 'application/json', body })
      const now = parseStatusChanged(text)
      if (now === null) throw outcomeUnknown('unexpected_answer')
      const id = myId()
      const head = id === null ? undefined : profiles.headOf(id)
      if (id !== null && typeof head === 'string') {
        await ctx.identified({ id: String(id), name: splitProfile(head, id)?.name ?? '', status: now })
      }
      return now
    },
    async block(id) {
      if (!isBlocked(await change({ method: 'POST', path: `/block/${id}` }))) throw outcomeUnknown('unexpected_answer')
      await relate(id, 'blocked')
    },
    async unblock(id) {
      const text = await change({ method: 'POST', path: `/unblock/${id}` })
      if (!isUnblocked(text)) throw outcomeUnknown('unexpected_answer')
      await relate(id, 'none')
    },
    async putHomepage(html, onSent) {
      const contentType = 'text/html; charset=utf-8'
      const text = await change({ method: 'PUT', path: '/homepage', contentType, body: html, onSent })
      const address = parseHomepageUpdated(text)
      if (address === null) throw outcomeUnknown('unexpected_answer')
      return address
    },
    homepage: id => client.getPage(`/homepage/${id}`, signal),
    async stats() {
      const stats = parseRelayStats(await client.getText('/stats', signal))
      if (stats === null) throw noAnswer('unexpected_answer')
      return stats
    },
  }
}

function shown({ id, head, status, registeredAt, lastSeenAt }: Profile): UserProfile {
  return { ...personOf(id, head), status, registeredAt, lastSeenAt }
}

function outcomeUnknown(reason: string, cause?: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError(
    {
      en: `The relay gave no usable answer (${reason}): it may or may not have been done.`,
      zh: `中继没有给出可用的答复（${reason}）：操作可能已生效，也可能没有。`,
    },
    {
      nextStep: {
        en: 'Look first ("friends", "user <id>"), then decide whether to repeat it.',
        zh: '请先查看（"friends"、"user <编号>"），再决定是否重试。',
      },
      cause,
    },
  )
}
