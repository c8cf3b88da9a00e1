import type { Markup } from './markup.ts'

/** Code in a line stands between two runs of equally many backticks, within one paragraph. */
export function keepCode({ source, keep }: Markup): void {
  const runs = runsIn(source)
  const next = nextAlike(runs)
  let end = 0
  for (const [i, run] of runs.entries()) {
    const closing = runs[next[i] ?? -1]
    if (run.from < end || run.isEscaped || closing?.paragraph !== run.paragraph) continue
    end = closing.to
    keep(run.from, end)
  }
}

interface Run {
  readonly from: number
  readonly to: number
  readonly paragraph: number
  /** Begins no code. Ends it all the same: within code a backslash is one. */
  readonly isEscaped: boolean
}

function runsIn(source: string): Run[] {
  const runs: Run[] = []
  let paragraph = 0
  for (const { 0: found, index: from } of source.matchAll(/`+|\n[ \t\r]*\n/g)) {
    if (found.startsWith('\n')) paragraph++
    else runs.push({ from, to: from + found.length, paragraph, isEscaped: isEscaped(source, from) })
  }
  return runs
}

/** For each run the next one of its length, if there is one. */
function nextAlike(runs: readonly Run[]): (number | undefined)[] {
  const next: (number | undefined)[] = []
  const byLength = new Map<number, number>()
  for (let i = runs.length - 1; i >= 0; i--) {
    const { from = 0, to = 0 } = runs[i] ?? {}
    next[i] = byLength.get(to - from)
    byLength.set(to - from, i)
  }
  return next
}

function isEscaped(source: string, at: number): boolean {
  let from = at
  while (source[from - 1] === '\\') from--
  return (at - from) % 2 === 1
}
