import type { Finding } from '../../core/finding.ts'
import { wechatJson } from '../../projections/wechat-json.ts'
import { type DataFolder, folderExists } from '../../store/data-folder.ts'
import { openForReading } from '../../store/database.ts'
import { runningDaemon } from '../../store/ownership.ts'
import { nextStep, stateWords } from './state-words.ts'

type Facts = Readonly<Record<string, unknown>>

/** How the accounts at WeChat were when the daemon last told of them. */
export function inspectWechat(folder: DataFolder): Finding[] {
  const accounts = Object.entries(knownAccounts(folder))
  if (accounts.length === 0) return []
  const isRunning = runningDaemon(folder) !== null
  return accounts.map(([name, facts]) => findingOf(name, facts, isRunning))
}

function knownAccounts(folder: DataFolder): Readonly<Record<string, Facts>> {
  try {
    const database = folderExists(folder) ? openForReading(folder.file('state.db')) : null
    try {
      return database === null ? {} : wechatJson(database)
    } finally {
      database?.close()
    }
  } catch {
    // What is wrong with the database is told elsewhere.
    return {}
  }
}

/** Nothing arrives before somebody does something. */
const FAULTS: ReadonlySet<string> = new Set(['login_needed', 'identity_taken', 'identity_lock_failed'])
/** It is being worked on, and may end by itself. */
const WARNINGS: ReadonlySet<string> = new Set(['retrying', 'degraded', 'checking_login', 'failed'])

function findingOf(name: string, facts: Facts, isRunning: boolean): Finding {
  const state = String(facts['state'])
  const parked = Number(facts['parked'] ?? 0)
  const next = nextStep(name, facts) ?? (parked > 0 ? WAITS : undefined)
  const level = isFault(state, isRunning) ? 'fault' : WARNINGS.has(state) || parked > 0 ? 'warning' : 'ok'
  const words = stateWords(facts, isRunning)
  const waits = { en: `; ${parked} messages are set aside`, zh: `；${parked} 条消息已搁置` }
  return {
    check: `wechat ${name}`,
    level,
    text: parked === 0 ? words : { en: `${words.en}${waits.en}`, zh: `${words.zh}${waits.zh}` },
    ...(level === 'ok' || next === undefined ? {} : { next }),
  }
}

/** Of a daemon that has gone only this much still holds: nobody logs in by starting it. */
function isFault(state: string, isRunning: boolean): boolean {
  return state === 'login_needed' || (isRunning && FAULTS.has(state))
}

const WAITS = {
  en: 'They go out when the person they are for writes to the bot again: wechat status',
  zh: '收件人再次给机器人写消息后会自动发出：wechat status',
}
