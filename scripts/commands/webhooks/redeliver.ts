import { ConfigError } from '../../core/errors.ts'
import { act } from '../act.ts'
import { option, wrongUsage } from '../arguments.ts'
import { DONE, speaker } from '../command.ts'
import { hasNoWebhook, readConfigured, requireWebhook } from './shown.ts'
import type { Subcommand } from './subcommand.ts'

export const redeliver: Subcommand = {
  takes: 'any',
  options: ['id', 'failed'],
  async run(context, name) {
    const t = speaker(context)
    const eventId = option(context, 'id')
    if ((eventId === undefined) === (context.values['failed'] !== true)) {
      throw wrongUsage('webhooks', {
        en: 'webhooks redeliver takes --failed for all dead letters, or --id for one of them.',
        zh: 'webhooks redeliver 需要 --failed（全部死信）或 --id（其中一个）。',
      })
    }
    const isWebhook = !hasNoWebhook(name)
    if (isWebhook && requireWebhook(readConfigured(context).webhooks, name).direction === 'inbound') {
      throw new ConfigError({
        en: `${JSON.stringify(name)} is an inbound webhook: nothing goes out there.`,
        zh: `${JSON.stringify(name)} 是入站 webhook：没有要发出的内容。`,
      })
    }
    const params = { sink: isWebhook ? `webhook:${name}` : name, eventId }
    const { revived } = await act<{ revived: number }>(context, 'webhooks-redeliver', params, { repeatable: true })
    if (eventId !== undefined && revived === 0) throw notDead(eventId, name)
    context.print(
      context.json
        ? JSON.stringify({ name, redelivered: revived })
        : t(
            revived === 0 ? 'There are no dead letters.' : `${revived} wait to be sent again.`,
            revived === 0 ? '没有死信。' : `${revived} 个事件等待重新发送。`,
          ),
    )
    return DONE
  },
}

function notDead(eventId: string, name: string): ConfigError {
  const shown = JSON.stringify(eventId.slice(0, 80))
  return new ConfigError(
    { en: `There is no dead letter ${shown}.`, zh: `没有死信 ${shown}。` },
    {
      nextStep: {
        en: `See which there are: webhooks logs ${name} --failed`,
        zh: `查看已有的：webhooks logs ${name} --failed`,
      },
    },
  )
}
