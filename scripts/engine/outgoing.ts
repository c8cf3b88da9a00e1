import { type Address, parseAddress } from '../core/address.ts'
import { codePoints } from '../protocol/relay/profile.ts'

/** What can be written to whom, for everybody who asks for it: commands and the listener. */

/** RC §3 and §5. */
export const LONGEST_TEXT = 1000
/** Of no contract: WeChat takes it in parts, and what does not fit into those as a file. */
export const LONGEST_WECHAT_TEXT = 50_000
export const LONGEST_REQUEST_ID = 256

export type RelayAddress = Address & { readonly scheme: 'relay' }
export type WechatAddress = Address & { readonly scheme: 'wechat' }

export type Recipient =
  | { readonly kind: 'relay'; readonly address: RelayAddress }
  | { readonly kind: 'wechat'; readonly address: WechatAddress }
  /** There is no way to them. */
  | { readonly kind: 'elsewhere'; readonly address: Exclude<Address, RelayAddress | WechatAddress> }
  | { readonly kind: 'nobody' }

/** @param text as typed: `2`, `#2`, `relay:2`, `wechat:main/me` */
export function recipientIn(text: string): Recipient {
  const address = parseAddress(text)
  // The sender of the relay's own notices is nobody.
  if (address === null || (address.scheme === 'relay' && address.id === 0)) return { kind: 'nobody' }
  switch (address.scheme) {
    case 'relay':
      return { kind: 'relay', address }
    case 'wechat':
      return { kind: 'wechat', address }
    case 'webhook':
      return { kind: 'elsewhere', address }
  }
}

export type TextFault =
  | { readonly kind: 'empty' }
  /** RC §5: the relay refuses unpaired surrogates. */
  | { readonly kind: 'half_character' }
  | { readonly kind: 'too_long'; readonly length: number }

/** @returns null when it can be sent */
export function textFault(text: string, longest = LONGEST_TEXT): TextFault | null {
  if (text === '') return { kind: 'empty' }
  if (!text.isWellFormed()) return { kind: 'half_character' }
  const length = codePoints(text)
  return length > longest ? { kind: 'too_long', length } : null
}
