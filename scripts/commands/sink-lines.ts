import { type Bilingual, inLanguage } from '../core/i18n.ts'
import { type CommandContext, speaker } from './command.ts'

type Facts = Readonly<Record<string, unknown>>

/** One line for each sink: how it is, what waits, what was given up. */
export function sinkLines(sinks: Readonly<Record<string, Facts>>, context: CommandContext): string[] {
  return Object.entries(sinks).map(([name, facts]) =>
    name === 'wake' ? wakeLine(facts, context) : sinkLine(name, facts, context),
  )
}

function sinkLine(name: string, facts: Facts, context: CommandContext): string {
  const t = speaker(context)
  const dead = Number(facts['dead_letters'] ?? 0)
  const parts = [
    stateWords(facts, context),
    t(`${facts['waiting']} waiting`, `排队 ${facts['waiting']} 条`),
    t(`last success ${at(facts['last_success_utc'], 'never')}`, `最近成功 ${at(facts['last_success_utc'], '从未')}`),
  ]
  if (dead > 0) {
    parts.push(
      name === 'wechat_abot'
        ? t(`${dead} given up`, `${dead} 条已放弃`)
        : t(
            `${dead} given up: webhooks redeliver ${name.replace(/^webhook:/, '')} --failed`,
            `${dead} 条已放弃：webhooks redeliver ${name.replace(/^webhook:/, '')} --failed`,
          ),
    )
  }
  return `${t('Sink', '推送')} ${name}: ${parts.join(t(', ', '，'))}`
}

function stateWords({ state, reason, next_try_utc }: Facts, context: CommandContext): string {
  const t = speaker(context)
  const why = reason === null || reason === undefined ? '' : ` (${String(reason)})`
  const next = typeof next_try_utc === 'string' ? t(`, next try ${next_try_utc}`, `，下次尝试 ${next_try_utc}`) : ''
  switch (state) {
    case 'working':
      return t('working', '正常')
    case 'failing':
      return t(`failing${why}${next}`, `失败${why}${next}`)
    case 'held':
      return t(`on hold${why}${next}`, `等待中${why}${next}`)
    case 'paused':
      return t(`paused${why}`, `已暂停${why}`)
    case 'misconfigured':
      return t(`not started${why}`, `未启动${why}`)
    case 'refused':
      return t(`refused${why}`, `被拒绝${why}`)
    case 'not_configured':
      return t('no longer in config.json', '已不在 config.json 中')
    default:
      return `${String(state)}${why}`
  }
}

const WAKE_STATES: Readonly<Record<string, Bilingual>> = {
  idle: { en: 'nothing to tell', zh: '没有需要告知的内容' },
  waiting: { en: 'a poke is planned', zh: '已安排唤醒' },
  quiet: { en: 'quiet hours', zh: '免打扰时段' },
  braked: { en: 'paused: woken too often', zh: '已暂停：唤醒过于频繁' },
  exhausted: { en: 'given up: nobody reads', zh: '不再唤醒：一直无人读取' },
  misconfigured: { en: 'OpenClaw refuses it', zh: '被 OpenClaw 拒绝' },
  unreachable: { en: 'the gateway is not reached', zh: '无法连接网关' },
  throttled: { en: 'the gateway says later', zh: '网关要求稍后' },
}

/** What was poked is not what was read: both are said. */
function wakeLine(facts: Facts, context: CommandContext): string {
  const t = speaker(context)
  const words = WAKE_STATES[String(facts['state'])]
  const state = words === undefined ? String(facts['state']) : inLanguage(words, context.language)
  const { next_poke_utc: next, advice } = facts
  const parts = [
    state,
    t(`last poke ${at(facts['last_poke_utc'], 'never')}`, `最近一次 ${at(facts['last_poke_utc'], '从未')}`),
    t(`${facts['pokes_since_read']} since it read`, `上次读取后 ${facts['pokes_since_read']} 次`),
    ...(typeof next === 'string' ? [t(`next ${next}`, `下次 ${next}`)] : []),
  ]
  const { en, zh } = Object(advice) as { en?: unknown; zh?: unknown }
  const cure = typeof en === 'string' && typeof zh === 'string' ? ` ${t(en, zh)}` : ''
  return `${t('Wake', '唤醒')}: ${parts.join(t(', ', '，'))}.${cure}`
}

function at(time: unknown, never: string): string {
  return typeof time === 'string' ? time : never
}

/** Where webhooks and a wechat_abot plugin reach us; said only where there is something to reach. */
export function listenerLine(listener: Facts | null, context: CommandContext): string[] {
  if (listener === null) return []
  const t = speaker(context)
  const { state, port, reason } = listener
  return [
    state === 'listening'
      ? t(`Listener: 127.0.0.1:${port}`, `监听：127.0.0.1:${port}`)
      : t(
          `Listener: port ${port} can not be used (${reason}); put another one into config.json, under listener.port`,
          `监听：端口 ${port} 无法使用（${reason}）；请在 config.json 的 listener.port 中换一个`,
        ),
  ]
}
