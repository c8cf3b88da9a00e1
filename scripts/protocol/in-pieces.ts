/**
 * `text.replace` for texts that a stranger may have made of nothing but matches: it notes every place before it writes
 * anything, which takes a hundred bytes for each. Short texts go through as they are.
 *
 * @param cut where a piece may end: that place, or a little behind it so that no match is torn
 */
export function replaceInPieces(
  text: string,
  pattern: RegExp,
  { spell, cut }: { spell: (match: string) => string; cut: (text: string, end: number) => number },
): string {
  if (text.length <= PIECE) return text.replace(pattern, spell)
  const pieces: string[] = []
  for (let start = 0; start < text.length; ) {
    const end = cut(text, start + PIECE)
    pieces.push(text.slice(start, end).replace(pattern, spell))
    start = end
  }
  return pieces.join('')
}

const PIECE = 16_384
