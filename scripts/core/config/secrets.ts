import { z } from 'zod'
import { field } from './fields.ts'

/** What the owner agreed on with the other side, byte for byte. */
export const SECRET = field(
  z
    .string()
    .max(256)
    .regex(/^\P{Cc}*$/u)
    .nullish(),
  {
    en: 'a secret of up to 256 characters, or null',
    zh: '最多 256 个字符的密钥，或 null',
  },
)

/** Nothing to guess: `change_me` is what examples elsewhere have, and ours say `replace_with_…`. */
const SHORTEST_SECRET = 16

/** What a channel refuses to start with (OI §4.5): none, a placeholder, a short one. */
export function isWeakSecret(text: string | null): boolean {
  return text === null || text.length < SHORTEST_SECRET || /^(?:change[_-]?me|replace[_-]|your[_-]|example)/i.test(text)
}

/** An empty one is none. */
export function secretOf(text: string | null | undefined): string | null {
  return text === undefined || text === null || text === '' ? null : text
}
