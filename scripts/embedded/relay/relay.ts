/** What every endpoint gets: the relay, and the call it answers. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { Observer } from './events.ts'
import type { InboxStore } from './inbox-store.ts'
import type { User } from './messages.ts'
import type { RelationsStore } from './relations-store.ts'
import type { Reply } from './replies.ts'
import type { StreamHub } from './stream-hub.ts'
import type { UsersStore } from './users-store.ts'

export interface Relay {
  readonly clock: Clock
  readonly observe: Observer
  readonly users: UsersStore
  readonly relations: RelationsStore
  readonly inbox: InboxStore
  readonly hub: StreamHub
  readonly maxUsers: number
  /** All or nothing on disk. Nothing else runs in between, so a check and its write are one step. */
  transaction<T>(work: () => T): T
}

export interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** What stands in the place of `{id}`, decoded; empty when the route has none. */
  readonly idText: string
  /** The owner of the token; null when it is unknown or missing. */
  readonly user: User | null
  readonly clientIp: string
  /** `http://host`, for the addresses in replies. */
  readonly origin: string
}

/** A reply to write; or the endpoint has taken the response over, or nobody is left to answer. */
export type Outcome = Reply | 'taken'

export type Endpoint = (relay: Relay, call: Call) => Outcome | Promise<Outcome>
