import type { ParseArgsOptionsConfig } from 'node:util'
import { OUTBOUND_BOUNDS, RETRY_STATUS_CODES } from '../../core/config/webhooks.ts'
import type { Bilingual } from '../../core/i18n.ts'
import type { CommandContext } from '../command.ts'

/** One verb of `webhooks`. Its module is loaded only when it is called. */
export interface Subcommand {
  /** Whose name follows the verb: a webhook's, or that of anything with a queue or a log; null: none. */
  readonly takes: 'webhook' | 'any' | null
  readonly options: readonly WebhookOption[]
  /** @param name '' where none is taken */
  run(context: CommandContext, name: string): Promise<number>
}

/** What the verbs of `webhooks` take between them; each names those that are its own. */

export const MOST_LOGS = 10_000
export const USUAL_LOGS = 20

const { retries, retryDelay, timeout } = OUTBOUND_BOUNDS

const TABLE = {
  url: {
    type: 'string',
    help: {
      en: 'URL  where to push to; of an inbound one its public address',
      zh: '地址  推送目标；入站时为其公网地址',
    },
  },
  events: {
    type: 'string',
    help: {
      en: 'LIST  such as message.received,error; "*" for all',
      zh: '列表  例如 message.received,error；"*" 表示全部',
    },
  },
  'secret-stdin': { type: 'boolean', help: { en: 'the secret comes from stdin', zh: '从标准输入读取密钥' } },
  'secret-env': {
    type: 'string',
    help: { en: 'NAME  the secret is in this environment variable', zh: '变量名  密钥在该环境变量中' },
  },
  secret: {
    type: 'string',
    help: {
      en: 'TEXT  the same, but whoever lists processes can read it',
      zh: '文本  同上，但能查看进程列表的人都能看到',
    },
  },
  retries: {
    type: 'string',
    help: {
      en: `N  tries after the first, ${retries.least} to ${retries.most} (${retries.usual})`,
      zh: `N  首次之后的重试次数，${retries.least} 到 ${retries.most}（默认 ${retries.usual}）`,
    },
  },
  'retry-delay': {
    type: 'string',
    help: {
      en: `MS  before the second try, doubled each time (${retryDelay.usual})`,
      zh: `毫秒  第二次尝试前的等待，之后逐次加倍（默认 ${retryDelay.usual}）`,
    },
  },
  timeout: {
    type: 'string',
    help: {
      en: `MS  no answer after this long is none (${timeout.usual})`,
      zh: `毫秒  超过该时间视为无应答（默认 ${timeout.usual}）`,
    },
  },
  'retry-status': {
    type: 'string',
    help: {
      en: `LIST  status codes that are tried again (${RETRY_STATUS_CODES.join()}; 429 always)`,
      zh: `列表  会重试的状态码（默认 ${RETRY_STATUS_CODES.join()}；429 总是重试）`,
    },
  },
  'verify-signature': {
    type: 'boolean',
    help: {
      en: 'inbound: take only what is signed; a secret is made if there is none',
      zh: '入站：只接受有签名的请求；没有密钥时会生成一个',
    },
  },
  'public-key': {
    type: 'string',
    help: {
      en: 'KEY  inbound from Discord: the public key of the application',
      zh: '公钥  来自 Discord 的入站：应用的公钥',
    },
  },
  channel: {
    type: 'string',
    help: { en: 'NAME  inbound: what you call that channel', zh: '名称  入站：你给该渠道起的名称' },
  },
  inbound: { type: 'boolean', help: { en: 'test the inbound one of that name', zh: '测试该名称的入站 webhook' } },
  last: {
    type: 'string',
    help: { en: `N  so many requests (${USUAL_LOGS})`, zh: `N  显示的请求数（默认 ${USUAL_LOGS}）` },
  },
  failed: {
    type: 'boolean',
    help: {
      en: 'logs: only failures, and dead letters; redeliver: all dead letters',
      zh: 'logs：只看失败和死信；redeliver：全部死信',
    },
  },
  id: { type: 'string', help: { en: 'EVENT  redeliver: only this one', zh: '事件编号  redeliver：只重发这一个' } },
  yes: { type: 'boolean', help: { en: 'delete: the owner agreed', zh: 'delete：主人已同意' } },
} as const satisfies Readonly<Record<string, { type: 'string' | 'boolean'; help: Bilingual }>>

export type WebhookOption = keyof typeof TABLE

export const SECRET_OPTIONS = ['secret', 'secret-stdin', 'secret-env'] as const satisfies readonly WebhookOption[]

export const OPTIONS: ParseArgsOptionsConfig = Object.fromEntries(
  Object.entries(TABLE).map(([name, { type }]) => [name, { type }]),
)

export const OPTION_HELP: Readonly<Record<string, Bilingual>> = Object.fromEntries(
  Object.entries(TABLE).map(([name, { help }]) => [name, help]),
)
