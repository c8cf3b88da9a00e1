import type {
  ChannelState,
  Contact,
  LiveState,
  Problem,
  Profile,
  Snapshot,
  Stats,
  TimelineEntry,
  WechatAccount,
} from './channel-types.d.ts'
import type { Fetch } from './reading-types.d.ts'
import type { Channel, Conversation, Item, ItemFilter, Order, Section, Split } from './record-types.d.ts'

export interface SeriesPoint {
  readonly fromMs: number
  readonly received: number
  readonly sent: number
}

export interface Series {
  readonly points: readonly SeriesPoint[]
  /** False while older lines that may belong to it are not loaded. */
  readonly complete: boolean
}

export interface SearchOptions {
  readonly text: string
  readonly channel?: Channel | null
  /** At most so many hits, the newest; 200 unless given. */
  readonly limit?: number
  readonly signal?: AbortSignal
  /** 0 … 1 of the file, and what was found so far (newest first); called after each page. */
  readonly onProgress?: (progress: { done: number; hits: readonly Item[] }) => void
}

export interface SearchResult {
  /** Newest first. */
  readonly hits: readonly Item[]
  /** False: cancelled, or more than the limit. */
  readonly complete: boolean
}

/** `inbox`: inbox_pushed.md may have changed; who shows it reads it. */
export type Part = 'messages' | 'read' | 'contacts' | 'profile' | 'stats' | 'snapshot' | 'channel' | 'inbox' | 'live'

export interface OlderResult {
  /** New items of what was asked for. */
  readonly found: number
  readonly atStart: boolean
}

/** Made by `createStore` in store.js. */
export interface Store {
  /** Everything is asked for, and followed. */
  start(): void
  stop(): void
  /** Called once for each change, with what changed. Returns how to stop that. */
  subscribe(listener: (changed: ReadonlySet<Part>) => void): () => void
  /** True until conversations.md was answered for the first time. */
  readonly loading: boolean
  readonly live: LiveState
  readonly profile: Profile | null
  readonly contacts: readonly Contact[]
  readonly stats: Stats | null
  readonly snapshot: Snapshot | null
  readonly channel: ChannelState
  readonly wechat: readonly WechatAccount[]
  readonly timeline: readonly TimelineEntry[]
  /** Log lines older than those loaded. Resolves with false at the start of the file. */
  olderTimeline(): Promise<boolean>
  readonly problems: readonly Problem[]
  /** Newest first; then the contacts nothing was heard of. Filtering by text looks at names and last lines. */
  conversations(filter?: ItemFilter): readonly Conversation[]
  conversation(key: string): Conversation | null
  /** Oldest first. */
  sections(split: Split, options?: ItemFilter & { readonly order?: Order }): readonly Section[]
  /** The loaded lines of one conversation, or of all (null), oldest first. */
  items(conversation: string | null, options?: ItemFilter & { readonly order?: Order }): readonly Item[]
  /** Loads older lines, until some belong to the conversation (null: any) or a few hundred KB were looked at. */
  older(conversation: string | null): Promise<OlderResult>
  /** True when the beginning of the file was reached. */
  readonly atStart: boolean
  /** At most 20,000 lines are kept. True when `items` and `sections` go up to the newest one. */
  readonly atEnd: boolean
  /** The counterpart of `older`, for a view that is not at the end. Live lines come by themselves at the end only. */
  newer(conversation: string | null): Promise<OlderResult>
  /** Brings a line (a search hit) into memory, with what stands around it. Resolves with false when it is gone. */
  reveal(item: Item): Promise<boolean>
  /** The message that this one quotes, wherever it stands in the file; null when it is not there. */
  quoted(item: Item): Promise<Item | null>
  /**
   * What the viewer looks at. `items` and `sections` are the unbroken run of loaded lines around it; lines far away from it may be
   * dropped from memory. null: the newest (go there at once).
   */
  focus(item: Item | null): void
  /** Everything in the conversation was seen; null: everything. */
  markRead(conversation: string | null): void
  readonly unread: number
  search(options: SearchOptions): Promise<SearchResult>
  /** The last 24 hours, or the last 30 days, of the viewer's zone. */
  series(unit: 'hour' | 'day'): Series
  /** Off: no request is made by itself. */
  setAutoRefresh(on: boolean, seconds?: number): void
  refresh(): Promise<void>
}

/** What the browser gives; tests give their own. */
export interface StoreOptions {
  /** Where the files are: `/openwechat_im_client/` unless given. */
  readonly base?: string
  readonly fetch: Fetch
  readonly connect: Connect
  readonly storage: StorageLike
  readonly clock?: Clock
}

/** `url => new EventSource(url)` */
export type Connect = (url: string) => Connection

export interface Connection {
  /** 2: it broke and does not try again by itself. */
  readonly readyState: number
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void
  close(): void
}

/** `localStorage`; may throw where the browser forbids it. */
export interface StorageLike {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

export interface Clock {
  now(): number
  /** Returns how to cancel it. */
  after(ms: number, run: () => void): () => void
}
