import { type ChunkRule, splitText } from './chunking.ts'
import { type Fence, fencesIn } from './fences.ts'

/**
 * A text as bubbles: without the blank lines at which it was cut, and each with the marks of the code that it shows, so
 * that a phone can show it by itself.
 *
 * @param numbered each says the how manieth it is: `(2/3)`
 */
export function partsOf(text: string, rule: ChunkRule, { numbered }: { numbered: boolean }): string[] {
  if (splitText(text, rule).length <= 1) return text.trim() === '' ? [] : [text]
  const fences = markedFences(text)
  if (!numbered) return piecesOf(text, smaller(rule, roomForMarks(fences)), fences).map(({ shown }) => shown)
  // How many there are says how long their numbers are, and those how many there are.
  for (let digits = 1; ; digits++) {
    const pieces = piecesOf(text, smaller(rule, roomForMarks(fences) + roomForNumbers(digits)), fences)
    if (String(pieces.length).length > digits) continue
    return numberedAs(pieces, pieces.length)
  }
}

/**
 * The first parts of a text that has more of them than may be sent, and all that is left behind them, which goes some
 * other way and has the last number.
 */
export function firstPartsOf(text: string, rule: ChunkRule, most: number): { parts: string[]; rest: string } {
  const fences = markedFences(text)
  const room = roomForMarks(fences) + roomForNumbers(String(most + 1).length)
  const pieces = piecesOf(text, smaller(rule, room), fences).slice(0, most)
  const to = pieces.at(-1)?.to ?? 0
  return {
    parts: numberedAs(pieces, most + 1),
    rest: withBeginning(text.slice(to), fenceAround(fences, { at: to, from: 0 })),
  }
}

function numberedAs(pieces: readonly Piece[], of: number): string[] {
  return pieces.map(({ shown }, i) => (of < 2 ? shown : `(${i + 1}/${of})\n${shown}`))
}

function roomForNumbers(digits: number): number {
  return '(/)\n'.length + 2 * digits
}

function markedFences(text: string): Fence[] {
  return fencesIn(text).filter(fence => fence.ticks <= MOST_TICKS)
}

function smaller({ maxCharacters, maxBytes }: ChunkRule, room: number): ChunkRule {
  return { maxCharacters: maxCharacters - room, maxBytes: maxBytes - room }
}

/** Nobody writes as many; a block that is begun by more goes without marks. */
const MOST_TICKS = 20

/** For the marks at both ends of a piece of code, and their line breaks. */
function roomForMarks(fences: readonly Fence[]): number {
  return fences.reduce((room, fence) => Math.max(room, Buffer.byteLength(openerOf(fence)) + fence.ticks + 2), 0)
}

interface Piece {
  readonly shown: string
  /** Where it ends in the text. */
  readonly to: number
}

function piecesOf(text: string, rule: ChunkRule, fences: readonly Fence[]): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  let fence = 0
  for (const chunk of splitText(text, rule)) {
    const to = from + chunk.length
    while ((fences[fence]?.to ?? Number.POSITIVE_INFINITY) <= from) fence++
    const begun = fenceAround(fences, { at: from, from: fence })
    const cut = fenceAround(fences, { at: to, from: fence })
    const shown = `${withBeginning(chunk, begun)}${cut === null ? '' : `\n${ticks(cut)}`}`
    if (shown !== '') pieces.push({ shown, to })
    from = to
  }
  return pieces
}

/** Code that began in the chunk before begins here once more, unless only its end was left. */
function withBeginning(chunk: string, begun: Fence | null): string {
  if (begun === null) return chunk.replace(/^\n+/, '').trimEnd()
  if (!chunk.startsWith(ticks(begun))) return `${openerOf(begun)}\n${chunk.trimEnd()}`
  const end = chunk.indexOf('\n')
  return end === -1 ? '' : withBeginning(chunk.slice(end + 1), null)
}

/** The one that would be cut in two there. */
function fenceAround(fences: readonly Fence[], { at, from }: { at: number; from: number }): Fence | null {
  for (let i = from; ; i++) {
    const fence = fences[i]
    if (fence === undefined || fence.from >= at) return null
    if (fence.to > at) return fence
  }
}

/** Longer ones say more than the language. */
const LONGEST_OPENER_BYTES = 40

function openerOf(fence: Fence): string {
  return Buffer.byteLength(fence.opener) <= LONGEST_OPENER_BYTES ? fence.opener : ticks(fence)
}

function ticks(fence: Fence): string {
  return '`'.repeat(fence.ticks)
}
