import type { Finding } from '../core/finding.ts'
import { sinksJson } from '../projections/sinks-json.ts'
import { type DataFolder, folderExists } from '../store/data-folder.ts'
import { openForReading } from '../store/database.ts'
import { schemaVersion } from '../store/schema.ts'

/** How the sinks were when the daemon last told of them. */
export function inspectSinks(folder: DataFolder): Finding[] {
  return Object.entries(knownSinks(folder)).map(([name, facts]) => findingOf(name, facts))
}

function knownSinks(folder: DataFolder): ReturnType<typeof sinksJson> {
  try {
    const database = folderExists(folder) ? openForReading(folder.file('state.db')) : null
    try {
      // A daemon that is being started has made the file, and nothing in it yet.
      return database === null || schemaVersion(database) === 0 ? {} : sinksJson(database)
    } finally {
      database?.close()
    }
  } catch {
    // What is wrong with the database is told elsewhere.
    return {}
  }
}

function findingOf(name: string, facts: Readonly<Record<string, unknown>>): Finding {
  const check = `sink ${name}`
  const state = String(facts['state'])
  const reason = facts['reason'] === null || facts['reason'] === undefined ? '' : ` (${String(facts['reason'])})`
  const dead = Number(facts['dead_letters'] ?? 0)
  const known = ADVICE[state]
  if (known !== undefined) {
    return {
      check,
      level: 'warning',
      text: { en: `${known.en}${reason}`, zh: `${known.zh}${reason}` },
      next: ownAdvice(facts) ?? adviceFor(String(facts['reason']), name),
    }
  }
  if (dead > 0) {
    return {
      check,
      level: 'warning',
      text: { en: `${dead} deliveries were given up`, zh: `有 ${dead} 条推送已放弃` },
      next: adviceFor('dead', name),
    }
  }
  return { check, level: 'ok', text: { en: state, zh: state } }
}

const ADVICE: Readonly<Record<string, Finding['text']>> = {
  failing: { en: 'the last pushes failed', zh: '最近的推送失败' },
  held: { en: 'nothing is pushed now, everything is kept', zh: '暂停推送，内容全部保留' },
  paused: { en: 'paused: what comes is queued', zh: '已暂停：新内容排队等待' },
  refused: { en: 'they refused what was pushed', zh: '对方拒绝了推送' },
  misconfigured: { en: 'not working as it is set up', zh: '按当前设置无法工作' },
  unreachable: { en: 'the gateway is not reached', zh: '无法连接网关' },
  throttled: { en: 'the gateway wants to be left alone for a while', zh: '网关要求稍后再试' },
  braked: { en: 'woken too often; paused for an hour', zh: '唤醒过于频繁；暂停一小时' },
  exhausted: { en: 'the agent was woken eight times and has read nothing', zh: '已唤醒八次，智能体仍未读取' },
}

/** What the part itself found to be the cure. */
function ownAdvice({ advice }: Readonly<Record<string, unknown>>): Finding['text'] | null {
  const { en, zh } = Object(advice) as { en?: unknown; zh?: unknown }
  return typeof en === 'string' && typeof zh === 'string' ? { en, zh } : null
}

function adviceFor(reason: string, name: string): Finding['text'] {
  const webhook = name.replace(/^webhook:/, '')
  switch (reason) {
    case 'weak_secret':
      return {
        en: 'Give it a secret of at least 16 characters: webhookSecret in config.json, or OPENCLAW_WEBHOOK_SECRET.',
        zh: '请设置至少 16 个字符的密钥：config.json 的 webhookSecret，或环境变量 OPENCLAW_WEBHOOK_SECRET。',
      }
    case 'no_plugin':
      return {
        en: 'OpenClaw has no plugin at that address: install one that serves /wechat_abot/webhook. It is tried every 5 minutes.',
        zh: 'OpenClaw 在该地址没有插件：请安装提供 /wechat_abot/webhook 的插件。每 5 分钟会再试。',
      }
    case 'http_401':
      return {
        en: 'They do not accept our signature or token: both sides need the same secret.',
        zh: '对方不接受我们的签名或令牌：双方密钥必须一致。',
      }
    default:
      if (name === 'wake') return { en: 'Try it by hand: wake test', zh: '手动试一次：wake test' }
      return name.startsWith('webhook:')
        ? {
            en: `See what they answered: webhooks logs ${webhook} --failed; send again: webhooks redeliver ${webhook} --failed`,
            zh: `查看对方的回答：webhooks logs ${webhook} --failed；重新发送：webhooks redeliver ${webhook} --failed`,
          }
        : { en: 'Is the receiver running? See: status', zh: '接收方是否在运行？参见：status' }
  }
}
