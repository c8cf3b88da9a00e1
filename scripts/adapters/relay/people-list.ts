import { type ListReply, walkList } from '../../protocol/relay/lists.ts'
import { splitProfile } from '../../protocol/relay/profile.ts'
import type { Profiles } from './profiles.ts'

/** Somebody on the relay, as far as it is sure. Whose profile can be read in several ways has no name here. */
export interface Person {
  readonly id: number
  readonly name: string | null
  readonly description: string | null
}

/**
 * Reads a list of RC §4.4 with the profile of everybody who may stand in it.
 *
 * @returns null when the list could be read in more than one way: somebody's name or description imitates an entry
 * @throws UnreachableError, ThrottledError, UnauthorizedError
 */
export async function readPeople(
  list: ListReply,
  kind: 'friends' | 'discovered',
  { profiles, signal }: { profiles: Profiles; signal: AbortSignal },
): Promise<readonly Person[] | null> {
  if (list.kind === 'empty') return []
  if (list.kind === 'unknown') return null
  const heads = new Map<number, string>()
  for (const id of list.candidates) {
    const head = await profiles.fetchHead(id, signal)
    if (head !== null) heads.set(id, head)
  }
  return walkList(list, heads, kind)?.map(id => personOf(id, heads.get(id) ?? '')) ?? null
}

export function personOf(id: number, head: string): Person {
  const { name = null, description = null } = splitProfile(head, id) ?? {}
  return { id, name, description }
}
