import { z } from 'zod'
import { addressKey, parseAddress } from '../address.ts'
import type { OpenclawSettings } from '../environment.ts'
import type { Bilingual } from '../i18n.ts'
import { field, optional, section, wrongValue } from './fields.ts'
import { isGatewayUrl } from './places.ts'
import { SECRET, secretOf } from './secrets.ts'

/** The two ways between us and a wechat_abot plugin (OI §4). */
export interface WechatAbotConfig {
  readonly webhookUrl: string
  readonly webhookSecret: string | null
  readonly botToken: string | null
  readonly intakeSecret: string | null
  /** Who may ask us; null: whoever reaches this machine's own address. */
  readonly allowedIps: readonly string[] | null
  /** Whom the plugin may write to: `relay:2`, or the id of a WeChat user or group; null: anybody. */
  readonly allowedRecipients: readonly string[] | null
  /** Who we are in groups. */
  readonly ownId: string | null
  readonly ownNames: readonly string[]
  readonly groups: GroupRules
}

/** What of a group is pushed (OI §4.5): everything, what mentions us, what people on a list write, nothing. */
export type GroupTrigger = 'all' | 'mention' | 'allowlist' | 'off'

export interface GroupRules {
  /** For groups that have no rule of their own. */
  readonly trigger: GroupTrigger
  /** By the id of the group. */
  readonly byGroup: Readonly<Record<string, GroupTrigger>>
  /** Ids of those whose messages are pushed where the rule is `allowlist`. */
  readonly allowlist: readonly string[]
}

const USUAL_TRIGGER: GroupTrigger = 'mention'
const TRIGGERS: readonly GroupTrigger[] = ['all', 'mention', 'allowlist', 'off']
const TRIGGER_TAKES: Bilingual = {
  en: TRIGGERS.map(trigger => `"${trigger}"`).join(', '),
  zh: TRIGGERS.map(trigger => `"${trigger}"`).join('、'),
}

/** An id or a name on the other side. */
const word = z.string().regex(/^\P{Cc}{1,200}$/u)
const words = z.array(word).max(1000)
const WORDS_TAKES: Bilingual = { en: 'a list of ids or names', zh: '编号或名称的列表' }

const URL_TAKES: Bilingual = {
  en: 'the address of the plugin in OpenClaw: on this machine, or https',
  zh: 'OpenClaw 中该插件的地址：须在本机或使用 https',
}

export const WECHAT_ABOT_SECTION = section({
  enabled: field(z.boolean().default(true), { en: 'true or false', zh: 'true 或 false' }),
  webhookUrl: field(z.string().refine(isGatewayUrl).optional(), URL_TAKES),
  webhookSecret: SECRET,
  botToken: SECRET,
  intakeSecret: SECRET,
  allowedIps: field(
    z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .min(1)
      .max(1000)
      .nullish(),
    { en: 'a list of IP addresses, or null', zh: 'IP 地址列表，或 null' },
  ),
  allowedRecipients: field(words.nullish(), {
    en: 'a list such as ["#2", "wxid_…", "…@chatroom"], or null',
    zh: '形如 ["#2", "wxid_…", "…@chatroom"] 的列表，或 null',
  }),
  ownId: field(z.union([word, z.literal('')]).nullish(), {
    en: 'your own id on WeChat, as text, or null',
    zh: '你自己的微信编号（文本），或 null',
  }),
  ownNames: field(words.default([]), WORDS_TAKES),
  groups: optional(
    section({
      trigger: field(z.enum(TRIGGERS).default(USUAL_TRIGGER), TRIGGER_TAKES),
      byGroup: field(z.record(word, z.enum(TRIGGERS)).default({}), {
        en: `an object: { "…@chatroom": ${TRIGGER_TAKES.en} }`,
        zh: `一个对象：{ "…@chatroom": ${TRIGGER_TAKES.zh} }`,
      }),
      allowlist: field(words.default([]), WORDS_TAKES),
    }),
  ),
})

type Typed = z.output<typeof WECHAT_ABOT_SECTION.schema>

/** @returns null when it is switched off; what the environment names wins (OI §4.5) */
export function readWechatAbot(
  typed: Typed | null | undefined,
  env: Partial<OpenclawSettings> & { readonly gatewayPort: number },
): WechatAbotConfig | null {
  if (typed?.enabled !== true) return null
  return {
    webhookUrl: env.webhookUrl ?? typed.webhookUrl ?? `http://127.0.0.1:${env.gatewayPort}/wechat_abot/webhook`,
    webhookSecret: secretOf(env.webhookSecret ?? typed.webhookSecret),
    botToken: secretOf(env.botToken ?? typed.botToken),
    intakeSecret: secretOf(typed.intakeSecret),
    allowedIps: typed.allowedIps ?? null,
    allowedRecipients: typed.allowedRecipients?.map(recipientKey) ?? null,
    ownId: secretOf(typed.ownId),
    ownNames: typed.ownNames,
    groups: typed.groups ?? { trigger: USUAL_TRIGGER, byGroup: {}, allowlist: [] },
  }
}

/** People on the relay have one canonical form; everybody else is named as WeChat does. */
function recipientKey(text: string): string {
  const address = parseAddress(text)
  return address?.scheme === 'relay' ? addressKey(address) : text
}

/** The environment may say something that the file may not. */
export function wrongWebhookUrl(value: unknown, { webhookUrl }: Partial<OpenclawSettings>): Bilingual[] {
  const isWanted = value !== undefined && value !== null && Reflect.get(Object(value), 'enabled') !== false
  if (webhookUrl === undefined || !isWanted || isGatewayUrl(webhookUrl)) return []
  return [wrongValue(['OPENCLAW_WEBHOOK_URL'], URL_TAKES)]
}
