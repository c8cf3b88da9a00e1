/** @import { ChannelLine, ChannelState, FileName, LiveState, Problem, Snapshot, Stats, WechatAccount } from './types.d.ts' */
import { FILE_NAMES } from './live.js'
import { wechatProblems } from './wechat.js'

/** How a file was found. `unreadable`: it is there, and is not what it should be. */
/** @typedef {'unread' | 'there' | 'missing' | 'failed' | 'unreadable'} Found */

/**
 * What the viewer should know and can do something about; worst first.
 *
 * @param {object} known
 * @param {LiveState} known.live
 * @param {ReadonlyMap<FileName, Found>} known.files
 * @param {ChannelState} known.channel
 * @param {readonly WechatAccount[]} known.wechat
 * @param {Stats | null} known.stats
 * @param {Snapshot | null} known.snapshot
 * @param {ReadonlyMap<string, ChannelLine>} known.faults
 * @param {boolean} known.hasLines
 * @returns {readonly Problem[]}
 */
export function problemsOf({ live, files, channel, wechat, stats, snapshot, faults, hasLines }) {
  /** @type {Problem[]} */
  const server = live.serverDown ? [{ code: 'ui_server_down', sinceMs: live.sinceMs }] : []
  if (FILE_NAMES.some(name => (files.get(name) ?? 'unread') === 'unread')) return server
  if (FILE_NAMES.every(name => files.get(name) === 'missing')) return [...server, { code: 'no_data' }]
  const unreadable = FILE_NAMES.filter(name => files.get(name) === 'unreadable')
  const missing = FILE_NAMES.filter(name => files.get(name) === 'missing' && isExpected(name, { channel, stats }))
  const retention = snapshot?.retention
  const neverRan = channel.code === 'unknown' && files.get('sse_channel.log') === 'missing'
  return [
    ...server,
    ...(neverRan
      ? [/** @type {const} */ ({ code: 'daemon_down', sinceMs: null, stale: false })]
      : ofChannel(channel, wechat)),
    ...wechatProblems(wechat),
    ...[...faults].map(([file, { fields, atMs }]) => {
      return /** @type {const} */ ({ code: 'storage_fault', file, reason: fields['reason'] ?? '', sinceMs: atMs })
    }),
    ...(missing.length === 0 ? [] : [/** @type {const} */ ({ code: 'file_missing', names: missing })]),
    ...(unreadable.length === 0 ? [] : [/** @type {const} */ ({ code: 'file_unreadable', names: unreadable })]),
    ...(retention == null || retention.olderMessages === 0
      ? []
      : [
          /** @type {const} */ ({
            code: 'old_data',
            days: retention.days,
            olderMessages: retention.olderMessages,
            oldestMs: retention.oldestAt === null ? null : Date.parse(retention.oldestAt),
          }),
        ]),
    ...(hasLines ? [] : [nothingYet(channel, wechat)]),
  ]
}

/**
 * @param {ChannelState} channel
 * @param {readonly WechatAccount[]} wechat
 * @returns {Problem}
 */
function nothingYet({ code, before }, wechat) {
  const isRegistered = code !== 'not_registered' && before !== 'not_registered'
  return { code: isRegistered || wechat.length === 0 ? 'empty' : 'empty_wechat' }
}

/**
 * @param {ChannelState} channel
 * @param {readonly WechatAccount[]} wechat who has WeChat needs no relay
 * @returns {readonly Problem[]}
 */
function ofChannel({ code, sinceMs, reason, facts, before }, wechat) {
  switch (code) {
    case 'not_registered':
      return wechat.length > 0 ? withoutDaemon(wechat) : [{ code }]
    case 'config_invalid':
      return [{ code }]
    case 'token_refused':
      return [{ code, sinceMs }]
    case 'identity_taken':
      return [{ code, heldBy: facts['held_by'] ?? '' }]
    case 'identity_lock_failed':
      return [{ code, reason }]
    case 'daemon_stopped':
    case 'stale':
      return [
        ...(before === 'not_registered' && wechat.length === 0 ? [/** @type {const} */ ({ code: before })] : []),
        { code: 'daemon_down', sinceMs, stale: code === 'stale' },
      ]
    default:
      return []
  }
}

/**
 * Nothing is heard of a relay then, so that it was ended shows at WeChat alone.
 *
 * @param {readonly WechatAccount[]} wechat
 * @returns {readonly Problem[]}
 */
function withoutDaemon(wechat) {
  if (!wechat.every(one => one.isPast)) return []
  const sinceMs = Math.max(...wechat.map(one => one.lastPollMs ?? one.sinceMs ?? 0))
  return [{ code: 'daemon_down', sinceMs: sinceMs === 0 ? null : sinceMs, stale: true }]
}

/**
 * Some come with the first message, or with the first accepted token.
 *
 * @param {FileName} name
 * @param {{ channel: ChannelState, stats: Stats | null }} known
 */
function isExpected(name, { channel, stats }) {
  if (channel.code === 'not_registered' || channel.before === 'not_registered') return false
  if (name === 'sse_channel.log') return channel.code !== 'unknown'
  if (name === 'conversations.md' || name === 'inbox_pushed.md') return stats !== null && stats.received > 0
  return name !== 'profile.json' || channel.code === 'connected'
}
