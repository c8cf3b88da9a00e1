/** @import { PartState, Problem, Stats, WechatAccount, WechatCode } from './types.d.ts' */

/** Accounts at WeChat, as the daemon tells of them in stats.json. */

/** A poll is held for 35 s as a rule, and noted when it was answered. */
const STALE_MS = 5 * 60_000

const PREFIX = 'wechat:'

/** @type {ReadonlySet<unknown>} */
const CODES = new Set([
  'connecting',
  'connected',
  'retrying',
  'degraded',
  'checking_login',
  'login_needed',
  'identity_taken',
  'identity_lock_failed',
  'stopped',
  'not_started',
  'failed',
])

/** @param {string} name of an account in stats.json */
export function isWechat(name) {
  return name.startsWith(PREFIX)
}

/**
 * @param {Stats | null} stats
 * @param {{ isDaemonDown: boolean, now: number }} present
 * @returns {readonly WechatAccount[]}
 */
export function wechatAccounts(stats, present) {
  return (stats?.accounts ?? []).filter(({ name }) => isWechat(name)).map(part => accountOf(part, present))
}

/**
 * @param {PartState} part
 * @param {{ isDaemonDown: boolean, now: number }} present
 * @returns {WechatAccount}
 */
function accountOf({ name, state, sinceAt, reason, facts }, { isDaemonDown, now }) {
  const code = CODES.has(state) ? /** @type {WechatCode} */ (state) : 'unknown'
  const sinceMs = ms(sinceAt)
  const lastPollMs = ms(facts['last_poll_utc'])
  const heardMs = Math.max(lastPollMs ?? 0, sinceMs ?? 0)
  const isStale = code === 'connected' && heardMs > 0 && now - heardMs > STALE_MS
  return {
    name: name.slice(PREFIX.length),
    code,
    state,
    // A login is needed whoever runs: starting the daemon does not bring one.
    isPast: (isDaemonDown || isStale) && code !== 'login_needed' && code !== 'stopped' && code !== 'not_started',
    sinceMs,
    reason,
    heldBy: facts['held_by'] ?? null,
    lastPollMs,
    lastInboundMs: ms(facts['last_inbound_utc']),
    lastAcceptedMs: ms(facts['last_accepted_utc']),
    waiting: count(facts['waiting']),
    parked: count(facts['parked']),
  }
}

/**
 * Which of them need their owner.
 *
 * @param {readonly WechatAccount[]} accounts
 * @returns {readonly Problem[]}
 */
export function wechatProblems(accounts) {
  /** @type {Problem[]} */
  const problems = []
  for (const { name, code, sinceMs, heldBy, isPast } of accounts) {
    if (code === 'login_needed') problems.push({ code: 'wechat_login_needed', name, sinceMs })
    if (code === 'identity_taken' && !isPast)
      problems.push({ code: 'wechat_identity_taken', name, heldBy: heldBy ?? '' })
  }
  return problems
}

/** @param {string | null | undefined} at */
function ms(at) {
  const time = Date.parse(at ?? '')
  return Number.isNaN(time) ? null : time
}

/** @param {string | undefined} text */
function count(text) {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0
}
