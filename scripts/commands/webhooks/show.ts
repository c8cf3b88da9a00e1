import { utcSeconds } from '../../core/clock.ts'
import type { InboundWebhook, OutboundWebhook } from '../../core/config.ts'
import { EVENT_NAMES } from '../../core/events.ts'
import type { Database } from '../../store/database.ts'
import { hasDeliveries } from '../../store/deliveries.ts'
import { countRequests, lastRequests } from '../../store/request-log.ts'
import { type SinkState, sinkState } from '../../store/sinks.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import { openMessages } from '../reading.ts'
import { activeMark, ago, localAddress, pausedBy, readConfigured, requireWebhook, shownUrl } from './shown.ts'
import type { Subcommand } from './subcommand.ts'

export const show: Subcommand = {
  takes: 'webhook',
  options: [],
  run(context, name) {
    const configured = readConfigured(context)
    const found = requireWebhook(configured.webhooks, name)
    const database = openMessages(context)
    try {
      const lines =
        found.direction === 'inbound'
          ? showInbound(found.webhook, { context, traffic: trafficOf(database, name, context), ...configured })
          : showOutbound(found.webhook, {
              context,
              sink: database === null ? null : sinkState(database, `webhook:${name}`),
            })
      if (context.json) context.print(JSON.stringify(lines.facts))
      else for (const [label, value] of lines.rows) context.print(`${label}: ${value}`)
    } finally {
      database?.close()
    }
    return Promise.resolve(DONE)
  },
}

interface Shown {
  readonly facts: object
  readonly rows: readonly (readonly [label: string, value: string])[]
}

interface Traffic {
  readonly lastAt: string | null
  readonly today: number
}

function showInbound(
  webhook: InboundWebhook,
  { context, traffic, listener }: { context: CommandContext; traffic: Traffic; listener: { port: number } },
): Shown {
  const t = speaker(context)
  const { name, path, url, channel, kind, enabled, verifySignature } = webhook
  const isSet = (value: string | null) => (value === null ? t('not set', '未设置') : t('set', '已设置'))
  const local = localAddress(path, listener.port)
  return {
    facts: {
      name,
      direction: 'inbound',
      path,
      url,
      local_url: local,
      channel,
      kind,
      active: enabled,
      verify_signature: verifySignature,
      secret: webhook.secret === null ? 'not set' : 'set',
      public_key: webhook.publicKey === null ? 'not set' : 'set',
      last_received_utc: traffic.lastAt,
      messages_today: traffic.today,
    },
    rows: [
      [t('Name', '名称'), name],
      [t('Path', '路径'), path],
      [t('URL', '公网地址'), url === null ? t('not set', '未设置') : shownUrl(url)],
      [t('On this machine', '本机地址'), local],
      [t('Channel', '渠道'), channel ?? '-'],
      [t('Kind', '类型'), kind],
      [t('Status', '状态'), activeMark(enabled, context)],
      [
        t('Signature verification', '签名校验'),
        verifySignature
          ? t('on', '开启')
          : t('off: whoever reaches it is taken at their word', '关闭：任何来源都会被接受'),
      ],
      kind === 'discord'
        ? [t('Public key', '公钥'), isSet(webhook.publicKey)]
        : [t('Secret', '密钥'), isSet(webhook.secret)],
      [t('Last received', '最近收到'), ago(traffic.lastAt, context)],
      [t('Messages today', '今日消息'), String(traffic.today)],
    ],
  }
}

function showOutbound(
  webhook: OutboundWebhook,
  { context, sink }: { context: CommandContext; sink: SinkState | null },
): Shown {
  const t = speaker(context)
  const why = pausedBy(webhook, sink)
  const { name, events, retries, retryDelayMs, timeoutMs, retryStatusCodes } = webhook
  const url = shownUrl(webhook.url)
  const all = events.length === EVENT_NAMES.length
  return {
    facts: {
      name,
      direction: 'outbound',
      url,
      events,
      active: why === null,
      paused_by: why,
      secret: webhook.secret === null ? 'not set' : 'set',
      retries,
      retry_delay_ms: retryDelayMs,
      timeout_ms: timeoutMs,
      retry_status: retryStatusCodes,
      waiting: sink?.waiting ?? 0,
      dead: sink?.dead ?? 0,
      delivered: sink?.delivered ?? 0,
      last_success_utc: sink?.lastSuccessAt ?? null,
      last_failure_utc: sink?.lastFailureAt ?? null,
      last_reason: sink?.lastReason ?? null,
    },
    rows: [
      [t('Name', '名称'), name],
      ['URL', url],
      [t('Events', '事件'), all ? t('all', '全部') : events.join(', ')],
      [
        t('Status', '状态'),
        why === null || why === 'owner'
          ? activeMark(why === null, context)
          : t(
              `✗ Inactive: the receiver wants no more (${why}); "resume" tries it again`,
              `✗ 停用：接收方不再接受（${why}）；用 "resume" 重新启用`,
            ),
      ],
      [t('Secret', '密钥'), webhook.secret === null ? t('not set: not signed', '未设置：不签名') : t('set', '已设置')],
      [t('Retries', '重试次数'), String(retries)],
      [t('Retry delay', '重试间隔'), `${retryDelayMs} ms`],
      [t('Timeout', '超时'), `${timeoutMs} ms`],
      [t('Tried again at', '会重试的状态码'), [...new Set([...retryStatusCodes, 429])].join(', ')],
      [
        t('Queue', '队列'),
        t(
          `${sink?.waiting ?? 0} waiting, ${sink?.dead ?? 0} dead letters`,
          `${sink?.waiting ?? 0} 个等待中，${sink?.dead ?? 0} 个死信`,
        ),
      ],
      [t('Last success', '最近成功'), ago(sink?.lastSuccessAt ?? null, context)],
      [
        t('Last failure', '最近失败'),
        `${ago(sink?.lastFailureAt ?? null, context)}${sink?.lastReason == null ? '' : ` (${sink.lastReason})`}`,
      ],
    ],
  }
}

/** As far back as the log goes. */
const LOOKED_BACK = 10_000

function trafficOf(database: Database | null, name: string, context: CommandContext): Traffic {
  if (database === null || !hasDeliveries(database)) return { lastAt: null, today: 0 }
  const midnight = new Date(context.clock.now()).setHours(0, 0, 0, 0)
  const logName = `webhook:${name}`
  const last = lastRequests(database, logName, { limit: LOOKED_BACK }).findLast(one => one.ok && !one.test)
  return { lastAt: last?.at ?? null, today: countRequests(database, logName, utcSeconds(midnight)) }
}
