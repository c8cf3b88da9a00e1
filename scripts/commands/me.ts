import type { MeResult } from '../engine/actions/people.ts'
import { shownName } from '../protocol/untrusted-text.ts'
import { act } from './act.ts'
import { option, takeArguments, wrongUsage } from './arguments.ts'
import { type Command, DONE, speaker } from './command.ts'

const STATUSES = ['open', 'friends_only', 'do_not_disturb']

export const me: Command = {
  usage: '',
  about: {
    en: 'Who you are on the relay; with --status, who may write to you from now on.',
    zh: '你在中继上的身份；加 --status 可设置谁能给你发消息。',
  },
  examples: [
    'npm run -s im -- me',
    'npm run -s im -- me --status do_not_disturb',
    'npm run -s im -- me --status open --json',
  ],
  options: { status: { type: 'string' } },
  optionHelp: { status: { en: STATUSES.join('|'), zh: STATUSES.join('|') } },
  async run(context) {
    takeArguments(context, 'me', [0])
    const t = speaker(context)
    const status = option(context, 'status')
    if (status !== undefined && !STATUSES.includes(status)) {
      throw wrongUsage('me', {
        en: `--status takes ${STATUSES.join(', ')}.`,
        zh: `--status 可为 ${STATUSES.join('、')}。`,
      })
    }
    const params = status === undefined ? {} : { status }
    const found = await act<MeResult>(context, 'me', params, { repeatable: true })
    if (status === 'friends_only') {
      context.note(
        t(
          'Warning: relays of this kind refuse friends too while you are friends_only. Nobody can write to you until you are open again.',
          '警告：此类中继在 friends_only 状态下也会拒绝好友。恢复 open 之前，任何人都无法给你发消息。',
        ),
      )
    }
    if (context.json) context.print(JSON.stringify({ ...found, my_name: shownName(found.my_name) }))
    else if (found.my_id === null) {
      context.print(
        t(
          'The relay has not said yet who you are. Start the daemon once.',
          '中继尚未说明你是谁。请先启动一次守护进程。',
        ),
      )
    } else {
      context.print(
        t(
          `#${found.my_id} ${shownName(found.my_name)}, status ${found.status}`,
          `#${found.my_id} ${shownName(found.my_name)}，状态 ${found.status}`,
        ),
      )
    }
    return DONE
  },
}
