import { nextToken, parseJson, type Token } from '../webhook/json-text.ts'

/**
 * A payload as files show it: with its blanks, its digits and its unknown parts as they came, and without what opens,
 * finds or answers anything. The store keeps it whole.
 */
export function shownPayload(text: string): string {
  // Of what is no JSON nobody can say where its secrets are.
  if (parseJson(text) === undefined) return `${BLANK} (${Buffer.byteLength(text)} bytes)`
  const parts: string[] = []
  /** For each list and object that is open: it is the value of a secret, so everything in it is one. */
  const open: boolean[] = []
  let beforeLast: Token | null = null
  let last: Token | null = null
  let done = 0
  for (let token = nextToken(text, 0); token !== null; token = nextToken(text, token.to)) {
    const sign = text[token.from] ?? ''
    const key: string | null =
      last !== null && text[last.from] === ':' && beforeLast !== null ? wordOf(text, beforeLast) : null
    const isSecret = open.at(-1) === true || (key !== null && isSecretName(key))
    if (sign === '{' || sign === '[') open.push(isSecret)
    else if (sign === '}' || sign === ']') open.pop()
    else if (sign !== ',' && sign !== ':' && (isSecret || holdsAddress(text, token, key)) && !isNameOf(text, token)) {
      parts.push(text.slice(done, token.from), `"${BLANK}"`)
      done = token.to
    }
    beforeLast = last
    last = token
  }
  parts.push(text.slice(done))
  return parts.join('')
}

const BLANK = '[removed]'

/** IL §17, "never": with other endings too, which newer servers may have. */
const SECRET = /token|ticket|aes_?key|param|cursor|_buf$|authorization|verify_?code|secret|password|url$|^qrcode/i

function isSecretName(key: string): boolean {
  return SECRET.test(key)
}

/** What people write may be an address; in every other place one leads to a file. */
const WORDS: ReadonlySet<string> = new Set(['text', 'title', 'file_name', 'start', 'end'])

function holdsAddress(text: string, { from, to }: Token, key: string | null): boolean {
  if (text[from] !== '"' || (key !== null && WORDS.has(key))) return false
  return /^\s*[a-z][a-z0-9+.-]*:\\?\/\\?\//i.test(text.slice(from + 1, Math.min(to, from + 40)))
}

/** A colon follows: it names a value. */
function isNameOf(text: string, { to }: Token): boolean {
  const next = nextToken(text, to)
  return next !== null && text[next.from] === ':'
}

function wordOf(text: string, { from, to }: Token): string {
  const spelled = text.slice(from, to)
  return String(spelled.includes('\\') ? parseJson(spelled) : spelled.slice(1, -1))
}
