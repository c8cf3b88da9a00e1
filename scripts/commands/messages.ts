import type { FetchResult } from '../engine/actions/fetch-inbox.ts'
import { act } from './act.ts'
import { takeArguments } from './arguments.ts'
import { type Command, DONE, FAILED, speaker } from './command.ts'

export const messages: Command = {
  usage: '',
  about: {
    en: 'Fetches what waits in the relay’s inbox, into the same files as everything else. A fallback: while the daemon is connected messages are pushed, and this refuses. Read them with "inbox".',
    zh: '读取中继收件箱中等待的消息，写入与其他消息相同的文件。仅作备用：守护进程已连接时消息会实时推送，本命令会拒绝。用 "inbox" 阅读消息。',
  },
  examples: ['npm run -s im -- messages --force', 'npm run -s im -- messages --force --json'],
  options: { force: { type: 'boolean' } },
  optionHelp: { force: { en: 'look although the stream is up', zh: '推送正常时也读取' } },
  async run(context) {
    takeArguments(context, 'messages', [0])
    const t = speaker(context)
    // What was fetched is stored before the next message is asked for: a second look loses nothing.
    const params = { force: context.values['force'] === true }
    const { fetched, stopped } = await act<FetchResult>(context, 'messages', params, { repeatable: true })
    if (context.json) context.print(JSON.stringify({ fetched, complete: stopped === null, stopped }))
    else {
      context.print(
        t(
          `${fetched} message${fetched === 1 ? '' : 's'} fetched and saved. Read them with: inbox`,
          `已读取并保存 ${fetched} 条消息。阅读命令：inbox`,
        ),
      )
      if (stopped !== null) {
        context.note(
          t(
            `There may be more: the relay stopped answering (${stopped}).`,
            `可能还有更多：中继停止答复（${stopped}）。`,
          ),
        )
      }
    }
    return stopped === null ? DONE : FAILED
  },
}
