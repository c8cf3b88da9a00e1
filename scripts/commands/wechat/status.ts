import { inLanguage } from '../../core/i18n.ts'
import { knownWechatAccounts, wechatJson } from '../../projections/wechat-json.ts'
import { shownText } from '../../protocol/untrusted-text.ts'
import { runningDaemon } from '../../store/ownership.ts'
import type { WechatAccount } from '../../store/wechat-accounts.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import { requireAccount, withDatabase } from './accounts.ts'
import { configuredWechat } from './configured.ts'
import { type Person, peopleOf } from './people.ts'
import { nextStep, stateWords, waitingWords } from './state-words.ts'
import type { Subcommand } from './subcommand.ts'

interface Told {
  readonly account: WechatAccount
  readonly facts: Readonly<Record<string, unknown>>
  readonly people: readonly Person[]
}

/** What the account noted itself: neither the network nor a daemon is asked. */
export const status: Subcommand = {
  takes: [0, 1],
  options: [],
  run(context, [name]) {
    const told = readAll(context, name)
    const isRunning = runningDaemon(context.folder()) !== null
    if (context.json) {
      context.print(JSON.stringify({ daemon_running: isRunning, accounts: told.map(one => forMachines(one, context)) }))
    } else if (told.length === 0) {
      const t = speaker(context)
      context.print(t('No WeChat account. Sign in with: wechat login', '没有微信账号。登录命令：wechat login'))
    } else {
      context.print(told.map(one => describe(one, isRunning, context).join('\n')).join('\n\n'))
    }
    return Promise.resolve(DONE)
  },
}

function readAll(context: CommandContext, name: string | undefined): Told[] {
  const { clock } = context
  const config = configuredWechat(context)
  return withDatabase<Told[]>(context, [], database => {
    const accounts = knownWechatAccounts(database)
    const wanted = name === undefined ? accounts : [requireAccount(accounts, name)]
    const facts = wechatJson(database)
    return wanted
      .map(account => ({
        account,
        facts: facts[account.name] ?? {},
        people: peopleOf(database, account, { config, clock }),
      }))
      .sort((a, b) => a.account.name.localeCompare(b.account.name))
  })
}

function forMachines({ account, facts, people }: Told, { language }: CommandContext) {
  const { name, botId, userId, savedAt } = account
  const next = nextStep(name, facts)
  return {
    account: name,
    bot_id: botId,
    scanned_by: userId,
    logged_in_utc: savedAt,
    ...facts,
    people,
    ...(next === null ? {} : { next: inLanguage(next, language) }),
  }
}

/** A terminal shows it so; anywhere else the letters do. */
const BOLD = '\u001b[1m'
const PLAIN = '\u001b[0m'

function describe({ account: { name, userId }, facts, people }: Told, isRunning: boolean, context: CommandContext) {
  const t = speaker(context)
  const never = t('never', '从未')
  const at = (key: string) => (typeof facts[key] === 'string' ? facts[key] : never)
  const next = nextStep(name, facts)
  const waiting = waitingWords(facts)
  const bold = (text: string) => (context.terminal ? `${BOLD}${text}${PLAIN}` : text)
  const lines = [
    `${name}: ${inLanguage(stateWords(facts, isRunning), context.language)}`,
    ...(next === null ? [] : [bold(`  ${t('next', '下一步')}: ${inLanguage(next, context.language)}`)]),
    `  ${t(
      `last poll ${at('last_poll_utc')}, last message ${at('last_inbound_utc')}, last accepted send ${at('last_accepted_utc')}`,
      `最近一次询问 ${at('last_poll_utc')}，最近来信 ${at('last_inbound_utc')}，最近一次被接受的发送 ${at('last_accepted_utc')}`,
    )}`,
    ...(waiting === null ? [] : [`  ${inLanguage(waiting, context.language)}`]),
    ...people.map(one => `  ${personLine(one, userId, context)}`),
  ]
  if (people.length === 0) {
    lines.push(
      `  ${t('nobody has written to it yet: only who wrote can be answered', '还没有人给它写过消息：只能回复写过消息的人')}`,
    )
  }
  return lines
}

function personLine(person: Person, scanner: string | null, context: CommandContext): string {
  const t = speaker(context)
  const { user, waiting, last_wrote_utc: wrote } = person
  const who = `${shownText(user).text}${user === scanner ? ` (${t('me', '本人')})` : ''}`
  const queue = waiting === 0 ? '' : t(`; ${waiting} wait`, `；待发 ${waiting} 条`)
  return `${who}: ${reachWords(person, context)}${queue}${t(`; wrote ${wrote}`, `；来信 ${wrote}`)}`
}

function reachWords({ state, remaining, of, until_utc }: Person, context: CommandContext): string {
  const t = speaker(context)
  switch (state) {
    case 'open':
      return t(
        `${remaining} of ${of} sends left until ${until_utc}`,
        `还可发送 ${remaining}/${of} 次，截至 ${until_utc}`,
      )
    case 'used_up':
      return t(`all ${of} sends are used up: they must write again`, `${of} 次发送已用完：需等对方再次来信`)
    case 'too_old':
      return t(`closed since ${until_utc}: they must write again`, `自 ${until_utc} 起已关闭：需等对方再次来信`)
    case 'not_allowed':
      return t('not on the list of those who may write (wechat.allow)', '不在允许名单中（wechat.allow）')
  }
}
