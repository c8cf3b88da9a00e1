import type { InboundWebhook, OutboundWebhook } from '../../core/config.ts'
import { type SinkState, sinkStates } from '../../store/sinks.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import { openMessages } from '../reading.ts'
import { activeMark, pausedBy, readConfigured, shownUrl } from './shown.ts'
import type { Subcommand } from './subcommand.ts'

export const list: Subcommand = {
  takes: null,
  options: [],
  run(context) {
    const { inbound, outbound } = readConfigured(context).webhooks
    const sinks = readSinks(context)
    if (context.json) {
      context.print(
        JSON.stringify({
          inbound: inbound.map(({ name, path, channel, enabled }) => ({ name, path, channel, active: enabled })),
          outbound: outbound.map(one => outboundFacts(one, sinks.get(`webhook:${one.name}`) ?? null)),
        }),
      )
    } else {
      const t = speaker(context)
      const none = [t('none', '无')]
      const lines = [
        [t('Inbound', '入站')],
        inbound.length === 0 ? none : inbound.map(one => inboundLine(one, context)),
        [t('Outbound', '出站')],
        outbound.length === 0 ? none : outbound.map(one => outboundLine(one, sinks, context)),
      ]
      for (const [heading = [], entries = []] of [lines.slice(0, 2), lines.slice(2)]) {
        for (const line of heading) context.print(line)
        for (const line of entries) context.print(`  ${line}`)
      }
    }
    return Promise.resolve(DONE)
  },
}

function readSinks(context: CommandContext): ReadonlyMap<string, SinkState> {
  const database = openMessages(context)
  try {
    return new Map((database === null ? [] : sinkStates(database)).map(one => [one.name, one]))
  } finally {
    database?.close()
  }
}

function outboundFacts(webhook: OutboundWebhook, sink: SinkState | null) {
  const why = pausedBy(webhook, sink)
  return {
    name: webhook.name,
    url: shownUrl(webhook.url),
    active: why === null,
    paused_by: why,
    waiting: sink?.waiting ?? 0,
    dead: sink?.dead ?? 0,
  }
}

function inboundLine({ name, path, channel, enabled }: InboundWebhook, context: CommandContext): string {
  return [name, path, activeMark(enabled, context), ...(channel === null ? [] : [channel])].join('  ')
}

function outboundLine(
  webhook: OutboundWebhook,
  sinks: ReadonlyMap<string, SinkState>,
  context: CommandContext,
): string {
  const t = speaker(context)
  const { name, url, active, paused_by, waiting, dead } = outboundFacts(
    webhook,
    sinks.get(`webhook:${webhook.name}`) ?? null,
  )
  const counts = [
    ...(active || paused_by === 'owner' ? [] : [t(`stopped by ${paused_by}`, `因 ${paused_by} 停止`)]),
    ...(waiting === 0 ? [] : [t(`${waiting} waiting`, `${waiting} 个等待中`)]),
    ...(dead === 0 ? [] : [t(`${dead} dead letters`, `${dead} 个死信`)]),
  ]
  return [name, activeMark(active, context), url, ...counts].join('  ')
}
