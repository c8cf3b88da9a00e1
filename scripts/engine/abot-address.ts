import type { Address } from '../core/address.ts'
import type { StoredMessage } from '../store/messages.ts'

/** Who writes through the intake of OI §4.2 is somebody on WeChat, reached by no account of ours: `wechat:abot/<user>`. */

export const ABOT_ACCOUNT = 'abot'

export function abotAddress(user: string): Address {
  return { scheme: 'wechat', account: ABOT_ACCOUNT, user }
}

/**
 * It came through the intake, and its payload is the body as it came. Not every body says who wrote it, so the address
 * does not tell.
 */
export function isAbotMessage(message: StoredMessage): message is StoredMessage & { readonly payload: Uint8Array } {
  return message.payload !== null && message.via === 'webhook' && message.from?.address.scheme !== 'webhook'
}
