/**
 * JSON as text, for where its values are not enough: ids are longer than the numbers of JavaScript, and what was signed is
 * the text. Nothing here recurses: a million lists within each other are only many.
 */

export type JsonObject = Readonly<Record<string, unknown>>

/** undefined: it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function objectOf(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** Where it stands in the text. */
export interface Member {
  readonly key: string
  /** The first character of the key, its quotation mark. */
  readonly from: number
  readonly valueFrom: number
  readonly to: number
}

/**
 * The members of the object that begins at `at`, in their order, several of one name too; none when it is no object.
 *
 * @param text what JSON.parse took
 */
export function membersOf(text: string, at = 0): Member[] {
  const members: Member[] = []
  let depth = 0
  let key: Token | null = null
  let valueFrom = -1
  let to = -1
  for (let token = nextToken(text, at); token !== null; token = nextToken(text, token.to)) {
    const sign = text[token.from] ?? ''
    if (depth === 0 && sign !== '{') return []
    if (depth === 1 && (sign === ',' || sign === '}')) {
      if (key !== null) members.push({ key: wordOf(text, key), from: key.from, valueFrom, to })
      if (sign === '}') return members
      key = null
      valueFrom = -1
    } else if (depth === 1 && key === null) {
      key = token
    } else if (depth === 1 && valueFrom === -1 && sign !== ':') {
      valueFrom = token.from
    }
    if ('{['.includes(sign)) depth++
    if ('}]'.includes(sign)) depth--
    to = token.to
  }
  return members
}

function wordOf(text: string, { from, to }: Token): string {
  return String(JSON.parse(text.slice(from, to)))
}

/**
 * The same tokens without a blank between them, each character as itself where JSON lets it be.
 *
 * @param text what JSON.parse took, or whole members of it
 */
export function compactJson(text: string): string {
  const parts: string[] = []
  for (let token = nextToken(text, 0); token !== null; token = nextToken(text, token.to)) {
    const spelled = text.slice(token.from, token.to)
    parts.push(spelled.includes('\\') ? JSON.stringify(JSON.parse(spelled)) : spelled)
  }
  return parts.join('')
}

export interface Token {
  readonly from: number
  readonly to: number
}

export function nextToken(text: string, at: number): Token | null {
  let from = at
  while (' \t\n\r'.includes(text[from] ?? '-')) from++
  if (from >= text.length) return null
  return { from, to: endOfToken(text, from) }
}

function endOfToken(text: string, from: number): number {
  const first = text[from] ?? ''
  if (first === '"') return endOfString(text, from)
  if ('{}[],:'.includes(first)) return from + 1
  let to = from + 1
  while (to < text.length && !'{}[],: \t\n\r'.includes(text[to] ?? '')) to++
  return to
}

function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}
