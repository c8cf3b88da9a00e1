/** Every element and attribute that a page is made of at this moment. */
export interface Census {
  /** `div`, `svg:path`, … */
  readonly tags: readonly string[]
  /** Names. */
  readonly attributes: readonly string[]
  /** `link href=…`: everything that could load or lead somewhere. */
  readonly addresses: readonly string[]
  /** Values that hold the word and are not words for people: `div class=…`. */
  readonly carriers: readonly string[]
}

export declare function takeCensus(word: string): Census
