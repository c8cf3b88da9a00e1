import { join } from 'node:path'
import { startPageServer } from '../server/ui/server.ts'
import { aborted } from './aborted.ts'
import { option, takeArguments, wrongUsage } from './arguments.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'
import { restrictProcess, type Unrestricted } from './page-process.ts'

const DEFAULT_PORT = 8765

export const ui: Command = {
  usage: '[--port N]',
  about: {
    en: 'The chat page in your browser, on this machine only. It reads; the daemon need not run.',
    zh: '在浏览器中查看会话的页面，仅限本机访问。只读；守护进程不必运行。',
  },
  examples: ['npm run ui', 'npm run ui -- --port 8780'],
  options: { port: { type: 'string' } },
  optionHelp: {
    port: {
      en: `N  default ${DEFAULT_PORT}; 0 takes any free one`,
      zh: `端口  默认 ${DEFAULT_PORT}；0 表示任一空闲端口`,
    },
  },
  async run(context) {
    takeArguments(context, 'ui', [0])
    const port = portOf(context)
    const unrestricted = restrictProcess(context)
    const t = speaker(context)
    const folder = context.folder()
    const server = await startPageServer({
      pageFolder: join(context.skillFolder, 'ui'),
      folder,
      port,
      clock: context.clock,
      log: context.log,
    })
    if (context.json) context.print(JSON.stringify({ url: server.url }))
    else context.print(t(`Page: ${server.url}`, `页面：${server.url}`))
    context.note(t(`It shows ${folder.path}. Ctrl-C stops.`, `显示 ${folder.path}。按 Ctrl-C 停止。`))
    if (unrestricted !== null) context.note(t(WITHOUT[unrestricted].en, WITHOUT[unrestricted].zh))
    await aborted(context.interrupted)
    await server.close()
    return DONE
  },
}

const WITHOUT: Readonly<Record<Unrestricted, { en: string; zh: string }>> = {
  attached: {
    en: 'Started by a program that keeps a pipe to it: it runs without Node’s permission model.',
    zh: '由保持管道连接的程序启动：未启用 Node 权限模型。',
  },
  unsupported: {
    en: 'This system can not start a process over: it runs without Node’s permission model.',
    zh: '此系统无法原地重启进程：未启用 Node 权限模型。',
  },
  wildcard: {
    en: 'There is a * in the path of the skill or the data folder: it runs without Node’s permission model.',
    zh: '技能或数据目录的路径中含有 *：未启用 Node 权限模型。',
  },
}

function portOf(context: CommandContext): number {
  const text = option(context, 'port')
  if (text === undefined) return DEFAULT_PORT
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw wrongUsage('ui', {
    en: '--port takes a whole number up to 65535.',
    zh: '--port 应为不大于 65535 的整数。',
  })
}
