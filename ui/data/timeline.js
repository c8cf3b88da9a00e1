/** @import { ChannelLine, TimelineEntry } from './types.d.ts' */
/** @import { LogState } from './channel-state.js' */
import { afterLine, NOTHING_KNOWN } from './channel-state.js'
import { isWechat } from './wechat.js'

/** The log as a timeline: one entry a line, and one for what repeats while the relay is being tried. */

/** @type {Readonly<Record<string, TimelineEntry['kind']>>} */
const KINDS = {
  SSE_CONNECTED: 'good',
  SSE_RESTORED: 'good',
  STORAGE_RECOVERED: 'good',
  SSE_CONNECT_FAILED: 'trouble',
  SSE_DISCONNECTED: 'trouble',
  SSE_RECONNECT_SCHEDULED: 'trouble',
  SSE_RECONNECT_ATTEMPT: 'trouble',
  SSE_SILENT: 'trouble',
  SSE_DEAF: 'trouble',
  FALLBACK_MESSAGES_POLL: 'trouble',
  MESSAGE_PARTIAL: 'trouble',
  MESSAGE_AT_RISK: 'bad',
  AUTH_REFUSED: 'bad',
  CONFIG_MISSING: 'bad',
  CONFIG_INVALID: 'bad',
  STORAGE_FAULT: 'bad',
  server: 'server',
}

/** Tries: a run of these is one entry for each kind, however often they take turns. */
const TRYING = new Set([
  'SSE_CONNECT_START',
  'SSE_CONNECT_FAILED',
  'SSE_RECONNECT_SCHEDULED',
  'SSE_RECONNECT_ATTEMPT',
  'FALLBACK_MESSAGES_POLL',
  'AUTH_REFUSED',
])

/**
 * @param {readonly ChannelLine[]} lines oldest first
 * @returns {{ entries: readonly TimelineEntry[], log: LogState, faults: ReadonlyMap<string, ChannelLine> }}
 *   faults: files that can not be written now
 */
export function timelineOf(lines) {
  /** @type {TimelineEntry[]} */
  const entries = []
  /** @type {Map<string, ChannelLine>} */
  const faults = new Map()
  /** Where the entry of this run is. @type {Map<string, number>} */
  let run = new Map()
  /** @type {LogState} */
  let log = NOTHING_KNOWN
  for (const line of lines) {
    const next = afterLine(log, line)
    const code = next.code === log.code ? null : next.code
    log = next
    noteFault(faults, line)
    if (!TRYING.has(line.event)) run = new Map()
    const name = `${line.event} ${line.fields['account'] ?? ''} ${line.fields['reason'] ?? ''}`
    const at = run.get(name)
    const earlier = at === undefined ? undefined : entries[at]
    if (at !== undefined && earlier !== undefined) {
      entries[at] = { ...earlier, toMs: line.atMs, count: earlier.count + 1, fields: line.fields }
      continue
    }
    if (TRYING.has(line.event)) run.set(name, entries.length)
    entries.push(entryOf(line, code))
  }
  return { entries, log, faults }
}

/**
 * @param {ChannelLine} line
 * @param {TimelineEntry['code']} code
 * @returns {TimelineEntry}
 */
function entryOf(line, code) {
  const { key, event, atMs, fields, text } = line
  const isOrderly = event === 'SSE_DISCONNECTED' && fields['reason'] === 'stopped'
  const known = isOrderly || !Object.hasOwn(KINDS, event) ? 'info' : (KINDS[event] ?? 'info')
  const kind = isWechat(fields['sink'] ?? '') ? wechatKind(fields['state']) : known
  return { key, kind, event, fromMs: atMs, toMs: atMs, count: 1, fields, text, code }
}

/**
 * @param {string | undefined} state
 * @returns {TimelineEntry['kind']}
 */
function wechatKind(state) {
  if (state === 'connected') return 'good'
  if (state === 'stopped') return 'info'
  return state === 'login_needed' || state?.startsWith('identity_') ? 'bad' : 'trouble'
}

/**
 * @param {Map<string, ChannelLine>} faults
 * @param {ChannelLine} line
 */
function noteFault(faults, line) {
  const file = line.fields['file'] ?? ''
  if (line.event === 'DAEMON_STARTED') faults.clear()
  else if (line.event === 'STORAGE_RECOVERED') faults.delete(file)
  // What was moved out of the way was dealt with.
  else if (line.event === 'STORAGE_FAULT' && line.fields['moved_to'] === undefined) faults.set(file, line)
}
