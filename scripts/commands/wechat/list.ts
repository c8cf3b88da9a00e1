import { inLanguage } from '../../core/i18n.ts'
import { knownWechatAccounts, wechatJson } from '../../projections/wechat-json.ts'
import { shownText } from '../../protocol/untrusted-text.ts'
import { runningDaemon } from '../../store/ownership.ts'
import type { WechatAccount } from '../../store/wechat-accounts.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import { withDatabase } from './accounts.ts'
import { nextStep, stateWords } from './state-words.ts'
import type { Subcommand } from './subcommand.ts'

interface Listed {
  readonly account: WechatAccount
  readonly facts: Readonly<Record<string, unknown>>
}

export const list: Subcommand = {
  takes: [0],
  options: [],
  run(context) {
    const listed = readListed(context)
    const isRunning = runningDaemon(context.folder()) !== null
    if (context.json) {
      context.print(JSON.stringify({ daemon_running: isRunning, accounts: listed.map(forMachines) }))
    } else if (listed.length === 0) {
      const t = speaker(context)
      context.print(t('No WeChat account. Sign in with: wechat login', '没有微信账号。登录命令：wechat login'))
    } else {
      for (const one of listed) for (const line of describe(one, isRunning, context)) context.print(line)
    }
    return Promise.resolve(DONE)
  },
}

function readListed(context: CommandContext): Listed[] {
  return withDatabase(context, [], database => {
    const facts = wechatJson(database)
    return knownWechatAccounts(database)
      .map(account => ({ account, facts: facts[account.name] ?? {} }))
      .sort((a, b) => a.account.name.localeCompare(b.account.name))
  })
}

function forMachines({ account: { name, botId, userId, savedAt }, facts }: Listed) {
  const { state, reason, since_utc } = facts
  return {
    account: name,
    bot_id: botId,
    scanned_by: userId,
    logged_in_utc: savedAt,
    state,
    reason,
    since_utc,
    login_needed: state === 'login_needed',
  }
}

function describe({ account, facts }: Listed, isRunning: boolean, context: CommandContext): string[] {
  const t = speaker(context)
  const { name, botId, userId, savedAt } = account
  const next = nextStep(name, facts)
  const indented = (text: string) => `  ${text}`
  return [
    `${name}: ${inLanguage(stateWords(facts, isRunning), context.language)}`,
    indented(`${t('bot', '机器人')} ${shownText(botId).text}, ${t(`signed in ${savedAt}`, `登录于 ${savedAt}`)}`),
    ...(userId === null ? [] : [indented(`${t('scanned by', '扫描者')} ${shownText(userId).text}`)]),
    ...(next === null ? [] : [indented(`${t('next', '下一步')}: ${inLanguage(next, context.language)}`)]),
  ]
}
