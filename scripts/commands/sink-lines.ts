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
    case 'not_configured':
      return t('no longer in config.json', '已不在 config.json 中')
    default:
      return `${String(state)}${why}`
  }
}

function wakeLine(facts: Facts, context: CommandContext): string {
  const t = speaker(context)
  const { last_outcome: outcome } = facts
  return t(
    `Wake: ${stateWords(facts, context)}, last poke ${at(facts['last_poke_utc'], 'never')}${outcome == null ? '' : ` (${String(outcome)})`}`,
    `唤醒：${stateWords(facts, context)}，最近一次 ${at(facts['last_poke_utc'], '从未')}${outcome == null ? '' : `（${String(outcome)}）`}`,
  )
}

function at(time: unknown, never: string): string {
  return typeof time === 'string' ? time : never
}
