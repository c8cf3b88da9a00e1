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
  const fences = fencesIn(text).filter(fence => fence.ticks <= MOST_TICKS)
  if (!numbered) return piecesOf(text, smaller(rule, roomForMarks(fences)), fences)
  // How many there are says how long their numbers are, and those how many there are.
  for (let digits = 1; ; digits++) {
    const label = '(/)\n'.length + 2 * digits
    const pieces = piecesOf(text, smaller(rule, roomForMarks(fences) + label), fences)
    if (String(pieces.length).length > digits) continue
    return pieces.length < 2 ? pieces : pieces.map((piece, i) => `(${i + 1}/${pieces.length})\n${piece}`)
  }
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

function piecesOf(text: string, rule: ChunkRule, fences: readonly Fence[]): string[] {
  const pieces: string[] = []
  let from = 0
  let fence = 0
  for (const chunk of splitText(text, rule)) {
    const to = from + chunk.length
    while ((fences[fence]?.to ?? Number.POSITIVE_INFINITY) <= from) fence++
    const begun = fenceAround(fences, { at: from, from: fence })
    const cut = fenceAround(fences, { at: to, from: fence })
    const piece = `${withBeginning(chunk, begun)}${cut === null ? '' : `\n${ticks(cut)}`}`
    if (piece !== '') pieces.push(piece)
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
