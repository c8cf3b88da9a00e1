import type { Address, Relationship } from './record-types.d.ts'

export type FileName =
  | 'profile.json'
  | 'contacts.json'
  | 'stats.json'
  | 'context_snapshot.json'
  | 'inbox_pushed.md'
  | 'conversations.md'
  | 'sse_channel.log'

/** `live`: changes are pushed. `polling`: the stream broke and is tried again meanwhile. `paused`: auto-refresh is off. */
export type LiveMode = 'connecting' | 'live' | 'polling' | 'paused'

export interface LiveState {
  readonly mode: LiveMode
  readonly sinceMs: number
  /** True when neither stream nor files answer: the page's own server is down. */
  readonly serverDown: boolean
}

export interface FileFacts {
  readonly inode: string
  readonly size: number
  readonly mtimeMs: number
}

export interface Profile {
  readonly id: number | null
  readonly name: string
  readonly status: string | null
  readonly updatedAt: string | null
}

export interface Contact {
  /** The same as the key of the conversation. */
  readonly key: string
  readonly address: Address
  readonly name: string
  readonly relationship: Relationship | null
  readonly lastSeenAt: string | null
  readonly description: string | null
}

/** States of an account or a sink; `facts` is everything that was said, as text, in the order of the file. */
export interface PartState {
  readonly name: string
  readonly state: string | null
  readonly sinceAt: string | null
  readonly reason: string | null
  readonly facts: Readonly<Record<string, string>>
  /** What its owner can do about it. */
  readonly advice: { readonly en: string; readonly zh: string } | null
}

/** `unknown`: a state that is newer than this page. */
export type WechatCode =
  | 'connecting'
  | 'connected'
  | 'retrying'
  /** Nobody answers in time. */
  | 'degraded'
  /** The login was refused, maybe for a moment. */
  | 'checking_login'
  | 'login_needed'
  | 'identity_taken'
  | 'identity_lock_failed'
  | 'stopped'
  | 'not_started'
  | 'failed'
  | 'unknown'

export interface WechatAccount {
  /** `main` of `wechat:main`. */
  readonly name: string
  readonly code: WechatCode
  /** As it was said. */
  readonly state: string | null
  /** It was so when something was heard last: the daemon does not run, or has said nothing for long. */
  readonly isPast: boolean
  readonly sinceMs: number | null
  readonly reason: string | null
  readonly heldBy: string | null
  readonly lastPollMs: number | null
  readonly lastInboundMs: number | null
  /** Accepted, which is not delivered. */
  readonly lastAcceptedMs: number | null
  /** Messages of ours that are not settled, and how many of them are set aside until somebody writes or logs in. */
  readonly waiting: number
  readonly parked: number
}

export interface Stats {
  readonly received: number
  readonly sent: number
  readonly friends: number
  readonly pendingIncoming: number
  readonly pendingOutgoing: number
  readonly copiesDropped: number
  readonly lastSyncAt: string | null
  readonly accounts: readonly PartState[]
  readonly sinks: readonly PartState[]
}

export interface Snapshot {
  readonly updatedAt: string | null
  readonly receivedRecently: number
  readonly recentHours: number
  /** What the agent has not read; not this browser. */
  readonly unread: number
  readonly friends: number
  readonly latestPeers: readonly { readonly id: string; readonly name: string; readonly lastMessageAt: string | null }[]
  readonly channel: { readonly state: string | null; readonly sinceAt: string | null } | null
  readonly oldestMessageAt: string | null
  readonly retention: {
    readonly days: number
    readonly olderMessages: number
    readonly oldestAt: string | null
  } | null
}

/** One line of sse_channel.log. `event` is `server` for what the relay said of itself, `note` for anything else. */
export interface ChannelLine {
  readonly key: string
  readonly at: string | null
  readonly atMs: number | null
  readonly event: string
  readonly fields: Readonly<Record<string, string>>
  /** Of `server` and `note`. */
  readonly text: string
}

export type ChannelCode =
  | 'connected'
  | 'connecting'
  | 'silent'
  /** No stream, and the next try is planned; nothing is being fetched yet. */
  | 'reconnecting'
  /** No stream; the inbox is read meanwhile. */
  | 'fallback'
  | 'token_refused'
  | 'not_registered'
  | 'config_invalid'
  /** Another data folder serves this account: `facts.held_by`. */
  | 'identity_taken'
  | 'identity_lock_failed'
  | 'daemon_stopped'
  /** The last state is long ago and nothing came since: the daemon was killed, or the machine slept. */
  | 'stale'
  | 'failed'
  | 'unknown'

export interface ChannelState {
  readonly code: ChannelCode
  readonly sinceMs: number | null
  /** A word of the log or the adapter (`http_401`, `closed`, …) or null. */
  readonly reason: string | null
  readonly lastByteMs: number | null
  readonly lastSyncMs: number | null
  readonly nextTryMs: number | null
  /** When anything was heard of the daemon last. */
  readonly heardMs: number | null
  /** Under `stale` and `daemon_stopped`: what was before. */
  readonly before: string | null
  readonly facts: Readonly<Record<string, string>>
}

/** Lines that repeat (polls, tries) are one entry with a count. Oldest first. */
export interface TimelineEntry {
  readonly key: string
  readonly kind: 'good' | 'trouble' | 'bad' | 'info' | 'server'
  readonly event: string
  /** Of the first and the last line. */
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly count: number
  /** Of the last line. */
  readonly fields: Readonly<Record<string, string>>
  readonly text: string
  /** The state that begins with it; null when it changes none. */
  readonly code: ChannelCode | null
}

/** Worst first; each means one panel or one line with what to do next. */
export type Problem =
  | { readonly code: 'ui_server_down'; readonly sinceMs: number }
  | { readonly code: 'no_data' }
  | { readonly code: 'not_registered' }
  | { readonly code: 'config_invalid' }
  | { readonly code: 'token_refused'; readonly sinceMs: number | null }
  | { readonly code: 'identity_taken'; readonly heldBy: string }
  | { readonly code: 'identity_lock_failed'; readonly reason: string | null }
  | { readonly code: 'daemon_down'; readonly sinceMs: number | null; readonly stale: boolean }
  | { readonly code: 'wechat_login_needed'; readonly name: string; readonly sinceMs: number | null }
  | { readonly code: 'wechat_identity_taken'; readonly name: string; readonly heldBy: string }
  | { readonly code: 'storage_fault'; readonly file: string; readonly reason: string; readonly sinceMs: number | null }
  | { readonly code: 'file_missing'; readonly names: readonly FileName[] }
  | { readonly code: 'file_unreadable'; readonly names: readonly FileName[] }
  | {
      readonly code: 'old_data'
      readonly days: number
      readonly olderMessages: number
      readonly oldestMs: number | null
    }
  | { readonly code: 'empty' }
  /** Nobody is registered at a relay; WeChat is what there is. */
  | { readonly code: 'empty_wechat' }
