import { UsageError } from '../core/errors.ts'
import { isRetentionDays, LONGEST_RETENTION_DAYS } from '../core/retention.ts'
import type { PruneResult } from '../engine/actions/prune.ts'
import { requireDataFolder } from '../store/data-folder.ts'
import { configuredRetentionDays, cutoffOf, prunable } from '../store/retention.ts'
import { folderSizes } from '../store/sizes.ts'
import { type Command, type CommandContext, DONE, speaker, WRONG_USAGE } from './command.ts'
import { isConfirmed } from './confirm.ts'
import { openMessages } from './reading.ts'

/** What `retention --json` prints; fields may be added, never renamed. */
interface Plan {
  /** 0: no reminder. */
  readonly days: number
  readonly cutoff_utc: string | null
  readonly older_messages: number
  readonly oldest_utc: string | null
  /** What `retention prune --yes` would archive now. */
  readonly archivable_messages: number
  /** Older, but not read by the agent: they and what came after them stay. */
  readonly unread_messages: number
  readonly bytes: {
    readonly 'conversations.md': number
    readonly 'inbox_pushed.md': number
    readonly 'state.db': number
    readonly '.archive': number
  }
}

export const retention: Command = {
  usage: '[prune]',
  about: {
    en: 'How much is older than the limit. "prune --yes" archives it in .archive, then takes it out; nothing is deleted unasked.',
    zh: '有多少内容超过保留期限。"prune --yes" 先归档到 .archive，再移出；未经询问不会删除任何内容。',
  },
  examples: [
    'npm run -s im -- retention',
    'npm run -s im -- retention prune --yes',
    'npm run -s im -- retention prune --days 30 --yes',
  ],
  options: { days: { type: 'string' }, yes: { type: 'boolean' } },
  optionHelp: {
    days: {
      en: `N  another limit than retention_days, 1 to ${LONGEST_RETENTION_DAYS}`,
      zh: `N  使用其他期限代替 retention_days，1 到 ${LONGEST_RETENTION_DAYS}`,
    },
    yes: { en: 'the owner agreed', zh: '主人已同意' },
  },
  async run(context) {
    const [what, ...more] = context.positionals
    if (more.length > 0 || (what !== undefined && what !== 'prune')) throw onlyPrune()
    const folder = context.folder()
    requireDataFolder(folder)
    const days = chosenDays(context)
    const plan = makePlan(context, days)
    if (what === undefined) {
      context.print(context.json ? JSON.stringify(plan) : describe(plan, context))
      return DONE
    }
    if (days === 0) throw noLimit()
    const t = speaker(context)
    if (context.values['yes'] !== true) context.print(context.json ? JSON.stringify(plan) : describe(plan, context))
    if (!(await isConfirmed(context, t('Archive them now?', '现在归档？')))) {
      context.note(t('Nothing was changed. With --yes it is done.', '未做任何改动。加上 --yes 即执行。'))
      return WRONG_USAGE
    }
    const { act } = await import('./act.ts')
    const result = await act<PruneResult>(context, 'prune', { days }, { repeatable: true })
    context.print(context.json ? JSON.stringify(result) : tell(result, context))
    return DONE
  },
}

function chosenDays(context: CommandContext): number {
  const asked = context.values['days']
  if (asked === undefined) return configuredRetentionDays(context.folder().file('config.json'))
  const days = typeof asked === 'string' && /^\d{1,4}$/.test(asked) ? Number(asked) : 0
  if (days > 0 && isRetentionDays(days)) return days
  throw new UsageError({
    en: `--days takes a whole number from 1 to ${LONGEST_RETENTION_DAYS}.`,
    zh: `--days 应为 1 到 ${LONGEST_RETENTION_DAYS} 的整数。`,
  })
}

