import { wrongUsage } from '../arguments.ts'
import type { Command, CommandContext } from '../command.ts'
import { OPTION_HELP, OPTIONS, type Subcommand } from './subcommand.ts'

const VERBS: Readonly<Record<string, () => Promise<Subcommand>>> = {
  login: async () => (await import('./login.ts')).login,
  list: async () => (await import('./list.ts')).list,
  status: async () => (await import('./status.ts')).status,
  send: async () => (await import('./send.ts')).send,
  typing: async () => (await import('./typing.ts')).typing,
  logout: async () => (await import('./logout.ts')).logout,
}

export const wechat: Command = {
  usage: `${Object.keys(VERBS).join('|')} [<account>]`,
  about: {
    en: 'Personal WeChat: "login" shows a QR code to scan, and from then on what people write arrives like everything else. They have to write first: only who wrote can be answered, about 10 times within a day. No relay is needed. What each verb does: references/wechat.md.',
    zh: '个人微信："login" 显示二维码供扫描，之后收到的微信消息与其他消息一样到达。对方必须先写：只能回复写过消息的人，一天内大约 10 条。不需要中继。各子命令的说明见 references/wechat.md。',
  },
  examples: [
    'npm run -s im -- wechat login',
    'npm run -s im -- wechat list',
    'npm run -s im -- wechat status main',
    'npm run -s im -- wechat typing main/me --seconds 20',
    'npm run -s im -- wechat send main/me "On my way"',
    'npm run -s im -- wechat send main/me "The notes" --file ./notes.txt --json',
    'npm run -s im -- wechat logout main --yes',
    'npm run -s im -- wechat login work --svg ./code.svg --json',
  ],
  options: OPTIONS,
  optionHelp: OPTION_HELP,
  async run(context) {
    const [verb = '', ...words] = context.positionals
    const load = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (load === undefined) throw unknownVerb(verb)
    const { takes, options, run } = await load()
    checkOptions(context, verb, options)
    checkCount(verb, words, takes)
    return run(context, words)
  },
}

function checkCount(verb: string, words: readonly string[], takes: readonly number[]): void {
  if (takes.includes(words.length)) return
  const [least, most] = [takes[0] ?? 0, takes.at(-1) ?? 0]
  const [en, zh] = least === most ? [`${most}`, `${most}`] : [`${least} or ${most}`, `${least} 或 ${most}`]
  throw wrongUsage('wechat', {
    en: `wechat ${verb} takes ${en} argument${most === 1 ? '' : 's'}, not ${words.length}.`,
    zh: `wechat ${verb} 需要 ${zh} 个参数，而不是 ${words.length} 个。`,
  })
}

/** One that does nothing would be taken for one that did. */
function checkOptions(context: CommandContext, verb: string, own: readonly string[]): void {
  const foreign = Object.keys(OPTIONS).find(name => context.values[name] !== undefined && !own.includes(name))
  if (foreign === undefined) return
  throw wrongUsage('wechat', {
    en: `wechat ${verb} takes no --${foreign}.`,
    zh: `wechat ${verb} 不接受 --${foreign}。`,
  })
}

function unknownVerb(verb: string) {
  const known = Object.keys(VERBS).join(', ')
  const shown = JSON.stringify(verb.slice(0, 40))
  return wrongUsage('wechat', {
    en: verb === '' ? `wechat takes one of: ${known}.` : `wechat does not know ${shown}; it takes one of: ${known}.`,
    zh: verb === '' ? `wechat 的用法：${known}。` : `wechat 不认识 ${shown}；可用：${known}。`,
  })
}
