import type { Address } from '../core/address.ts'
import type { StoredMessage } from '../store/messages.ts'

/** Who writes through the intake of OI §4.2 is somebody on WeChat, reached by no account of ours: `wechat:abot/<user>`. */

const ACCOUNT = 'abot'

export function abotAddress(user: string): Address {
  return { scheme: 'wechat', account: ACCOUNT, user }
}

/** It came through the intake, and its payload is the body as it came. */
export function isAbotMessage(message: StoredMessage): message is StoredMessage & { readonly payload: Uint8Array } {
  const address = message.from?.address
  return message.payload !== null && address?.scheme === 'wechat' && address.account === ACCOUNT
}
