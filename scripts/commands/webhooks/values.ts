import { isWebhookUrl, WEBHOOK_URL_TAKES } from '../../core/config/places.ts'
import { isSubscribable } from '../../core/config/webhooks.ts'
import { EVENT_NAMES } from '../../core/events.ts'
import type { Bilingual } from '../../core/i18n.ts'
import { option, wrongUsage } from '../arguments.ts'
import type { CommandContext } from '../command.ts'
import { SECRET_OPTIONS, type WebhookOption } from './subcommand.ts'

/** What users type behind the options. Each of these throws a UsageError, and gives undefined where nothing was typed. */

export function urlOption(context: CommandContext): string | undefined {
  const url = option(context, 'url')
  if (url === undefined || isWebhookUrl(url)) return url
  throw wrongUsage('webhooks', {
    en: `--url takes ${WEBHOOK_URL_TAKES.en}.`,
    zh: `--url 应为${WEBHOOK_URL_TAKES.zh}。`,
  })
}

export function eventsOption(context: CommandContext): string[] | undefined {
  const words = listOption(context, 'events')
  if (words === undefined || (words.length > 0 && words.every(isSubscribable))) return words
  const known = EVENT_NAMES.join(', ')
  throw wrongUsage('webhooks', {
    en: `--events takes a list of these: ${known}; "*" for all.`,
    zh: `--events 应为以下事件的列表：${known}；"*" 表示全部。`,
  })
}

export function retryStatusOption(context: CommandContext): number[] | undefined {
  const codes = listOption(context, 'retry-status')?.map(word => (/^[45]\d\d$/.test(word) ? Number(word) : 0))
  if (codes === undefined || codes.every(code => code > 0)) return codes
  throw wrongUsage('webhooks', {
    en: '--retry-status takes a list of status codes from 400 to 599, such as 500,502.',
    zh: '--retry-status 应为 400 到 599 的状态码列表，例如 500,502。',
  })
}

function listOption(context: CommandContext, name: WebhookOption): string[] | undefined {
  return option(context, name)
    ?.split(',')
    .map(word => word.trim())
    .filter(word => word !== '')
}

export function publicKeyOption(context: CommandContext): string | undefined {
  const key = option(context, 'public-key')
  if (key === undefined || /^[0-9a-f]{64}$/i.test(key)) return key
  throw wrongUsage('webhooks', {
    en: '--public-key takes 64 hexadecimal digits.',
    zh: '--public-key 应为 64 位十六进制数字。',
  })
}

export function channelOption(context: CommandContext): string | undefined {
  const channel = option(context, 'channel')
  if (channel === undefined || /^\P{Cc}{1,100}$/u.test(channel)) return channel
  throw wrongUsage('webhooks', {
    en: '--channel takes a name of up to 100 characters.',
    zh: '--channel 应为最多 100 个字符的名称。',
  })
}

/** From wherever it comes; at most one of the three ways. */
export async function secretOption(context: CommandContext): Promise<string | undefined> {
  const ways = SECRET_OPTIONS.filter(name => context.values[name] !== undefined)
  if (ways.length > 1) throw wrongUsage('webhooks', ONE_SECRET)
  if (ways.length === 0) return undefined
  const secret = await readSecret(context)
  if (/^\P{Cc}{1,256}$/u.test(secret)) return secret
  throw wrongUsage('webhooks', NO_SECRET)
}

async function readSecret(context: CommandContext): Promise<string> {
  if (context.values['secret-stdin'] === true) return (await context.readInput()).replace(/\r?\n$/, '')
  const name = option(context, 'secret-env')
  if (name === undefined) return option(context, 'secret') ?? ''
  const value = context.environment.variable(name)
  if (value !== undefined) return value
  const shown = JSON.stringify(name.slice(0, 60))
  throw wrongUsage('webhooks', {
    en: `The environment variable ${shown} is not set, or empty.`,
    zh: `环境变量 ${shown} 未设置或为空。`,
  })
}

const ONE_SECRET: Bilingual = {
  en: 'The secret comes from one place: --secret-stdin, --secret-env or --secret.',
  zh: '密钥只能来自一处：--secret-stdin、--secret-env 或 --secret。',
}

const NO_SECRET: Bilingual = {
  en: 'A secret has 1 to 256 characters, on one line.',
  zh: '密钥为 1 到 256 个字符，且只有一行。',
}
