/** What somebody most likely meant by a word that is not known; null when nothing comes near. */
export function nearestOf(word: string, known: readonly string[]): string | null {
  const typed = word.slice(0, LONGEST_WORD)
  const [nearest] = known
    .map(one => ({ one, distance: editDistance(typed, one) }))
    .sort((a, b) => a.distance - b.distance)
  return nearest !== undefined && nearest.distance <= 3 ? nearest.one : null
}

/** More of it is neither compared nor shown. */
export const LONGEST_WORD = 40

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
