import { failure } from './exchange.ts'

/**
 * The listener is on this machine's own address, so who comes directly is 127.0.0.1. Behind a proxy everybody is the
 * proxy: what it says of others in headers anybody can write, so it is not asked.
 */
export function isAllowedIp(remoteAddress: string, allowed: readonly string[] | null): boolean {
  return allowed === null || allowed.map(plain).includes(plain(remoteAddress))
}

/** An IPv4 address as an IPv6 socket names it. */
function plain(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
}

export const NOT_FROM_THERE = failure(403, 'forbidden', {
  en: 'Requests from this address are not allowed (wechat_abot.allowedIps).',
  zh: '不允许来自此地址的请求（wechat_abot.allowedIps）。',
})
