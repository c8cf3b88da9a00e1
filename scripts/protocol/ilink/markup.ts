/** A text of which some characters are kept whatever they look like, and some are dropped. */
export interface Markup {
  readonly source: string
  /** What stands there may be markup. */
  isFree(at: number): boolean
  /** What was dropped before stays dropped. */
  keep(from: number, to: number): void
  drop(from: number, to: number): void
  /** Without what was dropped. */
  text(): string
}

const FREE = 0
const KEPT = 1
const DROPPED = 2

export function createMarkup(source: string): Markup {
  const states = new Uint8Array(source.length)
  return {
    source,
    isFree: at => states[at] === FREE,
    keep(from, to) {
      for (let at = from; at < to; at++) if (states[at] === FREE) states[at] = KEPT
    },
    drop(from, to) {
      states.fill(DROPPED, from, to)
    },
    text() {
      const parts: string[] = []
      for (let from = 0; from < source.length; ) {
        const dropped = states.indexOf(DROPPED, from)
        const to = dropped === -1 ? source.length : dropped
        parts.push(source.slice(from, to))
        from = to
        while (states[from] === DROPPED) from++
      }
      return parts.join('')
    },
  }
}
