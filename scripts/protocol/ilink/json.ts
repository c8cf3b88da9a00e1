import { nextToken, parseJson, type Token } from '../webhook/json-text.ts'

/**
 * The JSON of iLink: its ids are uint64, written as bare numbers, which lose their last digits as numbers of JavaScript
 * (IL §10). Here they are the text of their digits, and go back as they came.
 */
const ID_KEYS: ReadonlySet<string> = new Set(['message_id', 'msg_id', 'svr_id', 'seq'])
/** Each character as an escape, and the quotation marks. */
const LONGEST_ID_KEY = 'message_id'.length * '\\u0000'.length + 2

/** undefined: it is none. */
export function parseIlink(text: string): unknown {
  // Where a value stands, the text of a number is one too: what was no JSON is none afterwards.
  return parseJson(respellIds(text, value => (/^-?(?:0|[1-9]\d*)$/.test(value) ? `"${value}"` : value)))
}

/** Half a character can not be written in UTF-8: it goes out as U+FFFD. */
export function ilinkJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, one: unknown) => (typeof one === 'string' ? one.toWellFormed() : one))
  return respellIds(text, id => /^"(0|[1-9]\d{0,19})"$/.exec(id)?.[1] ?? id)
}

function respellIds(text: string, spell: (value: string) => string): string {
  const parts: string[] = []
  let done = 0
  for (const { key, token } of placesIn(text)) {
    if (key === null || key.to - key.from > LONGEST_ID_KEY || !ID_KEYS.has(wordOf(text, key))) continue
    parts.push(text.slice(done, token.from), spell(text.slice(token.from, token.to)))
    done = token.to
  }
  parts.push(text.slice(done))
  return parts.join('')
}

export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Where the elements of a list of the outermost object are: those that are whole, since the text may end anywhere.
 *
 * @param text characters or, as latin1, bytes: what JSON is built of is the same in both
 */
export function elementsOf(text: string, list: string): Span[] {
  let found: Span[] = []
  let depth = 0
  let inList = false
  let from = -1
  for (const { key, token } of placesIn(text)) {
    const sign = text[token.from] ?? ''
    if (sign === '{' || sign === '[') {
      if (depth === 1 && sign === '[' && key !== null && wordOf(text, key) === list) {
        // Of several of one name the last one counts, as for JSON.parse.
        found = []
        inList = true
      } else if (inList && depth === 2) {
        from = token.from
      }
      depth++
    } else if (sign === '}' || sign === ']') {
      depth--
      if (inList && depth === 2) found.push({ from, to: token.to })
      if (depth === 1) inList = false
    } else if (inList && depth === 2 && sign !== ',') {
      found.push(token)
    }
  }
  return found
}

interface Place {
  readonly token: Token
  /** The name that it is the value of. */
  readonly key: Token | null
}

function* placesIn(text: string): Generator<Place> {
  let beforeLast: Token | null = null
  let last: Token | null = null
  for (let token = nextToken(text, 0); token !== null; token = nextToken(text, token.to)) {
    yield { token, key: last !== null && text[last.from] === ':' ? beforeLast : null }
    beforeLast = last
    last = token
  }
}

function wordOf(text: string, { from, to }: Token): string {
  const spelled = text.slice(from, to)
  return String(spelled.includes('\\') ? parseJson(spelled) : spelled.slice(1, -1))
}
