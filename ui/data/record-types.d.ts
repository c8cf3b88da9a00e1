export type Address =
  | { readonly scheme: 'relay'; readonly id: number }
  | { readonly scheme: 'wechat'; readonly account: string; readonly user: string }
  | { readonly scheme: 'webhook'; readonly name: string }

export interface Party {
  readonly address: Address
  readonly name: string
}

export type MessageType = 'chat' | 'friend_request' | 'system' | 'file' | 'unparsed' | 'correction'

/** One line of conversations.md, escapes undone. `from` null: nobody knows who sent it. `to`: only on what we sent. */
export interface ConversationRecord {
  readonly at: string
  readonly from: Party | null
  readonly to?: Party | null
  readonly type: MessageType
  readonly flags: Readonly<Record<string, string>>
  readonly content: string
}

export type Channel = 'relay' | 'wechat' | 'webhook'

/**
 * One line as it is shown. Items are never changed: when a correction arrives, the record gets a new item with the same
 * `key`, so `===` tells whether a row has to be drawn again.
 */
export interface Item {
  /** Unique, and the same for the same line until the file is replaced. Safe for ids and maps, never for a query. */
  readonly key: string
  /** Where the line begins in the file, in bytes. */
  readonly offset: number
  /** `note`: a line that is no record, such as a hand edit; only `content` counts then. */
  readonly kind: 'record' | 'note'
  readonly type: MessageType | 'note'
  /** Milliseconds; a note has the time of the line before it, or null. */
  readonly atMs: number | null
  /** `none`: system notices, corrections and notes. */
  readonly direction: 'in' | 'out' | 'none'
  /** Key of the conversation that it belongs to. */
  readonly conversation: string
  /** null for notes. */
  readonly channel: Channel | null
  /** Who sent it, as far as known, also by a correction. null with direction `in`: unverified. */
  readonly sender: Party | null
  readonly recipient: Party | null
  readonly content: string
  readonly attachment: string | null
  /**
   * Own messages: null is accepted; `refused` by the other side. Others: `partial` when the text was cut off; `refused`
   * when their sender may not write to us and is not answered.
   */
  readonly state: 'unknown' | 'refused' | 'not_sent' | 'parked' | 'partial' | null
  /** `#1`: the sender took the name of this one. */
  readonly imitates: string | null
  /** A friend request that arrived as a chat message too. */
  readonly alsoChat: boolean
  /** When it became known who sent it, or its file came; null without a correction. */
  readonly correctedAtMs: number | null
  /** On a line of type `correction`: the key of the item that it speaks of, null while that one is not loaded. */
  readonly corrects: string | null
  /** What it answers to. `isNamed`: which message that is, is known, and may be asked for. */
  readonly quote: { readonly text: string; readonly isNamed: boolean } | null
  readonly flags: Readonly<Record<string, string>>
}

export type ConversationKind = 'person' | 'unverified' | 'system' | 'notes'
export type Relationship = 'accepted' | 'pending_outgoing' | 'pending_incoming' | 'blocked'

export interface Conversation {
  /** Opaque; stable over reloads, so it may be kept in the browser. */
  readonly key: string
  readonly kind: ConversationKind
  readonly address: Address | null
  /** The name in contacts.json, else that of the newest line; may be empty. */
  readonly name: string
  readonly channel: Channel | null
  /** null: only discovered, or no person. */
  readonly relationship: Relationship | null
  readonly description: string | null
  /** The newest line; null for contacts without any loaded one. */
  readonly last: LastLine | null
  /** When something was heard last, from the lines or contacts.json; null: never. */
  readonly lastAtMs: number | null
  /** Received lines behind what was read in this browser, as far as loaded. */
  readonly unread: number
}

export interface LastLine {
  readonly key: string
  readonly atMs: number | null
  readonly type: Item['type']
  readonly direction: Item['direction']
  /** At most 200 characters. */
  readonly content: string
  readonly attachment: string | null
  readonly state: Item['state']
  readonly imitates: Item['imitates']
}

/**
 * `friend`: a section a conversation. `session`: what happened in one sitting, with anybody; a new one begins with a new
 * day of the viewer or after a gap of 6 hours. `time`: everything in one.
 */
export type Split = 'friend' | 'session' | 'time'

/** `arrival`: as the lines stand in the file. `time`: by the time that they carry. Newest is always last. */
export type Order = 'arrival' | 'time'

/** A part of what is loaded. Every loaded line is in exactly one section of a split. */
export interface Section {
  /** `c:<conversation>`, `s:<key of its first item>`, or `all`. */
  readonly key: string
  readonly split: Split
  /** null unless the split is `friend`. */
  readonly conversation: string | null
  readonly items: readonly Item[]
  readonly fromMs: number | null
  readonly toMs: number | null
}

export interface ItemFilter {
  readonly channel?: Channel | null
  /** Case is ignored; in content, names and file names. */
  readonly text?: string
}
