/** Who can be talked to, in one type: `relay:2` (also `#2`, `2`), `wechat:<account>/<user>`, `webhook:<name>` (design §5). */

export type Address =
  | { readonly scheme: 'relay'; readonly id: number }
  | { readonly scheme: 'wechat'; readonly account: string; readonly user: string }
  | { readonly scheme: 'webhook'; readonly name: string }

/** The sender of the relay's own notices: no user has the id 0. */
export const RELAY_SYSTEM: Address = { scheme: 'relay', id: 0 }

/** The canonical text, used as a key in the store. */
export function addressKey(address: Address): string {
  switch (address.scheme) {
    case 'relay':
      return `relay:${address.id}`
    case 'wechat':
      return `wechat:${address.account}/${address.user}`
    case 'webhook':
      return `webhook:${address.name}`
  }
}

/** Reads what a user may type. Returns null when it is no address. */
export function parseAddress(text: string): Address | null {
  const relay = /^(?:relay:|#)?(\d{1,15})$/.exec(text)
  if (relay?.[1] !== undefined) return { scheme: 'relay', id: Number(relay[1]) }
  const wechat = /^wechat:([^/]+)\/(.+)$/s.exec(text)
  if (wechat?.[1] !== undefined && wechat[2] !== undefined) {
    return { scheme: 'wechat', account: wechat[1], user: wechat[2] }
  }
  const webhook = /^webhook:(.+)$/s.exec(text)
  if (webhook?.[1] !== undefined) return { scheme: 'webhook', name: webhook[1] }
  return null
}
