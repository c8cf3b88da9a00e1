import { WEBHOOK_NAME } from '../../core/config/webhooks.ts'
import { wrongUsage } from '../arguments.ts'
import type { Command, CommandContext } from '../command.ts'
import { hasNoWebhook } from './shown.ts'
import { OPTION_HELP, OPTIONS, type Subcommand, type WebhookOption } from './subcommand.ts'

/** The verbs, as the tutorial that users follow has them (OI §5.1). */
const VERBS: Readonly<Record<string, () => Promise<Subcommand>>> = {
  list: async () => (await import('./list.ts')).list,
  show: async () => (await import('./show.ts')).show,
  'set-inbound': async () => (await import('./set-inbound.ts')).setInbound,
  create: async () => (await import('./create.ts')).create,
  update: async () => (await import('./update.ts')).update,
  test: async () => (await import('./test.ts')).test,
  logs: async () => (await import('./logs.ts')).logs,
  pause: async () => (await import('./pause.ts')).pause,
  resume: async () => (await import('./pause.ts')).resume,
  redeliver: async () => (await import('./redeliver.ts')).redeliver,
  delete: async () => (await import('./delete.ts')).remove,
}

export const webhooks: Command = {
  usage: `${Object.keys(VERBS).join('|')} [<name>]`,
  about: {
    en: 'Pushes events to addresses of yours (outbound), and makes messages of what others push to you (inbound). The running daemon notices changes by itself. OpenClaw itself has none of these. What each verb does: references/webhooks.md.',
    zh: '把事件推送到你指定的地址（出站），并把他人推送来的内容变成消息（入站）。运行中的守护进程会自动生效。OpenClaw 本身没有这类功能。各子命令的说明见 references/webhooks.md。',
  },
  examples: [
    'npm run -s im -- webhooks create event-logger --url https://log.example.org/events --events message.received,message.sent',
    'npm run -s im -- webhooks list',
    'npm run -s im -- webhooks show event-logger --json',
    'npm run -s im -- webhooks update event-logger --retries 5 --timeout 8000',
    'npm run -s im -- webhooks pause event-logger',
    'npm run -s im -- webhooks logs event-logger --last 50 --failed',
    'npm run -s im -- webhooks redeliver event-logger --failed',
    'npm run -s im -- webhooks resume event-logger',
    'npm run -s im -- webhooks delete event-logger --yes',
    'npm run -s im -- webhooks set-inbound telegram --url https://gateway.example.org/webhook/telegram --verify-signature --channel telegram-main',
    'npm run -s im -- webhooks delete telegram --yes',
  ],
  options: OPTIONS,
  optionHelp: OPTION_HELP,
  async run(context) {
    const [verb = '', ...names] = context.positionals
    const load = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (load === undefined) throw unknownVerb(verb)
    const subcommand = await load()
    checkOptions(context, verb, subcommand.options)
    return subcommand.run(context, takeName(verb, names, subcommand.takes))
  },
}

function takeName(verb: string, names: readonly string[], takes: Subcommand['takes']): string {
  const [name = ''] = names
  const expected = takes === null ? 0 : 1
  if (names.length !== expected) {
    throw wrongUsage('webhooks', {
      en: `webhooks ${verb} takes ${expected === 1 ? 'one name' : 'no name'}, not ${names.length}.`,
      zh: `webhooks ${verb} 需要 ${expected} 个名称，而不是 ${names.length} 个。`,
    })
  }
  if (takes === null || WEBHOOK_NAME.test(name) || (takes === 'any' && hasNoWebhook(name))) return name
  const shown = JSON.stringify(name.slice(0, 60))
  throw wrongUsage('webhooks', {
    en: `${shown} can not be a name: a name is 1 to 40 of a-z, 0-9 and "-".`,
    zh: `${shown} 不能作为名称：名称由 a-z、0-9 和 "-" 组成，1 到 40 个字符。`,
  })
}

/** One that does nothing would be taken for one that did. */
function checkOptions(context: CommandContext, verb: string, own: readonly WebhookOption[]): void {
  const foreign = Object.keys(OPTIONS).find(
    name => context.values[name] !== undefined && !(own as readonly string[]).includes(name),
  )
  if (foreign === undefined) return
  throw wrongUsage('webhooks', {
    en: `webhooks ${verb} takes no --${foreign}.`,
    zh: `webhooks ${verb} 不接受 --${foreign}。`,
  })
}

function unknownVerb(verb: string) {
  const known = Object.keys(VERBS).join(', ')
  return wrongUsage('webhooks', {
    en:
      verb === ''
        ? `webhooks takes one of: ${known}.`
        : `webhooks does not know ${JSON.stringify(verb.slice(0, 40))}; it takes one of: ${known}.`,
    zh:
      verb === ''
        ? `webhooks 的用法：${known}。`
        : `webhooks 不认识 ${JSON.stringify(verb.slice(0, 40))}；可用：${known}。`,
  })
}
