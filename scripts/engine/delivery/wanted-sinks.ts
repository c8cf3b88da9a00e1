import { webhookSink } from '../../adapters/webhook/push.ts'
import { abotSink } from '../../adapters/wechat-abot/push.ts'
import { type Config, isWeakSecret } from '../../core/config.ts'
import type { Sink } from '../../core/sink.ts'

/** A sink that the configuration names. */
export interface Wanted {
  /** null: it does not run. */
  readonly sink: Sink | null
  readonly why?: 'paused' | 'misconfigured'
  /** To see whether they changed. Never shown: there are secrets in it. */
  readonly settings: string
}

export function wantedSinks({ webhooks, wechatAbot }: Config): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const webhook of webhooks.outbound) {
    const sink = webhook.enabled ? webhookSink(webhook) : null
    wanted.set(`webhook:${webhook.name}`, { sink, why: 'paused', settings: JSON.stringify(webhook) })
  }
  if (wechatAbot !== null) {
    const { webhookUrl, webhookSecret } = wechatAbot
    const sink = webhookSecret === null || isWeakSecret(webhookSecret) ? null : abotSink({ webhookUrl, webhookSecret })
    wanted.set('wechat_abot', { sink, why: 'misconfigured', settings: JSON.stringify([webhookUrl, webhookSecret]) })
  }
  return wanted
}
