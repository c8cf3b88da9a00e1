import type { WebhookEdited } from '../../engine/actions/webhooks-edit.ts'
import { act } from '../act.ts'
import { wrongUsage } from '../arguments.ts'
import { DONE, speaker } from '../command.ts'
import { SECRET_OPTIONS, type Subcommand } from './subcommand.ts'
import { eventsOption, secretOption, urlOption } from './values.ts'

export const create: Subcommand = {
  takes: 'webhook',
  options: ['url', 'events', ...SECRET_OPTIONS],
  async run(context, name) {
    const t = speaker(context)
    const url = urlOption(context)
    if (url === undefined) {
      throw wrongUsage('webhooks', {
        en: 'webhooks create takes --url, where events are pushed to.',
        zh: 'webhooks create 需要 --url，即事件推送到的地址。',
      })
    }
    const events = eventsOption(context)
    const secret = await secretOption(context)
    const settings = { url, events, secret }
    await act<WebhookEdited>(context, 'webhooks-edit', { verb: 'create', name, settings })
    if (context.json) {
      context.print(JSON.stringify({ name, direction: 'outbound', created: true, signed: secret !== undefined }))
      return DONE
    }
    context.print(
      t(
        `Created ${name}. Try it: npm run -s im -- webhooks test ${name}`,
        `已创建 ${name}。测试：npm run -s im -- webhooks test ${name}`,
      ),
    )
    if (secret === undefined) {
      context.note(
        t(
          `What it sends is not signed: with webhooks update ${name} --secret-stdin the receiver can tell that it is ours.`,
          `推送内容没有签名：用 webhooks update ${name} --secret-stdin 设置密钥后，接收方才能确认来源。`,
        ),
      )
    }
    return DONE
  },
}
