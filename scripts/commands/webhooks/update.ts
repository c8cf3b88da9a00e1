import { OUTBOUND_BOUNDS } from '../../core/config/webhooks.ts'
import type { WebhookEdited } from '../../engine/actions/webhooks-edit.ts'
import { act } from '../act.ts'
import { wrongUsage } from '../arguments.ts'
import { DONE, speaker } from '../command.ts'
import { numberOption } from '../reading.ts'
import { SECRET_OPTIONS, type Subcommand } from './subcommand.ts'
import { eventsOption, retryStatusOption, secretOption, urlOption } from './values.ts'

export const update: Subcommand = {
  takes: 'webhook',
  options: ['url', 'events', ...SECRET_OPTIONS, 'retries', 'retry-delay', 'timeout', 'retry-status'],
  async run(context, name) {
    const t = speaker(context)
    const settings = {
      url: urlOption(context),
      events: eventsOption(context),
      secret: await secretOption(context),
      retries: numberOption(context, 'retries', OUTBOUND_BOUNDS.retries),
      retryDelay: numberOption(context, 'retry-delay', OUTBOUND_BOUNDS.retryDelay),
      timeout: numberOption(context, 'timeout', OUTBOUND_BOUNDS.timeout),
      retryStatusCodes: retryStatusOption(context),
    }
    const changed = Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [key]))
    if (changed.length === 0) {
      throw wrongUsage('webhooks', {
        en: 'webhooks update takes what is to change, such as --retries 5.',
        zh: 'webhooks update 需要指定要修改的内容，例如 --retries 5。',
      })
    }
    await act<WebhookEdited>(context, 'webhooks-edit', { verb: 'update', name, settings }, { repeatable: true })
    context.print(
      context.json
        ? JSON.stringify({ name, direction: 'outbound', changed })
        : t(`Changed ${name}: ${changed.join(', ')}.`, `已修改 ${name}：${changed.join('、')}。`),
    )
    return DONE
  },
}