function makePlan(context: CommandContext, days: number): Plan {
  const folder = context.folder()
  const sizes = folderSizes(folder)
  const cutoff = days === 0 ? null : cutoffOf(days, context.clock.now())
  const database = openMessages(context)
  try {
    const found = database === null || cutoff === null ? null : prunable(database, cutoff)
    return {
      days,
      cutoff_utc: cutoff,
      older_messages: found?.older ?? 0,
      oldest_utc: found?.oldestAt ?? null,
      archivable_messages: found?.messages ?? 0,
      unread_messages: found?.unread ?? 0,
      bytes: {
        'conversations.md': sizes.conversations,
        'inbox_pushed.md': sizes.inbox,
        'state.db': sizes.database,
        '.archive': sizes.archive,
      },
    }
  } finally {
    database?.close()
  }
}

function describe(plan: Plan, context: CommandContext): string {
  const t = speaker(context)
  const sizes = Object.entries(plan.bytes).map(([name, bytes]) => `${name} ${megabytes(bytes)}`)
  const lines = [`${t('Sizes', '大小')}: ${sizes.join(', ')}`]
  if (plan.days === 0) {
    lines.unshift(t('No reminder: retention_days is 0.', '不提醒：retention_days 为 0。'))
    return lines.join('\n')
  }
  lines.unshift(
    plan.older_messages === 0
      ? t(`Nothing is older than ${plan.days} days.`, `没有超过 ${plan.days} 天的内容。`)
      : t(
          `Older than ${plan.days} days: ${plan.older_messages} messages, received since ${plan.oldest_utc}.`,
          `超过 ${plan.days} 天：${plan.older_messages} 条消息，自 ${plan.oldest_utc} 起收到。`,
        ),
  )
  if (plan.unread_messages > 0) lines.push(unreadStay(plan.unread_messages, context))
  if (plan.archivable_messages > 0) {
    lines.push(
      t(
        `"retention prune --yes" would write ${plan.archivable_messages} messages to .archive, then take them out of state.db, conversations.md and inbox_pushed.md. Ask the owner first.`,
        `"retention prune --yes" 会先把 ${plan.archivable_messages} 条消息写入 .archive，再从 state.db、conversations.md 和 inbox_pushed.md 中移出。请先询问主人。`,
      ),
    )
  }
  return lines.join('\n')
}

function unreadStay(count: number, context: CommandContext): string {
  return speaker(context)(
    `${count} older ones are unread: they and what came after them stay. Read them first: npm run -s im -- inbox --ack`,
    `其中 ${count} 条未读：它们及其后的消息会保留。请先阅读：npm run -s im -- inbox --ack`,
  )
}

function tell(result: PruneResult, context: CommandContext): string {
  const t = speaker(context)
  const lines = [
    result.archived_messages === 0
      ? t('No message was to be archived.', '没有需要归档的消息。')
      : t(
          `Archived: ${result.archived_messages} messages from before ${result.cutoff_utc}.`,
          `已归档：${result.cutoff_utc} 之前的 ${result.archived_messages} 条消息。`,
        ),
    t(
      `The two files became smaller by ${megabytes(result.freed_bytes)}; state.db uses its room again.`,
      `两个文件共减小 ${megabytes(result.freed_bytes)}；state.db 会重新利用腾出的空间。`,
    ),
    ...result.archives.map(path => `${t('Archive', '归档文件')}: ${path}`),
  ]
  if (result.kept_unread > 0) lines.push(unreadStay(result.kept_unread, context))
  return lines.join('\n')
}

export function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function onlyPrune(): UsageError {
  return new UsageError(
    { en: 'retention takes "prune", or nothing.', zh: 'retention 只接受 "prune" 或不带参数。' },
    { nextStep: { en: 'See: retention --help', zh: '参见：retention --help' } },
  )
}

function noLimit(): UsageError {
  return new UsageError(
    { en: 'There is no limit: retention_days is 0.', zh: '没有期限：retention_days 为 0。' },
    { nextStep: { en: 'Name one: retention prune --days 30', zh: '请指定一个：retention prune --days 30' } },
  )
}
