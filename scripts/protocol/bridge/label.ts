import { addressKey } from '../../core/address.ts'
import type { Party } from '../../core/message.ts'
import { escapeAddressPart, escapeName } from '../visible-escape.ts'

/**
 * How people are called in texts for a phone: `bob #2`. The number is ours: no name holds a `#` or a colon, so the first
 * ones of a line are those that we wrote.
 */
export function labelOf(party: Party | null): string {
  if (party === null) return UNVERIFIED
  const { address, name } = party
  switch (address.scheme) {
    case 'relay': {
      const shown = shownName(name)
      return shown === '' ? `#${address.id}` : `${shown} #${address.id}`
    }
    case 'wechat':
      return shortened(`wechat:${escapeAddressPart(address.account)}/${escapeAddressPart(address.user)}`, LONGEST_LABEL)
    case 'webhook':
      return shortened(`webhook:${escapeAddressPart(address.name)}`, LONGEST_LABEL)
  }
}

/** As `bridge_notices` keeps whom a notice told of. */
export function peerOf(party: Party | null): string {
  return party === null ? UNVERIFIED : addressKey(party.address)
}

const UNVERIFIED = 'unverified'
/** UTF-16 units, like everything that counts for WeChat. */
const LONGEST_NAME = 24
/** A name, a blank, a `#` and fifteen digits. */
export const LONGEST_LABEL = LONGEST_NAME + 17

/** Never half an escape: what is left of one could be taken for another. */
export function shownName(name: string): string {
  let shown = ''
  for (const character of name) {
    const next = spell(character)
    if (shown.length + next.length >= LONGEST_NAME) return `${shown}…`
    shown += next
  }
  return shown.trim()
}

function spell(character: string): string {
  // A blank is escaped at the ends only, and every character is an end here.
  if (character === ' ') return character
  if (character === ':') return '\\u003a'
  return character === '：' ? '\\uff1a' : escapeName(character)
}

/** Never half a character. */
export function shortened(text: string, units: number): string {
  if (text.length <= units) return text
  const end = units - 1
  const isTorn = (text.codePointAt(end - 1) ?? 0) > 0xffff
  return `${text.slice(0, Math.max(0, isTorn ? end - 1 : end)).trimEnd()}…`
}
