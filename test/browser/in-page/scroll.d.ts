export interface Place {
  readonly top: number
  readonly height: number
}

/** Where a scroller is. */
export declare function placeOf(scroller: unknown): Place

export declare function scrollTo(scroller: unknown, top: number): void
