/** @import { Address, Channel, ConversationRecord, Item, ReadLine } from './types.d.ts' */
import { addressKey, parseRecord, peerOf } from './records.js'

/**
 * What the reader of conversations.md keeps of a line: the record, or the text of a line that is none.
 *
 * @typedef {ConversationRecord | string} Content
 * @typedef {ReadLine<Content>} Line
 */

export const UNVERIFIED = 'unverified'
export const SYSTEM = 'system'
export const NOTES = 'notes'
const SYSTEM_ID = 0

/**
 * @param {string} text
 * @returns {Content}
 */
export function parseContent(text) {
  return parseRecord(text) ?? text
}

/**
 * @param {Line} line
 * @returns {number | null}
 */
export function timeOf({ value }) {
  const time = typeof value === 'string' ? Number.NaN : Date.parse(value.at)
  return Number.isNaN(time) ? null : time
}

/**
 * Who sent a line of which nobody knew, or which file came with one of WeChat, as a later line says.
 *
 * @param {Line} line
 * @returns {string | null} the number that it names
 */
export function refOf({ value }) {
  if (typeof value === 'string' || value.type !== 'correction' || value.from === null) return null
  return value.flags['ref'] ?? null
}

/**
 * The number by which a correction may name it. Whose sender is known stays theirs: the file of a message at WeChat is
 * named by its sender's own line.
 *
 * @param {Line} line
 * @returns {string | null}
 */
export function seqOf({ value }) {
  if (typeof value === 'string' || value.type === 'correction' || value.to !== undefined) return null
  if (value.from !== null && value.from.address.scheme !== 'wechat') return null
  return value.flags['seq'] ?? null
}

/**
 * Of a line and a correction of the same number.
 *
 * @param {Line} line
 * @param {Line} correction
 */
export function belongTogether({ value: line }, { value: correction }) {
  if (typeof line === 'string' || typeof correction === 'string') return false
  const said = correction.from?.address
  if (said === undefined) return false
  return line.from === null || addressKey(line.from.address) === addressKey(said)
}

/**
 * @param {Line} line
 * @param {object} context
 * @param {number} context.generation
 * @param {number | null} context.before the time of the line before it
 * @param {Line | null} context.correction what says who sent it
 * @param {number | null} context.corrects where the line stands that this correction names
 * @returns {Item}
 */
export function itemOf(line, { generation, before, correction, corrects }) {
  const { offset, value } = line
  const key = `${generation}-${offset}`
  if (typeof value === 'string') return note({ key, offset, content: value, atMs: before })
  const said = correction === null || typeof correction.value === 'string' ? value : correction.value
  const flags = said === value ? value.flags : { ...value.flags, ...fileFlags(said) }
  const isOwn = value.to !== undefined
  const isNeutral = value.type === 'correction' || isSystem(value.from?.address)
  const sender = isOwn ? value.from : said.from
  return {
    key,
    offset,
    kind: 'record',
    type: value.type,
    atMs: timeOf(line) ?? before,
    direction: isOwn ? 'out' : isNeutral ? 'none' : 'in',
    conversation: conversationOf(value, said),
    channel: channelOf(isOwn ? value.to?.address : sender?.address, flags),
    sender,
    recipient: value.to ?? null,
    content: said.content,
    attachment: flags['attachment'] ?? null,
    state: stateOf(flags['state']),
    imitates: said.flags['imitates'] ?? flags['imitates'] ?? null,
    alsoChat: value.flags['also'] === 'chat',
    correctedAtMs: correction === null ? null : timeOf(correction),
    corrects: corrects === null ? null : `${generation}-${corrects}`,
    quote: quoteOf(flags),
    flags,
  }
}

/**
 * What a correction says of files.
 *
 * @param {ConversationRecord} said
 */
function fileFlags({ flags }) {
  return Object.fromEntries(Object.entries(flags).filter(([key]) => key === 'file' || key === 'media'))
}

/**
 * @param {Item['flags']} flags
 * @returns {Item['quote']}
 */
function quoteOf(flags) {
  const text = flags['quote']
  return text === undefined ? null : { text, isNamed: flags['quote_seq'] !== undefined }
}

/**
 * @param {{ key: string, offset: number, content: string, atMs: number | null }} facts
 * @returns {Item}
 */
function note(facts) {
  return {
    ...facts,
    kind: 'note',
    type: 'note',
    direction: 'none',
    conversation: NOTES,
    channel: null,
    sender: null,
    recipient: null,
    attachment: null,
    state: null,
    imitates: null,
    alsoChat: false,
    correctedAtMs: null,
    corrects: null,
    quote: null,
    flags: {},
  }
}

/**
 * What we sent belongs to whom we sent it, a notice to the peer that it is about.
 *
 * @param {ConversationRecord} record
 * @param {ConversationRecord} said the record, or what a correction says of it
 */
function conversationOf(record, said) {
  if (record.to !== undefined) return record.to === null ? UNVERIFIED : addressKey(record.to.address)
  const from = said.from
  if (from === null) return UNVERIFIED
  if (!isSystem(from.address)) return addressKey(from.address)
  const peer = peerOf(record.flags['peer'])
  return peer === null ? SYSTEM : addressKey(peer)
}

/** @param {Address | undefined} address */
export function isSystem(address) {
  return address?.scheme === 'relay' && address.id === SYSTEM_ID
}

/**
 * Only the relay brings lines of which nobody knows who sent them, and WeChat those of groups.
 *
 * @param {Address | undefined} address
 * @param {Item['flags']} flags
 * @returns {Channel}
 */
function channelOf(address, flags) {
  return address?.scheme ?? (flags['group'] === undefined ? 'relay' : 'wechat')
}

/**
 * @param {string | undefined} state
 * @returns {Item['state']}
 */
function stateOf(state) {
  return STATES.has(state) ? /** @type {Item['state']} */ (state) : null
}

/** @type {ReadonlySet<unknown>} */
const STATES = new Set(['unknown', 'refused', 'not_sent', 'parked', 'partial'])

/**
 * What counts as a message that somebody should read.
 *
 * @param {Item} item
 */
export function isReceived(item) {
  return item.kind === 'record' && item.direction !== 'out' && item.type !== 'correction'
}

/**
 * @param {Item} item
 * @param {string} lower the text that is looked for, in lower case
 */
export function matches(item, lower) {
  return [item.content, item.sender?.name, item.recipient?.name, item.attachment, item.quote?.text].some(
    text => text?.toLowerCase().includes(lower) === true,
  )
}
