import { z } from 'zod'
import { EVENT_NAMES, type EventName, isEventName } from '../events.ts'
import type { Bilingual } from '../i18n.ts'
import { field, named, optional, section, wrongValue } from './fields.ts'
import { isOpenToReaders, isWebhookUrl, WEBHOOK_URL_TAKES } from './places.ts'
import { SECRET, secretOf } from './secrets.ts'

/** Where events are pushed to. */
export interface OutboundWebhook {
  readonly name: string
  readonly url: string
  readonly events: readonly EventName[]
  /** null: what is sent is not signed. */
  readonly secret: string | null
  /** false: paused. Events are queued, not sent. */
  readonly enabled: boolean
  /** Tries after the first. */
  readonly retries: number
  readonly retryDelayMs: number
  readonly timeoutMs: number
  readonly retryStatusCodes: readonly number[]
}

/** How others prove that a request is theirs (OI §5.5). */
export type InboundKind = 'telegram' | 'discord' | 'slack' | 'generic'

/** What is taken in at `/webhook/<name>`. */
export interface InboundWebhook {
  readonly name: string
  readonly path: string
  /** The public address that a proxy maps to the path. */
  readonly url: string | null
  readonly channel: string | null
  readonly kind: InboundKind
  /** false: paused. Requests are refused. */
  readonly enabled: boolean
  readonly verifySignature: boolean
  readonly secret: string | null
  /** Ed25519, 64 hexadecimal digits. */
  readonly publicKey: string | null
}

export interface WebhooksConfig {
  readonly inbound: readonly InboundWebhook[]
  readonly outbound: readonly OutboundWebhook[]
}

/** A part of an address of ours, of the name of a sink, and of a command line. */
export const WEBHOOK_NAME = /^[a-z0-9-]{1,40}$/

export const INBOUND_KINDS: readonly InboundKind[] = ['telegram', 'discord', 'slack', 'generic']

/** OI §5.2. Milliseconds. */
export const OUTBOUND_BOUNDS = {
  retries: { least: 0, most: 10, usual: 3 },
  retryDelay: { least: 100, most: 600_000, usual: 5000 },
  timeout: { least: 1000, most: 60_000, usual: 10_000 },
} as const

/** Servers that are in trouble; 429 is tried again always. */
export const RETRY_STATUS_CODES: readonly number[] = [500, 502, 503, 504]

function bounded({ least, most, usual }: { least: number; most: number; usual: number }) {
  return field(z.int().min(least).max(most).default(usual), {
    en: `a whole number from ${least} to ${most}`,
    zh: `${least} 到 ${most} 的整数`,
  })
}

const SWITCH = field(z.boolean().default(true), { en: 'true or false', zh: 'true 或 false' })

const OUTBOUND = section({
  url: field(z.string().refine(isWebhookUrl), WEBHOOK_URL_TAKES),
  events: field(z.array(z.string().refine(isSubscribable)).min(1).max(100).default(['*']), {
    en: `a list of events (${EVENT_NAMES.join(', ')}, or "*" for all)`,
    zh: `事件列表（${EVENT_NAMES.join('、')}，或 "*" 表示全部）`,
  }),
  secret: SECRET,
  enabled: SWITCH,
  retries: bounded(OUTBOUND_BOUNDS.retries),
  retryDelay: bounded(OUTBOUND_BOUNDS.retryDelay),
  timeout: bounded(OUTBOUND_BOUNDS.timeout),
  retryStatusCodes: field(
    z
      .array(z.int().min(400).max(599))
      .max(200)
      .default([...RETRY_STATUS_CODES]),
    { en: 'a list of status codes from 400 to 599', zh: '400 到 599 的状态码列表' },
  ),
})

const INBOUND = section({
  path: field(z.string().optional(), { en: '"/webhook/<its name>"', zh: '"/webhook/<名称>"' }),
  url: field(z.string().refine(isWebhookUrl).nullish(), WEBHOOK_URL_TAKES),
  channel: field(
    z
      .string()
      .max(100)
      .regex(/^\P{Cc}*$/u)
      .nullish(),
    {
      en: 'a name of up to 100 characters, or null',
      zh: '最多 100 个字符的名称，或 null',
    },
  ),
  kind: field(z.enum(INBOUND_KINDS).optional(), {
    en: INBOUND_KINDS.map(kind => `"${kind}"`).join(', '),
    zh: INBOUND_KINDS.map(kind => `"${kind}"`).join('、'),
  }),
  enabled: SWITCH,
  verifySignature: SWITCH,
  secret: SECRET,
  publicKey: field(
    z
      .string()
      .regex(/^(?:[0-9a-f]{64})?$/i)
      .nullish(),
    { en: '64 hexadecimal digits, or null', zh: '64 位十六进制数字，或 null' },
  ),
})

