import { type Fence, fencesIn } from './fences.ts'

/** How long one message may be. */
export interface ChunkRule {
  /** UTF-16 units: nobody counts fewer. */
  readonly maxCharacters: number
  readonly maxBytes: number
}

/** 16,384 are refused (IL §6). */
const MAX_BYTES = 16_000

export const CHUNK_RULES = {
  /** What a client was tested with for long: all but the last are sent as `generating`, 300 ms apart. */
  measured: { maxCharacters: 1000, maxBytes: MAX_BYTES },
  /** What fits all reports (IL §12): above 2000, some phones showed a part. Half as many sends. */
  large: { maxCharacters: 2000, maxBytes: MAX_BYTES },
} as const satisfies Readonly<Record<string, ChunkRule>>

/**
 * At paragraphs, lines, sentences and words, in this order; never inside a character, nor inside a block of code that fits
 * into one chunk. Joined, they are the text again: what is left after the first few is the rest of it.
 */
export function splitText(text: string, rule: ChunkRule): string[] {
  const fences = fencesIn(text)
  const chunks: string[] = []
  let fence = 0
  for (let at = 0; at < text.length; ) {
    while ((fences[fence]?.to ?? Number.POSITIVE_INFINITY) <= at) fence++
    const limit = furthestEnd(text, at, rule)
    const end = limit === text.length ? limit : cutBetween(text, { at, limit, fences, fence })
    chunks.push(text.slice(at, end))
    at = end
  }
  return chunks
}

/** One character at least, however little a rule allows. */
function furthestEnd(text: string, at: number, { maxCharacters, maxBytes }: ChunkRule): number {
  let end = at
  let bytes = 0
  for (;;) {
    const code = text.codePointAt(end)
    if (code === undefined) return end
    const next = end + (code > 0xffff ? 2 : 1)
    bytes += bytesOf(code)
    if (end > at && (next - at > maxCharacters || bytes > maxBytes)) return end
    end = next
  }
}

/** In UTF-8. Half a character becomes U+FFFD, which has three. */
function bytesOf(code: number): number {
  if (code < 0x80) return 1
  if (code < 0x800) return 2
  return code > 0xffff ? 4 : 3
}

interface Window {
  readonly at: number
  /** No chunk can go further; there is more text behind it. */
  readonly limit: number
  readonly fences: readonly Fence[]
  /** The first one that does not end before the window. */
  readonly fence: number
}

function cutBetween(text: string, { at, limit, fences, fence }: Window): number {
  /** From here on there is no code. */
  let clear = at
  for (let i = fence; ; i++) {
    const one = fences[i]
    if (one === undefined || one.from >= limit) break
    if (one.to > limit) {
      // Too long for any chunk, it is cut at its lines once it stands at the beginning of one.
      if (one.from > at) return one.from
      break
    }
    clear = Math.max(clear, one.to)
  }
  if (clear === limit) return limit
  return boundaryIn(text, { at, clear, limit })
}

const SENTENCE_ENDS = '。！？；'
const WORD_ENDS = ' \t\n\u3000，、：）》」』】'

/** The better ones only where they do not leave half a chunk empty: the number of sends is limited as well (IL §12). */
function boundaryIn(text: string, { at, clear, limit }: { at: number; clear: number; limit: number }): number {
  const half = at + (limit - at) / 2
  for (const end of ['\n\n', '\n']) {
    const found = text.slice(clear, limit).lastIndexOf(end)
    const behind = clear + found + end.length
    if (found !== -1 && behind >= half) return behind
  }
  let word = 0
  for (let end = limit; end > clear; end--) {
    const sign = text[end - 1] ?? ''
    if (SENTENCE_ENDS.includes(sign) && end >= half) return end
    if (word === 0 && WORD_ENDS.includes(sign)) word = end
  }
  if (word > 0) return word
  return clear > at ? clear : limit
}
