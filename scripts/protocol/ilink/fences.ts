/** A block of code, with the lines that begin and end it (IL §12). */
export interface Fence {
  readonly from: number
  /** Behind its last line break. */
  readonly to: number
  /** The backticks that begin it; at least as many end it. */
  readonly ticks: number
  /** The first line, without its break. */
  readonly opener: string
}

/** Only those that begin at the start of a line count for WeChat. One without an end goes on to the end of the text. */
export function fencesIn(text: string): Fence[] {
  const fences: Fence[] = []
  let open: Omit<Fence, 'to'> | null = null
  for (let from = 0, to = 0; from < text.length; from = to) {
    const end = text.indexOf('\n', from)
    to = end === -1 ? text.length : end + 1
    const ticks = ticksAt(text, from)
    if (open === null) {
      if (ticks >= 3) open = { from, ticks, opener: text.slice(from, to).trimEnd() }
    } else if (ticks >= open.ticks) {
      fences.push({ ...open, to })
      open = null
    }
  }
  if (open !== null) fences.push({ ...open, to: text.length })
  return fences
}

function ticksAt(text: string, at: number): number {
  let end = at
  while (text[end] === '`') end++
  return end - at
}
