import { type Address, parseAddress } from '../core/address.ts'
import { codePoints } from '../protocol/relay/profile.ts'

/** What can be written to whom, for everybody who asks for it: commands and the listener. */

/** RC §3 and §5. */
export const LONGEST_TEXT = 1000
export const LONGEST_REQUEST_ID = 256

export type RelayAddress = Address & { readonly scheme: 'relay' }

export type Recipient =
  | { readonly kind: 'relay'; readonly address: RelayAddress }
  /** There is no way to them yet. */
  | { readonly kind: 'elsewhere'; readonly address: Exclude<Address, RelayAddress> }
  | { readonly kind: 'nobody' }

/** @param text as typed: `2`, `#2`, `relay:2` */
export function recipientIn(text: string): Recipient {
  const address = parseAddress(text)
  // The sender of the relay's own notices is nobody.
  if (address === null || (address.scheme === 'relay' && address.id === 0)) return { kind: 'nobody' }
  return address.scheme === 'relay' ? { kind: 'relay', address } : { kind: 'elsewhere', address }
}

export type TextFault =
  | { readonly kind: 'empty' }
  /** RC §5: the relay refuses unpaired surrogates. */
  | { readonly kind: 'half_character' }
  | { readonly kind: 'too_long'; readonly length: number }

/** null: it can be sent. */
export function textFault(text: string): TextFault | null {
  if (text === '') return { kind: 'empty' }
  if (!text.isWellFormed()) return { kind: 'half_character' }
  const length = codePoints(text)
  return length > LONGEST_TEXT ? { kind: 'too_long', length } : null
}
