import { shownText } from '../untrusted-text.ts'

/** Single values of answers, which may be anything: what they are not is null. */

/** Something is written there. */
export function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** Fit for a header and for a URL: tokens, keys and links are nothing else. */
export function printableIn(value: unknown, longest: number): string | null {
  const text = typeof value === 'string' ? value.trim() : ''
  return text.length <= longest && /^[!-~]+$/.test(text) ? text : null
}

/** A count or a size, as a number or in digits. */
export function countIn(value: unknown): number | null {
  const count = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null
}

/** As `parseIlink` leaves it. Zeros are what protobuf writes for none. */
export function idIn(value: unknown): string | null {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  return typeof id === 'string' && !/^0*$/.test(id) ? id : null
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A sentence of a server needs no more. */
const LONGEST_WORDS = 200

/** No word of a language: a token, a key, a cursor. They are repeated by some servers, and belong into no log (IL §17). */
const SECRET_LIKE = /[\w+/=:@.-]{24,}/g

/** What the other side says of it, made harmless. */
export function wordsIn(value: unknown): string | null {
  const words = typeof value === 'string' ? value.trim() : ''
  return words === '' ? null : shownText(words.replace(SECRET_LIKE, '[…]'), LONGEST_WORDS).text
}
