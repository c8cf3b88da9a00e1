import { type Bilingual, inLanguage } from '../core/i18n.ts'
import { type CommandContext, speaker } from './command.ts'
import { nextStep, stateWords, waitingWords } from './wechat/state-words.ts'

type Facts = Readonly<Record<string, unknown>>

/** A line for each account at WeChat: how it is, what waits, and what its owner has to do. */
export function wechatLines(
  accounts: Readonly<Record<string, Facts>>,
  isRunning: boolean,
  context: CommandContext,
): string[] {
  const t = speaker(context)
  const { language } = context
  return Object.entries(accounts).map(([name, facts]) => {
    const waiting = waitingWords(facts)
    const next = nextStep(name, facts)
    const inbound = facts['last_inbound_utc']
    const parts = [
      inLanguage(stateWords(facts, isRunning), language),
      ...(typeof inbound === 'string' ? [t(`last message ${inbound}`, `最近来信 ${inbound}`)] : []),
      ...(waiting === null ? [] : [inLanguage(waiting, language)]),
    ]
    const cure = next === null ? '' : t(`. Next: ${next.en}`, `。下一步：${next.zh}`)
    return `${t('WeChat', '微信')} ${name}: ${parts.join(t(', ', '，'))}${cure}`
  })
}

const BRIDGE_WAITS: Readonly<Record<string, Bilingual>> = {
  their_message: { en: 'until somebody writes to the bot in WeChat', zh: '等有人在微信里给机器人写消息' },
  permission: { en: 'until wechat.allow names them', zh: '等 wechat.allow 中列出对方' },
  login: { en: 'for a login: wechat login', zh: '等待登录：wechat login' },
  delivery: { en: 'for the notice before them', zh: '等待上一条通知送出' },
  budget: { en: 'a while, because few may be sent', zh: '稍候，因为可发送次数有限' },
}

/** Said only where messages go from one channel to another. */
export function bridgeLine(bridge: Facts | null, context: CommandContext): string[] {
  if (bridge === null) return []
  const t = speaker(context)
  const waiting = Number(bridge['waiting'] ?? 0)
  const why = BRIDGE_WAITS[String(bridge['waiting_for'])]
  const forWhat = why === undefined ? '' : t(` ${why.en}`, `（${why.zh}）`)
  const rest = waiting === 0 ? '' : t(`, ${waiting} messages wait${forWhat}`, `，${waiting} 条消息等待转达${forWhat}`)
  return [`${t('Bridge', '桥接')}: ${t(`${bridge['routes']} routes`, `${bridge['routes']} 条路由`)}${rest}`]
}
