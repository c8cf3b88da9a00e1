import { z } from 'zod'
import { utcSeconds } from '../../core/clock.ts'
import { RefusedError } from '../../core/errors.ts'
import type { RelayStatus } from '../../protocol/relay/profile.ts'
import { listContacts, type StoredContact } from '../../store/contacts.ts'
import type { Action, ActionContext } from './action.ts'

/** Other people and ourselves, as the relay tells. Names and descriptions are theirs: data, nothing else. */

export interface PersonShown {
  readonly id: number
  /** null: it can be read in several ways. */
  readonly name: string | null
  readonly description: string | null
  readonly relationship: string | null
}

export interface ProfileShown extends PersonShown {
  readonly status: RelayStatus
  readonly registered_utc: string
  readonly last_seen_utc: string
}

export interface PeopleResult {
  readonly people: readonly PersonShown[]
  /** The relay's list, where it can not be read without doubt: then nothing was changed. */
  readonly doubtful_text: string | null
}

const NOTHING = z.object({})
const WHO = z.object({ id: z.number().int().min(1).max(999_999_999_999_999) })

export const friends: Action<object, PeopleResult & { readonly others: readonly PersonShown[] }> = {
  name: 'friends',
  params: NOTHING,
  async run(_, context) {
    const { adapter, context: ctx, account } = context.relay()
    const list = await adapter.requests(ctx).friends()
    await context.projector.flush()
    // What the relay has no list of: who waits for whom, and who is blocked.
    const others = listContacts(context.writer.database, account)
      .filter(one => one.relationship !== null && one.relationship !== 'accepted')
      .flatMap(contactShown)
    if (list.kind === 'doubt') return { people: [], doubtful_text: list.text, others }
    return { people: list.friends.map(one => ({ ...one, relationship: 'accepted' })), doubtful_text: null, others }
  },
}

export const users: Action<{ keyword: string }, PeopleResult> = {
  name: 'users',
  // Half a character has no form in an address.
  params: z.object({
    keyword: z
      .string()
      .max(1000)
      .refine(text => text.isWellFormed()),
  }),
  async run({ keyword }, context) {
    const { adapter, context: ctx } = context.relay()
    const found = await adapter.requests(ctx).discover(keyword)
    await context.projector.flush()
    if (found.kind === 'doubt') return { people: [], doubtful_text: found.text }
    const people = found.people.map(one => ({ ...one, relationship: relationshipWith(one.id, context) }))
    return { people, doubtful_text: null }
  },
}

export const user: Action<{ id: number }, ProfileShown> = {
  name: 'user',
  params: WHO,
  async run({ id }, context) {
    const { adapter, context: ctx } = context.relay()
    const found = await adapter.requests(ctx).user(id)
    if (found === null) {
      const text = { en: `There is no user #${id} on this relay.`, zh: `该中继上没有用户 #${id}。` }
      throw new RefusedError(text, { status: 200 })
    }
    await context.projector.flush()
    const { status, registeredAt, lastSeenAt, name, description } = found
    const relationship = relationshipWith(id, context)
    return { id, name, description, relationship, status, registered_utc: registeredAt, last_seen_utc: lastSeenAt }
  },
}

export interface MeResult {
  readonly my_id: string | null
  readonly my_name: string
  readonly status: string | null
}

const STATUSES = ['open', 'friends_only', 'do_not_disturb'] as const

export const me: Action<{ status?: RelayStatus | undefined }, MeResult> = {
  name: 'me',
  params: z.object({ status: z.enum(STATUSES).optional() }),
  async run({ status }, context) {
    const { adapter, context: ctx } = context.relay()
    const requests = adapter.requests(ctx)
    if (status !== undefined) await requests.setStatus(status)
    const found = await requests.me()
    if (found === null) return { my_id: null, my_name: '', status: status ?? null }
    const profile = { id: String(found.id), name: found.name ?? '', status: found.status }
    await ctx.identified(profile)
    await context.projector.flush()
    return { my_id: profile.id, my_name: profile.name, status: profile.status }
  },
}

export const block: Action<{ id: number }, { id: number; relationship: 'blocked' }> = {
  name: 'block',
  params: WHO,
  async run({ id }, context) {
    const { adapter, context: ctx } = context.relay()
    await adapter.requests(ctx).block(id)
    await context.projector.flush()
    return { id, relationship: 'blocked' }
  },
}

export const unblock: Action<{ id: number }, { id: number; relationship: null }> = {
  name: 'unblock',
  params: WHO,
  async run({ id }, context) {
    const { adapter, context: ctx } = context.relay()
    await adapter.requests(ctx).unblock(id)
    await context.projector.flush()
    return { id, relationship: null }
  },
}

export const relayStats: Action<object, { users: number; friendships: number; messages: number; at_utc: string }> = {
  name: 'relay-stats',
  params: NOTHING,
  async run(_, context) {
    const { adapter, context: ctx } = context.relay()
    const { users, friendships, messages } = await adapter.requests(ctx).stats()
    return { users, friendships, messages, at_utc: utcSeconds(context.clock.now()) }
  },
}

function relationshipWith(id: number, context: ActionContext): string | null {
  return context.relay().context.contacts.relationshipWith({ scheme: 'relay', id })
}

function contactShown({ address, name, description, relationship }: StoredContact): PersonShown[] {
  return address.scheme === 'relay' ? [{ id: address.id, name, description, relationship }] : []
}
