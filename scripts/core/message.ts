import type { Address } from './address.ts'

/** How it reached us. `import` marks history taken over from files, `send` what we sent ourselves. */
export type Via = 'stream' | 'poll' | 'wechat' | 'webhook' | 'import' | 'send'

export type MessageType = 'chat' | 'friend_request' | 'system' | 'file' | 'unparsed' | 'correction'

export interface Party {
  readonly address: Address
  readonly name: string
}

/** Short facts shown with a message: `imitates=#1`, `state=partial`. Keys are ours, values may be a peer's words. */
export type Flags = Readonly<Record<string, string>>

/** What an adapter understood of one payload. */
export interface ParsedMessage {
  readonly type: MessageType
  /** ISO time in UTC by the other side's clock; null when it gave none. */
  readonly at: string | null
  /** null: the sender is not verified, and is never guessed. */
  readonly from: Party | null
  readonly content: string
  readonly flags: Flags
}

/** The sender is being looked up; its other copy may still come; shown, and never changed again. */
export type MessageState = 'resolving' | 'held' | 'final'
