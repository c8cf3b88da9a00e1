import { z } from 'zod'
import { field, LONGEST_WORD, nearestOf, optional, schemasOf, violationsOf } from './config/fields.ts'
import { invalidConfig, parseObject } from './config/json.ts'
import { LISTENER_SECTION, type ListenerConfig, readListener } from './config/listener.ts'
import { isRelayUrl, plainHttpWarning } from './config/places.ts'
import { ROUTES_SECTION, type RouteConfig, readRoutes, routeConflicts } from './config/routes.ts'
import { missingMapping, readWake, WAKE_SECTION, type WakeConfig } from './config/wake.ts'
import {
  readWebhooks,
  WEBHOOKS_SECTION,
  type WebhooksConfig,
  webhookConflicts,
  webhookWarnings,
} from './config/webhooks.ts'
import { readWechat, WECHAT_SECTION, type WechatConfig } from './config/wechat.ts'
import { readWechatAbot, WECHAT_ABOT_SECTION, type WechatAbotConfig, wrongWebhookUrl } from './config/wechat-abot.ts'
import { type OpenclawSettings, USUAL_GATEWAY_PORT } from './environment.ts'
import type { Bilingual } from './i18n.ts'
import { LONGEST_RETENTION_DAYS, RETENTION_DAYS } from './retention.ts'

export type { ListenerConfig } from './config/listener.ts'
export { isLoopback, isRelayUrl, plainHttpWarning } from './config/places.ts'
export type { RouteConfig } from './config/routes.ts'
export { isWeakSecret } from './config/secrets.ts'
export type { WakeConfig } from './config/wake.ts'
export type { InboundWebhook, OutboundWebhook, WebhooksConfig } from './config/webhooks.ts'
export type { WechatConfig } from './config/wechat.ts'
export type { GroupRules, GroupTrigger, WechatAbotConfig } from './config/wechat-abot.ts'

/** `config.json` (design §4). Everything in it was typed by a person: all that is wrong with it is said at once. */
export interface Config {
  readonly baseUrl: string
  readonly token: string
  readonly myId: string | null
  readonly myName: string
  /** The larger `limit` for relays that throttle to one request per 10 s (RC §11). */
  readonly batchSize: number
  /** Minutes between routine looks into the inbox; 0 = only while the stream is down, as the original skill had it. */
  readonly sweepMinutes: number
  /** Messages older than this are reported, so that the agent asks what to do with them; 0 = never. */
  readonly retentionDays: number
  readonly webhooks: WebhooksConfig
  /** null: not wanted. */
  readonly wechatAbot: WechatAbotConfig | null
  /** null: the agent is not woken. */
  readonly wake: WakeConfig | null
  readonly wechat: WechatConfig
  /** What is passed on by itself. */
  readonly routes: readonly RouteConfig[]
  readonly listener: ListenerConfig
}

export interface ParsedConfig {
  readonly config: Config
  /** For people: unknown keys, risky settings. Nothing in them is secret. */
  readonly warnings: readonly Bilingual[]
}

/** What `config.json.example` holds in the places of the real values. */
export const PLACEHOLDER_URL = 'https://YOUR_RELAY_SERVER:8000'
export const PLACEHOLDER_TOKEN = 'replace_with_token'

const FIELDS = {
  base_url: field(z.string().refine(isRelayUrl), {
    en: 'the address of your relay, such as "https://relay.example.org:8000" (http or https, no query)',
    zh: '中继服务器地址，例如 "https://relay.example.org:8000"（http 或 https，不带查询参数）',
  }),
  token: field(z.string().regex(/^[\x21-\x7e]{1,200}$/), {
    en: 'the token that the relay showed once at registration',
    zh: '注册时中继服务器只显示一次的 Token',
  }),
  my_id: field(z.union([z.string().regex(/^\d{0,15}$/), z.number().int().nonnegative()]).optional(), {
    en: 'your number on the relay, such as 2',
    zh: '你在中继上的编号，例如 2',
  }),
  my_name: field(z.string().max(200).optional(), {
    en: 'your name on the relay, as text',
    zh: '你在中继上的名称（文本）',
  }),
  batch_size: field(z.number().int().min(1).max(500).default(5), {
    en: 'a whole number from 1 to 500',
    zh: '1 到 500 的整数',
  }),
  sweep_minutes: field(z.number().min(0).max(1440).default(5), {
    en: 'minutes from 0 to 1440',
    zh: '0 到 1440 的分钟数',
  }),
  retention_days: field(z.number().int().min(0).max(LONGEST_RETENTION_DAYS).default(RETENTION_DAYS), {
    en: `whole days from 1 to ${LONGEST_RETENTION_DAYS}, or 0 for no reminder`,
    zh: `1 到 ${LONGEST_RETENTION_DAYS} 的整数天数，或 0 表示不提醒`,
  }),
  lang: field(z.enum(['en', 'zh']).optional(), { en: '"en" or "zh"', zh: '"en" 或 "zh"' }),
  webhooks: optional(WEBHOOKS_SECTION),
  wechat_abot: optional(WECHAT_ABOT_SECTION),
  wake: optional(WAKE_SECTION),
  wechat: optional(WECHAT_SECTION),
  routes: optional(ROUTES_SECTION),
  listener: optional(LISTENER_SECTION),
}

