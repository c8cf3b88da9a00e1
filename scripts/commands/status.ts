import { type Bilingual, inLanguage } from '../core/i18n.ts'
import { sinksJson } from '../projections/sinks-json.ts'
import { wechatJson } from '../projections/wechat-json.ts'
import { readConfigFile } from '../store/config-file.ts'
import { countRelationships } from '../store/contacts.ts'
import { requireDataFolder } from '../store/data-folder.ts'
import type { Database } from '../store/database.ts'
import { runningDaemon } from '../store/ownership.ts'
import { AGENT, shownTotal, unreadCount } from '../store/positions.ts'
import { configuredRetentionDays, type Retention, retentionOf } from '../store/retention.ts'
import { currentAccount, readStatus } from '../store/status.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'
import { openMessages } from './reading.ts'
import { listenerLine, sinkLines } from './sink-lines.ts'
import { bridgeLine, wechatLines } from './wechat-lines.ts'

/** What `status --json` prints; fields may be added, never renamed. */
interface Status {
  readonly data_folder: string
  readonly daemon: { readonly running: boolean; readonly pid?: number; readonly since_utc?: string }
  readonly config: Readonly<Record<string, unknown>>
  readonly relay: Readonly<Record<string, unknown>> | null
  /** Accounts by their names. */
  readonly wechat: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Messages that go from one channel to the other; null: no routes. */
  readonly bridge: Readonly<Record<string, unknown>> | null
  readonly messages_received: number
  readonly unread_count: number
  readonly friends_count: number
  readonly retention: Retention
  /** Where requests are taken in; null: nowhere. */
  readonly listener: Readonly<Record<string, unknown>> | null
  /** By name: webhooks, wechat_abot, and waking the agent. */
  readonly sinks: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export const status: Command = {
  usage: '',
  about: {
    en: 'Is the daemon running, are the relay and WeChat reached, what has arrived. Needs neither network nor daemon.',
    zh: '守护进程是否运行、是否连上中继和微信、收到了什么。无需网络，也无需守护进程。',
  },
  examples: ['npm run -s im -- status', 'npm run -s im -- status --json'],
  run(context) {
    const folder = context.folder()
    requireDataFolder(folder)
    const found = readAll(context)
    context.print(context.json ? JSON.stringify(found) : describe(found, context))
    return Promise.resolve(DONE)
  },
}

function readAll(context: CommandContext): Status {
  const folder = context.folder()
  const holder = runningDaemon(folder)
  const database = openMessages(context)
  try {
    return {
      data_folder: folder.path,
      daemon: holder === null ? { running: false } : { running: true, pid: holder.pid, since_utc: holder.startedAt },
      config: configState(context, holder === null ? null : database),
      relay: database === null ? null : (readStatus(database, 'adapter:relay') ?? null),
      wechat: database === null ? {} : wechatJson(database),
      bridge: database === null ? null : (readStatus(database, 'bridge') ?? null),
      messages_received: database === null ? 0 : shownTotal(database),
      unread_count: database === null ? 0 : unreadCount(database, AGENT),
      friends_count: database === null ? 0 : countRelationships(database, currentAccount(database)).accepted,
      retention: retentionOf(database, configuredRetentionDays(folder.file('config.json')), context.clock.now()),
      listener: database === null || holder === null ? null : (readStatus(database, 'listener') ?? null),
      sinks: database === null ? {} : sinksJson(database),
    }
  } finally {
    database?.close()
  }
}

/** The word of the daemon, if it runs: without it nobody has looked into the file since. */
function configState(context: CommandContext, database: Database | null): Readonly<Record<string, unknown>> {
  const file = readConfigFile(context.folder().file('config.json'))
  if (file.kind !== 'text') return { state: file.kind }
  return (database === null ? undefined : readStatus(database, 'config')) ?? { state: 'unread' }
}

function describe(found: Status, context: CommandContext): string {
  const t = speaker(context)
  const { daemon, relay, config } = found
  const lines = [
    daemon.running
      ? t(
          `Daemon: running (pid ${daemon.pid}) since ${daemon.since_utc}`,
          `守护进程：运行中（pid ${daemon.pid}），自 ${daemon.since_utc}`,
        )
      : t('Daemon: not running. Start it with: npm run sse', '守护进程：未运行。启动命令：npm run sse'),
    `${t('Relay', '中继')}: ${relaySentence(found, context)}`,
    ...wechatLines(found.wechat, daemon.running, context),
    ...bridgeLine(found.bridge, context),
    t(
      `Messages: ${found.messages_received} received, ${found.unread_count} unread. Friends: ${found.friends_count}.`,
      `消息：已收到 ${found.messages_received} 条，未读 ${found.unread_count} 条。好友：${found.friends_count} 位。`,
    ),
    ...olderMessages(found.retention, context),
    ...listenerLine(found.listener, context),
    ...sinkLines(found.sinks, context),
    `${t('Data folder', '数据目录')}: ${found.data_folder}`,
  ]
  if (config['state'] === 'invalid') lines.push(inLanguage(config['reason'] as Bilingual, context.language))
  const warnings = (config['warnings'] ?? []) as readonly Bilingual[]
  lines.push(...warnings.map(text => `${t('Warning', '警告')}: ${inLanguage(text, context.language)}`))
  if (relay?.['warning'] === 'my_id_differs_from_token') {
    lines.push(
      t(
        'Warning: my_id in config.json is not the id that the token belongs to.',
        '警告：config.json 中的 my_id 与 Token 所属的编号不一致。',
      ),
    )
  }
  return lines.join('\n')
}

/** Said only where there is something to ask the owner. */
function olderMessages({ days, older_messages, oldest_utc }: Retention, context: CommandContext): string[] {
  if (older_messages === 0) return []
  const t = speaker(context)
  return [
    t(
      `Older than ${days} days: ${older_messages} messages, since ${oldest_utc}. Archive them? See: npm run -s im -- retention`,
      `超过 ${days} 天：${older_messages} 条消息，自 ${oldest_utc} 起。是否归档？参见：npm run -s im -- retention`,
    ),
  ]
}

function relaySentence({ daemon, relay, config }: Status, context: CommandContext): string {
  const t = speaker(context)
  const since = String(relay?.['since_utc'] ?? '?')
  const reason = String(relay?.['reason'] ?? '?')
  if (config['state'] === 'missing' || relay?.['state'] === 'not_registered') {
    return t(
      'not registered yet: config.json is missing or holds placeholders',
      '尚未注册：缺少 config.json，或其中仍是占位内容',
    )
  }
  if (relay === null) return t('nothing known yet', '尚无信息')
  if (!daemon.running)
    return t(
      `last known state: ${String(relay['state'])} since ${since}`,
      `最后已知状态：${String(relay['state'])}，自 ${since}`,
    )
  switch (relay['state']) {
    case 'connected':
      return t(
        `connected since ${since}; last byte ${String(relay['last_byte_utc'] ?? '?')}`,
        `已连接，自 ${since}；最后收到数据 ${String(relay['last_byte_utc'] ?? '?')}`,
      )
    case 'connecting':
      return t('connecting', '正在连接')
    case 'token_refused':
      return t(
        'the relay refuses the token. Correct token in config.json; it is tried again every 5 minutes',
        '中继拒绝了 Token。请修正 config.json 中的 token；每 5 分钟会再试一次',
      )
    case 'identity_taken':
      return t(
        `this account is already served from ${String(relay['held_by'])}; stop that daemon first`,
        `该账号已由 ${String(relay['held_by'])} 的守护进程使用；请先停止它`,
      )
    case 'identity_lock_failed':
      return t(
        `the lock of this account can not be taken (${reason}); make the state folder writable, or start with --no-identity-lock`,
        `无法获取该账号的锁（${reason}）；请使状态目录可写，或使用 --no-identity-lock 启动`,
      )
    case 'silent':
      return t(
        `connected, but not a byte since ${String(relay['last_byte_utc'] ?? '?')}; a second connection is being tried, and the inbox is looked at`,
        `已连接，但自 ${String(relay['last_byte_utc'] ?? '?')} 起没有收到任何数据；正在尝试第二条连接，并轮询收件箱`,
      )
    case 'disconnected':
      return t(
        `not connected since ${since} (${reason}); messages are fetched by polling meanwhile`,
        `自 ${since} 起未连接（${reason}）；期间用轮询取消息`,
      )
    default:
      return `${String(relay['state'])} (${reason})`
  }
}
