import { readListener } from '../../core/config/listener.ts'
import { readWebhooks } from '../../core/config/webhooks.ts'
import {
  type InboundWebhook,
  type ListenerConfig,
  type OutboundWebhook,
  parseConfig,
  type WebhooksConfig,
} from '../../core/config.ts'
import { ConfigError } from '../../core/errors.ts'
import { notThere } from '../../engine/actions/webhooks-edit.ts'
import { readConfigFile } from '../../store/config-file.ts'
import { requireDataFolder } from '../../store/data-folder.ts'
import type { SinkState } from '../../store/sinks.ts'
import { type CommandContext, speaker } from '../command.ts'

/** What the verbs that read have in common. */
export interface Configured {
  readonly webhooks: WebhooksConfig
  readonly listener: ListenerConfig
}

/** @throws ConfigError when the file is not valid; one that is missing has no webhooks */
export function readConfigured(context: CommandContext): Configured {
  const folder = context.folder()
  requireDataFolder(folder)
  const path = folder.file('config.json')
  const file = readConfigFile(path)
  if (file.kind === 'text') return parseConfig(file.text, context.environment.openclaw).config
  if (file.kind === 'missing') return { webhooks: readWebhooks(null), listener: readListener(null) }
  throw new ConfigError(
    { en: `${path} can not be read (${file.reason}).`, zh: `无法读取 ${path}（${file.reason}）。` },
    { nextStep: { en: 'It has to belong to the user who runs this.', zh: '它必须属于当前运行的用户。' } },
  )
}

export type Found =
  | { readonly direction: 'inbound'; readonly webhook: InboundWebhook }
  | { readonly direction: 'outbound'; readonly webhook: OutboundWebhook }

export function findWebhook({ inbound, outbound }: WebhooksConfig, name: string): Found | null {
  const takesIn = inbound.find(one => one.name === name)
  if (takesIn !== undefined) return { direction: 'inbound', webhook: takesIn }
  const pushes = outbound.find(one => one.name === name)
  return pushes === undefined ? null : { direction: 'outbound', webhook: pushes }
}

/** @throws ConfigError */
export function requireWebhook(webhooks: WebhooksConfig, name: string): Found {
  const found = findWebhook(webhooks, name)
  if (found === null) throw notThere(name)
  return found
}

/** Why nothing goes out; null: it does. */
export function pausedBy({ enabled }: OutboundWebhook, sink: SinkState | null): string | null {
  return enabled ? (sink?.paused ?? null) : 'owner'
}

/** What has a queue and a log too, and a name that no webhook can have. */
export function hasNoWebhook(name: string): boolean {
  return name === 'wechat_abot'
}

/** Where a proxy of the owner finds it. */
export function localAddress(path: string, port: number): string {
  return `http://127.0.0.1:${port}${path}`
}

export function activeMark(active: boolean, context: CommandContext): string {
  const t = speaker(context)
  return active ? t('✓ Active', '✓ 启用') : t('✗ Inactive', '✗ 停用')
}

/** What stands behind the question mark may be a key. */
export function shownUrl(address: string): string {
  return address.replace(/\?.*$/s, '?…')
}

/** `2 minutes ago` */
export function ago(at: string | null, context: CommandContext): string {
  const t = speaker(context)
  if (at === null) return t('never', '从未')
  const seconds = Math.max(0, Math.round((context.clock.now() - Date.parse(at)) / 1000))
  const [count, unit] = largestUnit(seconds)
  const { en, zh } = UNITS[unit]
  return t(`${count} ${en}${count === 1 ? '' : 's'} ago`, `${count} ${zh}前`)
}

const UNITS = {
  second: { seconds: 1, en: 'second', zh: '秒' },
  minute: { seconds: 60, en: 'minute', zh: '分钟' },
  hour: { seconds: 3600, en: 'hour', zh: '小时' },
  day: { seconds: 86_400, en: 'day', zh: '天' },
} as const

function largestUnit(seconds: number): [count: number, unit: keyof typeof UNITS] {
  const unit = (['day', 'hour', 'minute'] as const).find(one => seconds >= UNITS[one].seconds) ?? 'second'
  return [Math.floor(seconds / UNITS[unit].seconds), unit]
}
