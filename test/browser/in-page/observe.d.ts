/** What a script saw that was there before the page's own. */
export interface Seen {
  /** When the text of message `n` (it ends with `no. n`) was painted, by the page's own clock, in milliseconds. */
  readonly shown: Readonly<Record<number, number>>
  /** When the first one at all was. */
  readonly first: number | null
  readonly longTasks: readonly { readonly at: number; readonly ms: number }[]
}

/**
 * @param options.selector where messages are shown; parts of them stand elsewhere, too
 * @param options.opener clicked as soon as it is there
 */
export declare function observe(options: { selector: string; opener: string }): void

export declare function seen(): Seen

/** The number of the oldest message that stands there, in the next frame. */
export declare function oldestNumber(selector: string): Promise<number>
