import { fill, h, icon } from '../dom.js'
import { t } from '../i18n.js'
import { clockTime, exactTime, timeElement } from '../times.js'
import { cutText, plainText } from '../visible-text.js'
import { channelBadge, idText, isRelaySystem, peerElement, peerText, textNodes } from './party.js'
import { attachmentText, wechatRemarks } from './wechat-parts.js'

/** @import { Item } from '../data/types.d.ts' */

/** What the three layouts have in common. */

/**
 * @typedef {object} MessageLook
 * @property {string} query words to mark
 * @property {boolean} mixed several conversations in one list: say who was written to, and by which way
 */

/** A message may be a megabyte; a row shows the beginning, and more of it when asked. */
const FIRST_CHARACTERS = 2000
const FIRST_LINES = 40
const MORE_CHARACTERS = 20_000

/**
 * @param {Element} into
 * @param {string} text
 * @param {string} query
 */
export function writeText(into, text, query) {
  const first = firstPart(text)
  into.append(textNodes(first, query))
  if (first.length < text.length) into.append(moreButton(into, text, first.length, query))
}

/** @param {string} text */
function firstPart(text) {
  let end = -1
  for (let line = 0; line < FIRST_LINES; line += 1) {
    end = text.indexOf('\n', end + 1)
    if (end === -1 || end >= FIRST_CHARACTERS) return cutText(text, FIRST_CHARACTERS)
  }
  return text.slice(0, end)
}

/**
 * @param {Element} into
 * @param {string} text
 * @param {number} shown
 * @param {string} query
 * @returns {HTMLButtonElement}
 */
function moreButton(into, text, shown, query) {
  const rest = text.slice(shown)
  const next = cutText(rest, MORE_CHARACTERS)
  const more = h(
    'button',
    {
      class: 'more-text',
      attributes: { type: 'button' },
      on: {
        click: () => {
          more.remove()
          into.append(textNodes(next, query))
          if (next.length < rest.length) into.append(moreButton(into, text, shown + next.length, query))
        },
      },
    },
    t('showAll', { n: next.length }),
  )
  return more
}

/**
 * @param {Item} item
 * @returns {HTMLElement | null}
 */
export function itemTime(item) {
  if (item.atMs === null) return null
  const date = new Date(item.atMs)
  return timeElement(date, clockTime(date))
}

/** @param {Item} item */
export function itemExactTime(item) {
  return item.atMs === null ? '' : exactTime(new Date(item.atMs))
}

/**
 * @param {Item} item
 * @param {MessageLook} look
 * @returns {HTMLElement}
 */
export function senderElement(item, look) {
  if (item.direction === 'out') {
    const name = item.recipient === null ? '' : peerText(item.recipient.address, item.recipient.name)
    return h('bdi', null, look.mixed ? t('youTo', { name }) : t('you'))
  }
  if (item.kind === 'note') return h('span', null, t('note'))
  if (item.sender === null) return h('span', null, t(isOfGroup(item) ? 'fromGroup' : 'unverifiedOne'))
  if (isRelaySystem(item.sender.address)) return h('span', null, t('systemNotices'))
  const { address, name } = item.sender
  return h(
    'span',
    null,
    peerElement(address, name, look.query),
    // Between two the head of the page says it; here it would stand beside every line.
    look.mixed && (address.scheme === 'relay' || (address.scheme === 'wechat' && name !== ''))
      ? ` ${idText(address)}`
      : '',
  )
}

/** Nobody is named there, so that no answer goes to one of them alone. @param {Item} item */
function isOfGroup({ flags }) {
  return flags['group'] !== undefined
}

/**
 * Everything that must not be overlooked, in words.
 *
 * @param {Item} item
 * @param {MessageLook} look
 * @returns {HTMLElement[]}
 */
