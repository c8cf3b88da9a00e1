/** One line of the table. */
export interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: string
  readonly atMost: number
  /** What else there is to know about it. */
  readonly note: string
}

export const isMet = ({ measured, atMost }: Figure): boolean => measured <= atMost

const HEAD = ['figure', 'measured', 'target', '', 'note'] as const

export function formatFigures(figures: readonly Figure[]): string {
  const lines: (readonly string[])[] = [HEAD, ...figures.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const text = lines.map(line =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 1 || column === 2 ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
  const [head = '', ...body] = text
  return [head, '─'.repeat(Math.max(...text.map(line => line.length))), ...body].join('\n')
}

function cells(figure: Figure): readonly string[] {
  const number = (value: number) => `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${figure.unit}`
  return [
    figure.what,
    number(figure.measured),
    `≤ ${number(figure.atMost)}`,
    isMet(figure) ? 'met' : 'MISSED',
    figure.note,
  ]
}