/** Unknown keys up here are other people's business, and a warning; within our sections they are errors. */
const schema = z.object(schemasOf(FIELDS))

/**
 * @param env what the environment names wins over what stands in the file
 * @throws ConfigError with every violation in one message: path, reason, cure. Values are never repeated: some of them
 *   are secrets.
 */
export function parseConfig(text: string, env: Partial<OpenclawSettings> = {}): ParsedConfig {
  const value = parseObject(text)
  const result = schema.safeParse(value)
  const violations = [
    ...(result.success ? [] : violationsOf(result.error.issues, FIELDS, value)),
    ...webhookConflicts(value['webhooks']),
    ...wrongWebhookUrl(value['wechat_abot'], env),
    ...missingMapping(value['wake']),
    ...routeConflicts(value),
  ]
  if (!result.success || violations.length > 0) throw invalidConfig(violations)
  const { data } = result
  const webhooks = readWebhooks(data.webhooks)
  const { gatewayPort = USUAL_GATEWAY_PORT } = env
  const unknown = Object.keys(value).filter(key => !Object.hasOwn(FIELDS, key))
  return {
    config: {
      baseUrl: data.base_url.replace(/\/+$/, ''),
      token: data.token,
      myId: data.my_id === undefined || data.my_id === '' ? null : String(data.my_id),
      myName: data.my_name ?? '',
      batchSize: data.batch_size,
      sweepMinutes: data.sweep_minutes,
      retentionDays: data.retention_days,
      webhooks,
      wechatAbot: readWechatAbot(data.wechat_abot, { ...env, gatewayPort }),
      wake: readWake(data.wake, gatewayPort),
      wechat: readWechat(data.wechat),
      routes: readRoutes(data.routes),
      listener: readListener(data.listener),
    },
    warnings: [...unknown.map(unknownKey), ...plainHttpWarning(data.base_url), ...webhookWarnings(webhooks)],
  }
}

/** The placeholders of the example count as "not registered yet". */
export function isRegistered(config: Config): boolean {
  return config.baseUrl !== PLACEHOLDER_URL && config.token !== PLACEHOLDER_TOKEN
}

/** What the daemon and `doctor` say about the file as a whole. */
export const CONFIG_NOTES = {
  missing: {
    en: 'Not registered yet: there is no config.json.',
    zh: '尚未注册：没有 config.json。',
  },
  placeholders: {
    en: 'config.json still holds the placeholders of the example.',
    zh: 'config.json 仍是示例中的占位内容。',
  },
  fillIn: {
    en: 'Register with "register --base-url URL --name NAME". With a token that you have already: copy config.json.example into the data folder as config.json and fill in base_url and token.',
    zh: '用 "register --base-url 地址 --name 名称" 注册。若已有 Token：将 config.json.example 复制到数据目录并命名为 config.json，填写 base_url 和 token。',
  },
  readableByOthers: {
    en: 'config.json can be read by other users of this machine: chmod 600 config.json',
    zh: '本机其他用户可以读取 config.json：请执行 chmod 600 config.json',
  },
} as const satisfies Readonly<Record<string, Bilingual>>

/** Where the identity of this configuration lives: relay and token. Compare with it, never print it. */
export function sameIdentity(a: Config, b: Config): boolean {
  return a.baseUrl === b.baseUrl && a.token === b.token
}

function unknownKey(key: string): Bilingual {
  const shown = JSON.stringify(key.slice(0, LONGEST_WORD))
  const near = nearestOf(key, Object.keys(FIELDS))
  return {
    en: `config.json: unknown key ${shown} is ignored${near === null ? '' : `; did you mean "${near}"?`}`,
    zh: `config.json：忽略未知字段 ${shown}${near === null ? '' : `；是否想写 "${near}"？`}`,
  }
}