export function remarks(item, look) {
  /** @type {HTMLElement[]} */
  const found = []
  /** @param {string} text @param {string} [tone] @param {string} [sign] @param {string} [title] */
  const note = (text, tone = '', sign = '', title = undefined) => {
    found.push(
      h('span', { class: `chip ${tone}`, attributes: { title } }, sign !== '' && icon(sign), h('span', null, text)),
    )
  }
  if (item.kind === 'record' && item.direction === 'in' && item.sender === null && !isOfGroup(item)) {
    note(t('unverifiedHelp'), 'chip-caution', 'warning')
  }
  if (item.imitates !== null) note(t('imitates', { id: plainText(item.imitates) }), 'chip-danger', 'warning')
  if (item.state === 'partial') note(t('partial'), 'chip-caution', 'warning')
  if (item.type === 'unparsed') note(t('unparsed'), 'chip-caution', 'question')
  if (item.type === 'correction') note(correctionTitle(item), 'chip-note', 'info')
  if (item.correctedAtMs !== null && item.type !== 'correction') {
    note(t(item.channel === 'wechat' ? 'fileLater' : 'corrected'), 'chip-note', 'info')
  }
  for (const { text, tone, sign, title } of wechatRemarks(item)) note(text, tone, sign, title)
  const badge = look.mixed ? channelBadge(item.channel, (item.recipient ?? item.sender)?.address ?? null) : null
  if (badge !== null) found.push(badge)
  return found
}

/** Who sent it was known on WeChat from the start. @param {Item} item */
export function correctionTitle({ channel }) {
  return t(channel === 'wechat' ? 'fileLaterNotice' : 'correction')
}

/**
 * What became of an own message: a sign and, unless all is well, words.
 *
 * @param {Item} item
 * @returns {HTMLElement | null}
 */
export function outcome(item) {
  if (item.direction !== 'out') return null
  switch (item.state) {
    case 'unknown':
      return h('span', { class: 'state state-unknown-outcome' }, icon('question'), t('stateUnknown'))
    case 'refused':
      return h('span', { class: 'state state-refused' }, icon('warning'), t('stateRefused'))
    case 'not_sent':
      return h('span', { class: 'state state-not_sent' }, icon('warning'), t('stateNotSent'))
    case 'parked':
      return h('span', { class: 'state state-unknown-outcome' }, icon('pause'), t('stateParked'))
    default:
      return acceptedSign(t(item.channel === 'wechat' ? 'stateAcceptedWechat' : 'stateAccepted'))
  }
}

/** @param {string} words */
function acceptedSign(words) {
  return h(
    'span',
    { class: 'state', attributes: { title: words } },
    icon('check'),
    h('span', { class: 'visually-hidden' }, words),
  )
}

/**
 * @param {Item} item
 * @param {string} query
 * @returns {HTMLElement | null}
 */
export function attachmentChip(item, query) {
  if (item.attachment === null) return null
  const name = h('bdi', null)
  fill(name, textNodes(attachmentText(item), query))
  return h(
    'span',
    { class: 'chip attachment', attributes: { title: t('attachmentWhere') } },
    icon('clip'),
    h('span', { class: 'visually-hidden' }, t('attachmentWhere')),
    name,
  )
}

/** @param {Item} item */
export function toneOf(item) {
  if (item.imitates !== null) return ' message-danger'
  if (item.direction === 'in' && item.state === 'refused') return ' message-refused'
  if (item.kind === 'record' && item.direction === 'in' && item.sender === null) return ' message-marked'
  return ''
}

/**
 * The line under a conversation's name.
 *
 * @param {Pick<Item, 'content' | 'attachment' | 'channel' | 'type' | 'direction' | 'state'>} last
 */
export function lastLineText(last) {
  const text = plainText(last.content.slice(0, 160))
  const shown =
    text.trim() === '' && last.attachment !== null
      ? t('attachment', { name: plainText(attachmentText(last).slice(0, 160)) })
      : text
  if (last.type === 'friend_request' && last.direction === 'in') return `[${t('friendRequest')}] ${shown}`
  if (last.direction !== 'out') return last.state === 'refused' ? `[${t('senderRefusedShort')}] ${shown}` : shown
  const bad = last.state === null || last.state === 'partial' ? null : BAD_ENDS[last.state]
  return bad === null ? `${t('you')}: ${shown}` : `[${t(bad)}] ${shown}`
}

const BAD_ENDS = /** @type {const} */ ({
  unknown: 'stateUnknown',
  refused: 'stateRefused',
  not_sent: 'stateNotSent',
  parked: 'stateParked',
})
