import type { Pair, Row, Target } from './bench.ts'
import { median } from './statistics.ts'

/** What a row comes to. A pair's ratio is taken first, the median of the ratios afterwards: so noise hits both alike. */
export interface Verdict {
  readonly ratio: number
  readonly lowest: number
  readonly highest: number
  readonly met: boolean
}

export function judge({ pairs, target }: Row): Verdict {
  const ratios = pairs.map(({ ours, theirs }) => ours / theirs)
  const ratio = median(ratios)
  const met = 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost
  return { ratio, lowest: Math.min(...ratios), highest: Math.max(...ratios), met }
}

const HEAD = ['figure', 'against', 'ours', 'theirs', 'ratio', 'lowest–highest', 'pairs', 'target', ''] as const

export function formatTable(rows: readonly Row[]): string {
  const lines: (readonly string[])[] = [HEAD, ...rows.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const text = lines.map(line =>
    line
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  const [head = '', ...body] = text
  return [head, '─'.repeat(Math.max(...text.map(line => line.length))), ...body].join('\n')
}

function cells(row: Row): readonly string[] {
  const { ratio, lowest, highest, met } = judge(row)
  return [
    row.what,
    row.against,
    `${shortNumber(medianOf(row.pairs, 'ours'))} ${row.unit}`,
    `${shortNumber(medianOf(row.pairs, 'theirs'))} ${row.unit}`,
    ratio.toFixed(2),
    row.pairs.length === 1 ? '–' : `${lowest.toFixed(2)}–${highest.toFixed(2)}`,
    String(row.pairs.length),
    targetText(row.target),
    met ? 'met' : 'MISSED',
  ]
}

function medianOf(pairs: readonly Pair[], side: keyof Pair): number {
  return median(pairs.map(pair => pair[side]))
}

/** Three figures are more than a noisy machine gives. */
function shortNumber(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)
}

export function targetText(target: Target): string {
  return 'atLeast' in target ? `≥ ${target.atLeast.toFixed(2)}` : `≤ ${target.atMost.toFixed(2)}`
}

/** The line for a target that was missed. */
export function missedText(row: Row): string {
  return `missed: ${row.what}: ${judge(row).ratio.toFixed(2)} × ${row.against}; the target is ${targetText(row.target)}`
}

/** The same for programs. */
export function rowAsJson(row: Row): Readonly<Record<string, unknown>> {
  const { ratio, lowest, highest, met } = judge(row)
  return {
    figure: row.what,
    against: row.against,
    unit: row.unit,
    ours: medianOf(row.pairs, 'ours'),
    theirs: medianOf(row.pairs, 'theirs'),
    ratio,
    lowest,
    highest,
    target: row.target,
    met,
    pairs: row.pairs,
  }
}
