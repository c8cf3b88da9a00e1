import type { Address } from './address.ts'
import type { ChannelEvent, ChannelFields } from './channel-event.ts'
import type { Clock } from './clock.ts'
import type { FetchLike } from './fetch.ts'
import type { Logger } from './logger.ts'
import type { ParsedMessage, Via } from './message.ts'

/**
 * The whole contract of an adapter (house rule): a source runs until its signal aborts, and says what it received
 * through `ctx.ingest`. It knows neither the store nor the other adapters.
 */
export interface Adapter {
  /** `relay`, `wechat:main`, `webhook:ops` */
  readonly name: string
  /** Resolves after `ctx.signal` aborted and the work in hand is done. A throw means: start me again, with backoff. */
  run?(ctx: AdapterContext): Promise<void>
  /** Hands one message over and says what became of it. Tries once; throws only for faults of ours. */
  send?(message: Outbound, ctx: AdapterContext): Promise<SendOutcome>
}

export interface Outbound {
  readonly to: Address
  readonly content: string
  readonly file: { readonly name: string; readonly bytes: Uint8Array } | null
  /** It repeats what others wrote: nothing in it is markup of ours. */
  readonly isVerbatim?: boolean
  /** To be awaited right before the request is made: from then on nobody can say that it was not. */
  readonly begin?: () => Promise<void>
  /** Bytes that have left, of all. */
  readonly progress?: (done: number, total: number) => void
  /** Where more than one request, or more than one try, may be needed: what was done of it so far. */
  readonly journal?: Journal
}

/** Lies beside a message that is being sent, until its outcome is settled. */
export interface Journal {
  /** What an earlier try of this message left; null: it is the first one. */
  read(): string | null
  /** Resolves after the commit, which writes the memos too. */
  write(text: string, memos?: Readonly<Record<string, string>>): Promise<void>
}

export type SendOutcome =
  | {
      readonly kind: 'accepted'
      /** What we are to each other now, as far as the answer tells. */
      readonly relationship: Relationship | null
      /** What others will call it when they refer to it: for `lookUp`. */
      readonly references?: readonly string[]
    }
  /** They said no, in these words. */
  | {
      readonly kind: 'refused'
      readonly text: string
      readonly relationship: Relationship | null
      readonly parts?: SentParts
    }
  /** Nothing of it reached them. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** Not now: the same again after so long. */
  | Later
  /** Not before something else happens; it is kept, and goes before everything that is sent to them later. */
  | Parked
  /** It may have been delivered. Never repeated by itself. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly parts?: SentParts }

/** Of several requests for one message, how many were accepted. */
export interface SentParts {
  readonly accepted: number
  readonly of: number
}

export interface Later {
  readonly kind: 'later'
  readonly afterMs: number
  /** One word of ours. */
  readonly reason?: string
}

export interface Parked {
  readonly kind: 'parked'
  /** `peer`: they write to us again. `login`: there are other credentials. */
  readonly until: 'peer' | 'login'
  /** One word of ours. */
  readonly reason: string
  readonly parts?: SentParts
}

export interface AdapterContext {
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly fetch: FetchLike
  readonly log: Logger
  /** One line in `sse_channel.log`. */
  transition(event: ChannelEvent, fields?: ChannelFields): void
  /** What the other side said of itself, for the same log. */
  serverSaid(text: string): void
  /** Merged into what `status` shows of this adapter. */
  status(change: Readonly<Record<string, unknown>>): void
  /** Resolves after the commit. Await it before you acknowledge anything or ask for more. */
  ingest(payload: IncomingPayload): Promise<Ingested>
  /** A flood has run ahead of what is shown: read on when this resolves. undefined: there is room. */
  room(): Promise<void> | undefined
  /** Messages whose sender is not settled yet, oldest first; those of an earlier run too. */
  unresolved(): readonly UnresolvedMessage[]
  /** Says who sent such a message after all, or, with null, that nobody will ever know. */
  resolve(seq: number, found: IncomingMessage | null): Promise<void>
  /** A second stream brought what the first one had brought already: only counted. */
  copyDropped(): void
  /** The first message of this account that has one of these ids, as `id` or by reference; null: none is stored. */
  lookUp(ids: readonly string[]): EarlierMessage | null
  /** Keeps a file of theirs under a name of ours, durably; null: the folder has no room for it. */
  keep(bytes: Uint8Array, options: KeepOptions): Promise<KeptFile | null>
  /** Small facts that outlive the process. */
  readonly memo: Memo
  readonly contacts: Contacts
  /** Who we are there, for `profile.json`. */
  identified(profile: OwnProfile): Promise<void>
}

export interface IncomingPayload {
  readonly via: Via
  /** As received. */
  readonly body: Uint8Array
  /** What was found in it: one that nobody understands is one `unparsed` message. None: only the memos are written. */
  readonly messages: readonly IncomingMessage[]
  /** Facts that are true once this is stored, such as how far the other side was read: written in the same commit. */
  readonly memos?: Readonly<Record<string, string>>
}

/** What became of each message of a payload, in their order. */
export type Ingested = readonly IngestedMessage[]

export interface IngestedMessage {
  /** Of the first one with its id, when it is a duplicate. */
  readonly seq: number
  readonly duplicate: boolean
}

export interface IncomingMessage {
  readonly parsed: ParsedMessage
  /** The other side's id: a second message of the same source, account and id is dropped and counted. */
  readonly id?: string
  /** More of its ids, for other sides that change them: any one that is known makes it a duplicate too. */
  readonly aliases?: readonly string[]
  /** What others call it when they refer to it: for `lookUp`, and never a sign of a duplicate. */
  readonly references?: readonly string[]
  /** The message's bytes within the payload; all of them when left out. */
  readonly span?: { readonly from: number; readonly to: number }
  /** The sender needs a look-up: it is stored now and shown when that is done, or unverified after 10 s. */
  readonly unresolved?: boolean
  /** Another copy of the same message, of the other type, may follow at once (RC 709). */
  readonly mayHaveTwin?: boolean
  /** What this message says about the sender, written in the same commit. */
  readonly contact?: ContactChange
}

export interface UnresolvedMessage {
  readonly seq: number
  readonly payload: string
  readonly flags: ParsedMessage['flags']
}

export interface EarlierMessage {
  readonly seq: number
  readonly content: string
  /** We sent it. */
  readonly isOurs: boolean
}

export interface KeepOptions {
  /** Of its name: a few small letters and digits, by what it is, not by what it is called. */
  readonly extension: string
  /** All files that are kept, this one among them. */
  readonly folderMaxBytes: number
}

export interface KeptFile {
  /** Within the data folder. */
  readonly path: string
  readonly bytes: number
}

export interface Memo {
  get(key: string): string | undefined
  set(key: string, value: string): Promise<void>
}

export type Relationship = 'accepted' | 'pending_outgoing' | 'pending_incoming' | 'blocked'

export interface ContactChange {
  readonly address: Address
  readonly name?: string
  readonly description?: string | null
  /** `none` removes what was there. */
  readonly relationship?: Relationship | 'none'
  /** ISO time, UTC */
  readonly lastSeenAt?: string
}

export interface Contact {
  readonly address: Address
  readonly name: string
  readonly relationship: Relationship | null
}

export interface Contacts {
  list(): readonly Contact[]
  relationshipWith(address: Address): Relationship | null
  update(changes: readonly ContactChange[]): Promise<void>
}

export interface OwnProfile {
  readonly id: string
  readonly name: string
  readonly status: string | null
}
