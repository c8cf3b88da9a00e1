import type { WebhookEdited } from '../../engine/actions/webhooks-edit.ts'
import { sinkState } from '../../store/sinks.ts'
import { act } from '../act.ts'
import { type CommandContext, DONE, speaker, WRONG_USAGE } from '../command.ts'
import { isConfirmed } from '../confirm.ts'
import { openMessages } from '../reading.ts'
import { readConfigured, requireWebhook } from './shown.ts'
import type { Subcommand } from './subcommand.ts'

export const remove: Subcommand = {
  takes: 'webhook',
  options: ['yes'],
  async run(context, name) {
    const t = speaker(context)
    const { direction } = requireWebhook(readConfigured(context).webhooks, name)
    const lost = queued(context, name)
    if (lost > 0 && !context.json) {
      context.print(
        t(
          `${lost} events that were not delivered go with it; the log stays.`,
          `${lost} 个未送达的事件会一并删除；日志保留。`,
        ),
      )
    }
    if (!(await isConfirmed(context, t(`Delete ${name}?`, `删除 ${name}？`)))) {
      context.note(t('Nothing was changed. With --yes it is done.', '未做任何改动。加上 --yes 即执行。'))
      return WRONG_USAGE
    }
    await act<WebhookEdited>(context, 'webhooks-edit', { verb: 'delete', name })
    context.print(
      context.json
        ? JSON.stringify({ name, direction, deleted: true, undelivered: lost })
        : t(`Deleted ${name}.`, `已删除 ${name}。`),
    )
    return DONE
  },
}

function queued(context: CommandContext, name: string): number {
  const database = openMessages(context)
  try {
    const sink = database === null ? null : sinkState(database, `webhook:${name}`)
    return sink === null ? 0 : sink.waiting + sink.dead
  } finally {
    database?.close()
  }
}
