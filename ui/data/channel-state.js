/** @import { ChannelCode, ChannelLine, ChannelState, PartState, Snapshot, Stats } from './types.d.ts' */

/**
 * The present state of the channel, from what the daemon says of itself (stats.json) and from its log. Both are written
 * at each turn; the newer one counts, because one may lag behind, and the log alone knows the fine points.
 *
 * @typedef {object} LogState what the lines so far say
 * @property {ChannelCode} code
 * @property {number | null} sinceMs
 * @property {string | null} reason
 * @property {number | null} nextTryMs
 * @property {number | null} heardMs
 * @property {string | null} before
 * @property {ReadonlySet<string>} streams that are connected
 * @property {ReadonlySet<string>} silent
 */

/** @type {LogState} */
export const NOTHING_KNOWN = {
  code: 'unknown',
  sinceMs: null,
  reason: null,
  nextTryMs: null,
  heardMs: null,
  before: null,
  streams: new Set(),
  silent: new Set(),
}

/** While connected, a byte is noted at least so often. */
const CONNECTED_STALE_MS = 2 * 60_000
/** The longest wait between two tries, and then some. */
const OTHER_STALE_MS = 6 * 60_000
/** Log and state are written one after the other. */
const SAME_MOMENT_MS = 2000
/** In these nothing is written until the owner acts. */
const QUIET = new Set(['not_registered', 'config_invalid', 'daemon_stopped', 'unknown'])

/**
 * @param {LogState} state
 * @param {ChannelLine} line
 * @returns {LogState}
 */
export function afterLine(state, line) {
  if (line.atMs === null || line.event === 'note') return state
  const heard = { ...state, heardMs: Math.max(state.heardMs ?? 0, line.atMs) }
  // Of an account at WeChat.
  if (line.fields['account'] !== undefined) return heard
  const stream = line.fields['stream'] ?? ''
  const reason = line.fields['reason'] ?? null
  const up = state.streams.size > 0
  /** @param {ChannelCode} code @param {Partial<LogState>} [more] */
  const become = (code, more = {}) => ({
    ...heard,
    code,
    sinceMs: code === state.code ? state.sinceMs : line.atMs,
    ...more,
  })
  switch (line.event) {
    case 'DAEMON_STARTED':
      return become('connecting', { ...NOTHING_KNOWN, code: 'connecting', sinceMs: line.atMs, heardMs: heard.heardMs })
    case 'DAEMON_STOPPED':
      return become('daemon_stopped', { ...NONE_UP, reason, before: state.code })
    case 'SSE_CONNECT_START':
      return up || state.code === 'token_refused' || state.code === 'fallback' ? heard : become('connecting')
    case 'SSE_CONNECTED':
    case 'SSE_SECOND_OPENED':
      return become('connected', { streams: including(state.streams, stream), nextTryMs: null, reason: null })
    case 'SSE_SILENT': {
      const silent = including(state.silent, stream)
      return [...state.streams].every(one => silent.has(one)) ? become('silent', { silent }) : { ...heard, silent }
    }
    case 'SSE_RESTORED':
      return stream === '' ? heard : become('connected', { silent: without(state.silent, stream) })
    case 'SSE_STREAM_DROPPED':
      return { ...heard, streams: without(state.streams, stream), silent: without(state.silent, stream) }
    case 'SSE_DISCONNECTED':
      return become('reconnecting', { ...NONE_UP, reason })
    case 'SSE_CONNECT_FAILED':
      if (up || state.code === 'token_refused') return heard
      return state.code === 'fallback' ? { ...heard, reason } : become('reconnecting', { reason })
    case 'SSE_RECONNECT_SCHEDULED':
      return { ...heard, nextTryMs: nextTry(line) }
    case 'FALLBACK_MESSAGES_POLL':
      return up || state.code === 'token_refused' ? heard : become('fallback')
    case 'AUTH_REFUSED':
      return become('token_refused', { ...NONE_UP, reason: state.reason, nextTryMs: nextTry(line) })
    case 'CONFIG_MISSING':
      return up ? heard : become('not_registered', { reason: null, nextTryMs: null })
    case 'CONFIG_INVALID':
      // The last valid one stays in force.
      return state.code === 'connecting' ? become('config_invalid') : heard
    case 'CONFIG_RELOADED':
      return up ? heard : become('connecting', { reason: null, nextTryMs: null })
    default:
      return heard
  }
}

