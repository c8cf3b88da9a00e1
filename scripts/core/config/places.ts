import type { Bilingual } from '../i18n.ts'

/** Which addresses on the network may stand in `config.json`. */

/** http or https, and nothing in it that does not belong into an address: no credentials, no fragment. */
function plainUrl(text: string): URL | null {
  if (text.length > LONGEST_URL || !URL.canParse(text)) return null
  const url = new URL(text)
  const isPlain = url.username === '' && url.password === '' && url.hash === ''
  return isPlain && (url.protocol === 'http:' || url.protocol === 'https:') ? url : null
}

const LONGEST_URL = 2000

export function isRelayUrl(text: string): boolean {
  return plainUrl(text)?.search === ''
}

/** Where events may be pushed to. Private addresses are the user's own choice (OI §5.5). */
export function isWebhookUrl(text: string): boolean {
  const url = plainUrl(text)
  return url !== null && !isForbiddenHost(url.hostname)
}

export const WEBHOOK_URL_TAKES: Bilingual = {
  en: 'an address such as "https://log.example.org/events" (http or https, no credentials, no link-local or metadata address)',
  zh: '形如 "https://log.example.org/events" 的地址（http 或 https，不含账号密码，不能是链路本地地址或元数据地址）',
}

/** Where our own secrets go: to this machine, or encrypted (OI §3.5). */
export function isGatewayUrl(text: string): boolean {
  const url = plainUrl(text)
  if (url === null || url.search !== '' || isForbiddenHost(url.hostname)) return false
  return url.protocol === 'https:' || isLoopback(url.hostname)
}

export function plainHttpWarning(baseUrl: string): Bilingual[] {
  const url = new URL(baseUrl)
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return []
  return [
    {
      en: 'The relay is reached over plain http: token and messages can be read on the way. Prefer https.',
      zh: '正在通过明文 http 连接中继：Token 和消息可能在途中被读取。建议使用 https。',
    },
  ]
}

/** Secrets and texts can be read on the way there. */
export function isOpenToReaders(address: string): boolean {
  const url = new URL(address)
  return url.protocol === 'http:' && !isLoopback(url.hostname) && !isPrivate(url.hostname)
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** Of one's own network: its names have one word only, or an ending that no public name has. */
function isPrivate(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '')
  return (
    /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+$/.test(name) ||
    /^\[f[cd][0-9a-f]{2}:/.test(name) ||
    /^[a-z0-9-]+$/.test(name) ||
    /\.(?:local|lan|internal|home\.arpa)$/.test(name)
  )
}

/**
 * Link-local addresses, and those under which clouds hand out credentials of the machine. The forms are those of the
 * URL standard, which has undone every other way to write an address.
 */
function isForbiddenHost(hostname: string): boolean {
  const name = (ipv4Within(hostname) ?? hostname).replace(/\.$/, '')
  return (
    name.startsWith('169.254.') ||
    /^\[fe[89ab][0-9a-f]:/.test(name) ||
    METADATA_HOSTS.has(name) ||
    /^(?:metadata|instance-data)(?:\.|$)/.test(name)
  )
}

/** Alibaba's, Azure's, Oracle's and, by IPv6, Amazon's; the rest is link-local or has a name. */
const METADATA_HOSTS: ReadonlySet<string> = new Set([
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '[fd00:ec2::254]',
])

/** `[::ffff:a9fe:a9fe]` and `[64:ff9b::a9fe:a9fe]` lead to 169.254.169.254. */
function ipv4Within(hostname: string): string | null {
  const [, high, low] = /^\[(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? []
  if (high === undefined || low === undefined) return null
  return [high, low].flatMap(part => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff]).join('.')
}
