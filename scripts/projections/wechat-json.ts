import type { Database } from '../store/database.ts'
import { schemaVersion } from '../store/schema.ts'
import { readStatus } from '../store/status.ts'
import { listWechatAccounts, type WechatAccount } from '../store/wechat-accounts.ts'
import { countWaiting } from '../store/wechat-waiting.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Each account at WeChat by its name, with its state and what waits. Nothing in it is secret, and no name of anybody. */
export function wechatJson(database: Database): Readonly<Record<string, JsonObject>> {
  const accounts = knownWechatAccounts(database).sort((a, b) => a.name.localeCompare(b.name))
  return Object.fromEntries(accounts.map(account => [account.name, accountJson(database, account)]))
}

/** The latest login first. None where an older version made the database, and no daemon has changed it since. */
export function knownWechatAccounts(database: Database): WechatAccount[] {
  return schemaVersion(database) < SINCE_SCHEMA ? [] : listWechatAccounts(database)
}

const SINCE_SCHEMA = 4

function accountJson(database: Database, { name, savedAt }: WechatAccount): JsonObject {
  const sink = `wechat:${name}`
  const { waiting, untilPeer, untilLogin } = countWaiting(database, sink)
  const told = toldOf(readStatus(database, `adapter:${sink}`), savedAt)
  return {
    state: told['state'] ?? 'not_started',
    since_utc: told['since_utc'] ?? null,
    reason: told['reason'] ?? null,
    ...(typeof told['held_by'] === 'string' ? { held_by: told['held_by'] } : {}),
    last_poll_utc: told['last_poll_utc'] ?? null,
    last_inbound_utc: told['last_inbound_utc'] ?? null,
    last_accepted_utc: told['last_accepted_utc'] ?? null,
    waiting,
    parked: untilPeer + untilLogin,
  }
}

/** What was said before the last login is not so any more, whether somebody has said something since or not. */
function toldOf(told: JsonObject = {}, savedAt: string): JsonObject {
  const since = told['since_utc']
  if (typeof since !== 'string' || since >= savedAt) return told
  return { ...told, state: undefined, since_utc: undefined, reason: undefined }
}
