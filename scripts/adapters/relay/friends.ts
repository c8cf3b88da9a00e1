import type { AdapterContext, ContactChange } from '../../core/adapter.ts'
import { addressKey } from '../../core/address.ts'
import { parseFriends } from '../../protocol/relay/lists.ts'
import type { RelayClient } from './client.ts'
import { type Person, readPeople } from './people-list.ts'
import type { Profiles } from './profiles.ts'

export type FriendList =
  | { readonly kind: 'friends'; readonly friends: readonly Person[] }
  /** It can not be read without doubt (RC §4.4): nothing was changed. */
  | { readonly kind: 'doubt'; readonly text: string }

/**
 * Asks the relay who our friends are and brings the contacts up to that.
 *
 * @throws UnreachableError, ThrottledError, UnauthorizedError
 */
export async function syncFriends(
  ctx: Pick<AdapterContext, 'contacts'>,
  { client, profiles, signal }: { client: RelayClient; profiles: Profiles; signal: AbortSignal },
): Promise<FriendList> {
  // Only who was a friend before the request can have ceased to be one by it.
  const before = ctx.contacts.list().filter(one => one.relationship === 'accepted')
  const text = await client.getText('/friends', signal)
  const friends = await readPeople(parseFriends(text), 'friends', { profiles, signal })
  if (friends === null) return { kind: 'doubt', text }
  const changes = friends.map(person => contactOf(person, 'accepted'))
  const listed = new Set(changes.map(change => addressKey(change.address)))
  const gone = before.filter(one => one.address.scheme === 'relay' && !listed.has(addressKey(one.address)))
  await ctx.contacts.update([...changes, ...gone.map(({ address }) => ({ address, relationship: 'none' as const }))])
  return { kind: 'friends', friends }
}

export function contactOf(person: Person, relationship?: ContactChange['relationship']): ContactChange {
  const { id, name, description } = person
  return {
    address: { scheme: 'relay', id },
    ...(name === null ? {} : { name, description }),
    ...(relationship === undefined ? {} : { relationship }),
  }
}
