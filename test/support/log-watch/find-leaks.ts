export interface Journal {
  readonly lines: Iterable<string>
  /** Value and kind. At least `HEAD` characters. */
  readonly secrets: ReadonlyMap<string, string>
  /** Digits, as whole numbers. */
  readonly codes: ReadonlySet<string>
}

const HEAD = 8
/** Half a token is a token: as much of it is looked for. */
const ENOUGH = 20

/** One pass over the lines, however many secrets there are: their heads lead to them. */
export function findLeaks({ lines, secrets, codes }: Journal): string[] {
  const byHead = new Map<string, { readonly part: string; readonly kind: string }[]>()
  for (const [value, kind] of secrets) {
    const head = value.slice(0, HEAD)
    const known = byHead.get(head) ?? []
    known.push({ part: value.slice(0, ENOUGH), kind })
    byHead.set(head, known)
  }
  const found = new Set<string>()
  for (const line of lines) {
    for (let at = 0; at + HEAD <= line.length; at++) {
      for (const { part, kind } of byHead.get(line.slice(at, at + HEAD)) ?? []) {
        if (line.startsWith(part, at)) found.add(`${kind}: ${line}`)
      }
    }
    if (codes.size === 0) continue
    for (const [number] of line.matchAll(/\d+/g)) if (codes.has(number)) found.add(`verify code: ${line}`)
  }
  return [...found].sort()
}