const NONE_UP = { streams: new Set(), silent: new Set(), nextTryMs: null }

/** @param {ChannelLine} line */
function nextTry({ atMs, fields }) {
  const seconds = Number(fields['delay_sec'] ?? fields['next_probe_sec'])
  return atMs === null || !Number.isFinite(seconds) ? null : atMs + seconds * 1000
}

/**
 * @param {{ log: LogState, stats: Stats | null, snapshot: Snapshot | null, now: number }} known
 * @returns {ChannelState}
 */
export function channelState({ log, stats, snapshot, now }) {
  const relay = stats?.accounts.find(one => one.name === 'relay') ?? null
  const facts = relay?.facts ?? {}
  const lastByteMs = ms(facts['last_byte_utc'])
  const lastSyncMs = ms(facts['last_sync_utc'] ?? stats?.lastSyncAt)
  const heardMs = latest([log.heardMs, lastByteMs, lastSyncMs, ms(relay?.sinceAt), ms(snapshot?.updatedAt)])
  const told = combine(log, relay)
  const state = {
    ...told,
    lastByteMs,
    lastSyncMs,
    nextTryMs: told.code === 'connected' ? null : (ms(facts['next_try_utc']) ?? log.nextTryMs),
    heardMs,
    facts,
  }
  const limit = told.code === 'connected' || told.code === 'silent' ? CONNECTED_STALE_MS : OTHER_STALE_MS
  if (heardMs === null || QUIET.has(told.code) || now - heardMs <= limit) return state
  return { ...state, code: 'stale', sinceMs: heardMs, nextTryMs: null, before: told.code }
}

/** Nothing is done by a daemon now, as far as is known. @param {ChannelState} state */
export function isDown({ code }) {
  return code === 'daemon_stopped' || code === 'stale'
}

/**
 * @param {LogState} log
 * @param {PartState | null} relay
 * @returns {{ code: ChannelCode, sinceMs: number | null, reason: string | null, before: string | null }}
 */
function combine(log, relay) {
  const fromLog = { code: log.code, sinceMs: log.sinceMs, reason: log.reason, before: log.before }
  const said = relay === null ? null : codeOf(relay.state)
  if (relay === null || said === null) return fromLog
  const saidMs = ms(relay.sinceAt)
  const isOlder = log.sinceMs !== null && saidMs !== null && log.sinceMs - saidMs > SAME_MOMENT_MS
  if (log.code === 'daemon_stopped' && (saidMs === null || saidMs - (log.sinceMs ?? 0) <= SAME_MOMENT_MS))
    return fromLog
  if (log.code === said || (said === 'reconnecting' && FINER.has(log.code))) {
    return { ...fromLog, reason: relay.reason ?? log.reason }
  }
  if (isOlder && log.code !== 'unknown') return fromLog
  return { code: said, sinceMs: saidMs, reason: relay.reason, before: null }
}

/** What the log tells apart while the daemon says `disconnected`. */
const FINER = new Set(['reconnecting', 'fallback', 'connecting', 'token_refused'])

/**
 * @param {string | null} state
 * @returns {ChannelCode | null}
 */
function codeOf(state) {
  switch (state) {
    case 'connected':
    case 'connecting':
    case 'silent':
    case 'token_refused':
    case 'not_registered':
    case 'identity_taken':
    case 'identity_lock_failed':
    case 'failed':
      return state
    case 'disconnected':
      return 'reconnecting'
    case 'stopped':
      return 'daemon_stopped'
    default:
      return null
  }
}

/** @param {string | null | undefined} at */
function ms(at) {
  const time = Date.parse(at ?? '')
  return Number.isNaN(time) ? null : time
}

/** @param {readonly (number | null)[]} times */
function latest(times) {
  const known = times.filter(one => one !== null)
  return known.length === 0 ? null : Math.max(...known)
}

/**
 * @param {ReadonlySet<string>} set
 * @param {string} one
 */
function including(set, one) {
  return new Set([...set, one])
}

/**
 * @param {ReadonlySet<string>} set
 * @param {string} one
 */
function without(set, one) {
  return new Set([...set].filter(other => other !== one))
}
