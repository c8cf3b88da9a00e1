import type { WebhookEdited } from '../../engine/actions/webhooks-edit.ts'
import { act } from '../act.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import type { Subcommand } from './subcommand.ts'

export const pause: Subcommand = {
  takes: 'webhook',
  options: [],
  run: (context, name) => switchTo(false, context, name),
}

export const resume: Subcommand = {
  takes: 'webhook',
  options: [],
  run: (context, name) => switchTo(true, context, name),
}

async function switchTo(enabled: boolean, context: CommandContext, name: string): Promise<number> {
  const t = speaker(context)
  const params = { verb: 'switch', name, enabled }
  const { direction } = await act<WebhookEdited>(context, 'webhooks-edit', params, { repeatable: true })
  if (context.json) context.print(JSON.stringify({ name, direction, active: enabled }))
  else if (enabled) {
    context.print(
      direction === 'outbound'
        ? t(`${name} goes on: what waits goes out first, in order.`, `${name} 已恢复：先按顺序发出等待中的事件。`)
        : t(`${name} takes requests again.`, `${name} 重新接受请求。`),
    )
  } else {
    context.print(
      direction === 'outbound'
        ? t(`${name} pauses: events are queued, not sent.`, `${name} 已暂停：事件进入队列，不发送。`)
        : t(`${name} pauses: requests are refused (403).`, `${name} 已暂停：请求会被拒绝（403）。`),
    )
  }
  return DONE
}