export const WEBHOOKS_SECTION = section({
  inbound: optional(named(WEBHOOK_NAME, INBOUND)),
  outbound: optional(named(WEBHOOK_NAME, OUTBOUND)),
})

type Typed = z.output<typeof WEBHOOKS_SECTION.schema>

export function readWebhooks(typed: Typed | null | undefined): WebhooksConfig {
  return {
    inbound: Object.entries(typed?.inbound ?? {}).map(([name, one]) => ({
      name,
      path: pathOf(name),
      url: secretOf(one.url),
      channel: secretOf(one.channel),
      kind: one.kind ?? inboundKind(name, one.channel),
      enabled: one.enabled,
      verifySignature: one.verifySignature,
      secret: secretOf(one.secret),
      publicKey: secretOf(one.publicKey),
    })),
    outbound: Object.entries(typed?.outbound ?? {}).map(([name, one]) => ({
      name,
      url: one.url,
      events: eventNamesOf(one.events),
      secret: secretOf(one.secret),
      enabled: one.enabled,
      retries: one.retries,
      retryDelayMs: one.retryDelay,
      timeoutMs: one.timeout,
      retryStatusCodes: one.retryStatusCodes,
    })),
  }
}

function pathOf(name: string): string {
  return `/webhook/${name}`
}

/** Where nothing is said of it, the name tells, or the channel's. */
export function inboundKind(name: string, channel: string | null | undefined): InboundKind {
  const begins = (text: string) => INBOUND_KINDS.find(kind => new RegExp(`^${kind}(?![a-z])`, 'i').test(text))
  return begins(name) ?? begins(channel ?? '') ?? 'generic'
}

/** `*` stands for all, `error` for message.error: the tutorial has both (OI §5.3). */
export function isSubscribable(word: string): boolean {
  return word === '*' || word === 'error' || isEventName(word)
}

function eventNamesOf(words: readonly string[]): readonly EventName[] {
  if (words.includes('*')) return EVENT_NAMES
  const wanted = words.map(word => (word === 'error' ? 'message.error' : word))
  return EVENT_NAMES.filter(name => wanted.includes(name))
}

/** What no single key can tell, of what was typed: whatever else may be wrong with it. */
export function webhookConflicts(value: unknown): Bilingual[] {
  const inbound = memberOf(value, 'inbound')
  const outbound = Object.keys(memberOf(value, 'outbound'))
  const found: Bilingual[] = []
  for (const [name, one] of Object.entries(inbound)) {
    if (outbound.includes(name)) found.push(usedTwice(name))
    const path: unknown = Reflect.get(Object(one), 'path')
    if (typeof path === 'string' && path !== pathOf(name)) {
      const takes = `"${pathOf(name)}"`
      found.push(wrongValue(['webhooks', 'inbound', name, 'path'], { en: takes, zh: takes }))
    }
  }
  return found
}

function memberOf(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const member: unknown = Reflect.get(Object(value), key)
  return typeof member === 'object' && member !== null && !Array.isArray(member) ? { ...member } : {}
}

function usedTwice(name: string): Bilingual {
  const shown = JSON.stringify(name.slice(0, 40))
  return {
    en: `webhooks has ${shown} under inbound and under outbound; each name is to be used once`,
    zh: `webhooks 的 inbound 和 outbound 中都有 ${shown}；名称不能重复`,
  }
}

export function webhookWarnings({ inbound, outbound }: WebhooksConfig): Bilingual[] {
  const open = [...inbound, ...outbound].filter(({ url }) => url !== null && isOpenToReaders(url))
  const names = open.map(one => one.name).join(', ')
  const keyless = inbound
    .filter(one => one.verifySignature && (one.kind === 'discord' ? one.publicKey : one.secret) === null)
    .map(one => one.name)
    .join(', ')
  return [...(names === '' ? [] : [plainHttp(names)]), ...(keyless === '' ? [] : [nothingToCheckWith(keyless)])]
}

function plainHttp(names: string): Bilingual {
  return {
    en: `Webhooks over plain http (${names}): secrets and texts can be read on the way. Prefer https.`,
    zh: `以下 webhook 使用明文 http（${names}）：密钥和内容可能在途中被读取。建议使用 https。`,
  }
}

function nothingToCheckWith(names: string): Bilingual {
  return {
    en: `Inbound webhooks without the secret or public key that their signatures are checked with (${names}): every request is refused until there is one.`,
    zh: `以下入站 webhook 缺少用于校验签名的密钥或公钥（${names}）：补上之前所有请求都会被拒绝。`,
  }
}
