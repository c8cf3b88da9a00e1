export type Fetch = (url: string, init: FetchOptions) => Promise<Reply>

export interface FetchOptions {
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly cache: 'no-store'
  readonly signal?: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: { cancel(): Promise<void> } | null
  arrayBuffer(): Promise<ArrayBuffer>
}

/** A line with its place; `value` is what the reader's `parse` made of it. */
export interface ReadLine<T> {
  readonly offset: number
  /** With its LF. */
  readonly bytes: number
  readonly value: T
}

export type FileState = 'unread' | 'there' | 'missing' | 'failed'

/** Made by `createFileReader` in file-reader.js; also for the view of raw files, with `parse: text => text`. */
export interface FileReader<T> {
  readonly state: FileState
  /** Counts up each time the file turned out to be another one: all places are void then. */
  readonly generation: number
  /** '' while unknown. */
  readonly inode: string
  /** The bytes of whole lines that are known: [start, end). */
  readonly start: number
  readonly end: number
  readonly atStart: boolean
  /** Parts of the file that follow on each other, oldest first; `lines` is null for one that was dropped. */
  readonly pages: readonly ReaderPage<T>[]
  /** Looks for new bytes, or reads the end of the file the first time. Resolves with whether anything changed. */
  refresh(): Promise<boolean>
  /** One page further back. Resolves with whether there was one. */
  older(): Promise<boolean>
  /** Loads the page that holds this byte again. Resolves with whether it is there. */
  load(offset: number): Promise<boolean>
  /** Pages far from this byte may be dropped; null: from the end. */
  focus(offset: number | null): void
  /**
   * Shows every line to `visit`, page by page from the end to the beginning, and keeps no more of them than before.
   * Resolves with false when it was stopped, or the file was replaced meanwhile.
   */
  scan(visit: (lines: readonly ReadLine<T>[], page: ReaderPage<T>) => boolean, signal?: AbortSignal): Promise<boolean>
}

export interface ReaderPage<T> {
  readonly start: number
  readonly end: number
  readonly lines: readonly ReadLine<T>[] | null
}
