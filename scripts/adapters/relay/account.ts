import type { AdapterContext } from '../../core/adapter.ts'
import type { Clock } from '../../core/clock.ts'
import { createRelayClient, type RelayClient } from './client.ts'
import type { Inbox } from './inbox.ts'
import { createPacer, type Pacer } from './pacer.ts'
import { createProfiles, type Profiles } from './profiles.ts'
import type { RelayOptions } from './settings.ts'
import type { Known } from './understand.ts'

/** What everybody who uses one account has to share. */
export interface RelayAccount {
  readonly pacer: Pacer
  /** Who the token belongs to, as far as anybody has said. */
  myId: number | null
  /** The one that `run` reads with; null when it does not run. */
  inbox: Inbox | null
}

export function createAccount({ myId }: RelayOptions, clock: Clock): RelayAccount {
  return { pacer: createPacer(clock), myId: myId === null ? null : Number(myId), inbox: null }
}

export interface Parts {
  readonly client: RelayClient
  readonly profiles: Profiles
  readonly known: Known
}

export function createParts(options: RelayOptions, { pacer }: RelayAccount, ctx: AdapterContext): Parts {
  const client = createRelayClient({ ...options, fetch: ctx.fetch, clock: ctx.clock, pacer })
  const profiles = createProfiles(ctx, client)
  const known: Known = {
    profileOf: profiles.headOf,
    relationshipWith: id => ctx.contacts.relationshipWith({ scheme: 'relay', id }),
  }
  return { client, profiles, known }
}
