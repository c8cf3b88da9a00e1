import { createTransport } from '../adapters/transport.ts'
import { startDaemon } from '../daemon.ts'
import { aborted } from './aborted.ts'
import { type Command, DONE, speaker } from './command.ts'

export const sse: Command = {
  usage: '',
  about: {
    en: 'The daemon: keeps the connection to your relay and writes everything it receives into the data folder.',
    zh: '守护进程：保持与中继的连接，并把收到的一切写入数据目录。',
  },
  examples: ['npm run sse', 'npm run sse -- --data-dir ~/im-data'],
  options: { 'no-identity-lock': { type: 'boolean' } },
  optionHelp: {
    'no-identity-lock': {
      en: 'no lock on the account (containers without a common state folder)',
      zh: '不对账号加锁（用于没有共享状态目录的容器）',
    },
  },
  async run(context) {
    const t = speaker(context)
    const folder = context.folder()
    const transport = createTransport(context.environment.proxy)
    const pushes = createTransport(context.environment.proxy, { forPushes: true })
    try {
      const daemon = await startDaemon({
        folder,
        stateFolder: context.values['no-identity-lock'] === true ? null : context.environment.stateFolder,
        runtimeFolder: context.environment.runtimeFolder,
        clock: context.clock,
        fetch: transport.fetch,
        pushFetch: pushes.fetch,
        openclaw: context.environment.openclaw,
        log: context.log,
        version: context.version,
        language: context.language,
        say: context.note,
      })
      context.note(t(`Data folder: ${folder.path}`, `数据目录：${folder.path}`))
      context.note(
        t(
          'Running. What arrives is in conversations.md; the connection tells about itself in sse_channel.log. Ctrl-C stops.',
          '运行中。收到的消息在 conversations.md，连接情况在 sse_channel.log。按 Ctrl-C 停止。',
        ),
      )
      await aborted(context.interrupted)
      context.note(
        t('Stopping; a read in flight is heard out (at most 35 s).', '正在停止；会等待进行中的读取（最多 35 秒）。'),
      )
      await daemon.stop(String(context.interrupted.reason?.message ?? 'signal'))
      return DONE
    } finally {
      await Promise.all([transport.close(), pushes.close()])
    }
  },
}
