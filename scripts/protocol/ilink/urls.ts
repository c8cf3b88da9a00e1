/** Where requests go (IL §1, §7, §8). Addresses in answers are looked at before anything is sent there. */

/** Every login begins here, whatever an earlier one said. */
export const API_BASE = 'https://ilinkai.weixin.qq.com'
export const CDN_BASE = 'https://novac2c.cdn.weixin.qq.com/c2c'

const LONGEST_URL = 8192

/**
 * Where a token may be sent: nowhere in the clear, except on this machine. Without a slash at its end; null: it is no such
 * address.
 */
export function ownUrl(value: unknown): string | null {
  const url = urlIn(value)
  if (url === null || url.search !== '' || url.hash !== '') return null
  const isHere = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !isHere) return null
  return `${url.origin}${url.pathname}`.replace(/\/$/, '')
}

/** Where media lie, in ciphertext and without anybody's token. */
export function mediaUrl(value: unknown): string | null {
  return urlIn(value)?.href ?? null
}

function urlIn(value: unknown): URL | null {
  if (typeof value !== 'string' || value.length > LONGEST_URL) return null
  const url = URL.parse(value.trim())
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null
  return url
}

/** `host` or `host:port`, as it may stand between `https://` and a path. */
export function hostIn(value: unknown): string | null {
  const host = typeof value === 'string' ? value.trim() : ''
  return /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?$/.test(host) ? host : null
}

export type Call = keyof typeof CALLS

/** IL §1. How long the plugin waits for an answer; for a held one it is the hold that counts (IL §5). */
export const CALLS = {
  getQrCode: { method: 'POST', path: '/ilink/bot/get_bot_qrcode?bot_type=3', timeoutMs: 15_000 },
  // Held for about 30 s: with a shorter wait no scan is ever seen.
  getQrStatus: { method: 'GET', path: '/ilink/bot/get_qrcode_status', timeoutMs: 40_000 },
  getUpdates: { method: 'POST', path: '/ilink/bot/getupdates', timeoutMs: 45_000 },
  sendMessage: { method: 'POST', path: '/ilink/bot/sendmessage', timeoutMs: 15_000 },
  getUploadUrl: { method: 'POST', path: '/ilink/bot/getuploadurl', timeoutMs: 15_000 },
  getConfig: { method: 'POST', path: '/ilink/bot/getconfig', timeoutMs: 10_000 },
  sendTyping: { method: 'POST', path: '/ilink/bot/sendtyping', timeoutMs: 10_000 },
  // Of all paths only these two have `msg/`.
  notifyStart: { method: 'POST', path: '/ilink/bot/msg/notifystart', timeoutMs: 10_000 },
  notifyStop: { method: 'POST', path: '/ilink/bot/msg/notifystop', timeoutMs: 10_000 },
} as const

export function callUrl(base: string, call: Call): string {
  return `${withoutSlash(base)}${CALLS[call].path}`
}

/** @param verifyCode what the phone shows, if it asked for that */
export function qrStatusUrl(base: string, { qrcode, verifyCode }: { qrcode: string; verifyCode?: string }): string {
  const code = verifyCode === undefined ? '' : `&verify_code=${encoded(verifyCode)}`
  return `${callUrl(base, 'getQrStatus')}?qrcode=${encoded(qrcode)}${code}`
}

export function cdnUploadUrl(cdn: string, { param, fileKey }: { param: string; fileKey: string }): string {
  return `${withoutSlash(cdn)}/upload?encrypted_query_param=${encoded(param)}&filekey=${encoded(fileKey)}`
}

export function cdnDownloadUrl(cdn: string, param: string): string {
  return `${withoutSlash(cdn)}/download?encrypted_query_param=${encoded(param)}`
}

function withoutSlash(base: string): string {
  return base.endsWith('/') ? base.slice(0, -1) : base
}

/** Half a character would make it throw. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
