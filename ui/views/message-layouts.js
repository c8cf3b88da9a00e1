import { h, icon } from '../dom.js'
import { t } from '../i18n.js'
import { answerCommand } from './answer-command.js'
import { commandLine } from './command-line.js'
import {
  attachmentChip,
  correctionTitle,
  itemExactTime,
  itemTime,
  outcome,
  remarks,
  senderElement,
  toneOf,
  writeText,
} from './message-parts.js'
import { avatar, peerElement } from './party.js'
import { quoteElement } from './wechat-parts.js'

/** @import { Item } from '../data/types.d.ts' */
/** @import { MessageLook } from './message-parts.js' */
/** @import { Ui } from './ui.d.ts' */

/**
 * One way to draw messages: a frame, and one element a message, which may begin with the name of the day.
 *
 * @typedef {object} Layout
 * @property {() => { element: HTMLElement, rows: HTMLElement }} frame
 * @property {(ui: Ui, item: Item, look: MessageLook & { day: string | null }) => HTMLElement} row
 */

/** @type {Layout} */
const bubble = {
  frame() {
    const rows = h('div', { class: 'bubbles' })
    return { element: rows, rows }
  },
  row(ui, item, look) {
    return h('div', { class: 'row' }, dayHeading(look.day), bubbleOf(ui, item, look))
  },
}

/** @type {Layout} */
const card = {
  frame: bubble.frame,
  row(ui, item, look) {
    const own = item.direction === 'out' ? ' row-own' : ''
    const text = h('div', { class: 'message-card-text', attributes: { dir: 'auto' } })
    writeText(text, item.content, look.query)
    return h(
      'div',
      { class: 'row' },
      dayHeading(look.day),
      h(
        'article',
        { class: `message-card${own}${toneOf(item)}`, attributes: { title: itemExactTime(item) } },
        h(
          'div',
          { class: 'message-card-head' },
          item.kind === 'record' && avatar(item.sender?.address ?? null, item.sender?.name ?? ''),
          h('strong', null, senderElement(item, look)),
          h('span', { class: 'quiet' }, itemTime(item)),
          outcome(item),
        ),
        item.type === 'friend_request' && h('div', null, h('span', { class: 'chip chip-note' }, requestTitle(item))),
        quoteElement(ui, item, look.query),
        item.content !== '' && text,
        attachmentChip(item, look.query),
        flagLine(item, look),
      ),
    )
  },
}

/** @type {Layout} */
const table = {
  frame() {
    const element = h(
      'table',
      { class: 'rows message-table' },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { attributes: { scope: 'col' } }, t('columnTime')),
          h('th', { attributes: { scope: 'col' } }, t('columnSender')),
          h('th', { attributes: { scope: 'col' } }, t('columnText')),
          h('th', { class: 'cell-flags', attributes: { scope: 'col' } }, t('columnFlags')),
        ),
      ),
    )
    return { element, rows: element }
  },
  row(ui, item, look) {
    const text = h('td', { class: 'cell-text', attributes: { dir: 'auto' } })
    const quote = quoteElement(ui, item, look.query)
    if (quote !== null) text.append(quote)
    writeText(text, item.content, look.query)
    const attachment = attachmentChip(item, look.query)
    if (attachment !== null) text.append(' ', attachment)
    return h(
      'tbody',
      null,
      look.day !== null &&
        h('tr', { class: 'cell-day' }, h('th', { attributes: { colspan: '4', scope: 'rowgroup' } }, look.day)),
      h(
        'tr',
        { class: `${item.direction === 'out' ? 'row-own' : ''}${toneOf(item)}` },
        h('td', { class: 'cell-time' }, itemTime(item)),
        h('td', { class: 'cell-sender' }, senderElement(item, look)),
        text,
        h(
          'td',
          { class: 'cell-flags' },
          item.type === 'friend_request' && h('span', { class: 'chip chip-note' }, requestTitle(item)),
          outcome(item),
          flagLine(item, look),
        ),
      ),
    )
  },
}

/** @type {Readonly<Record<'bubble' | 'table' | 'card', Layout>>} */
export const LAYOUTS = { bubble, table, card }

/** @param {string | null} day */
function dayHeading(day) {
  return day === null ? null : h('div', { class: 'day' }, h('h2', null, day))
}

/**
 * @param {Ui} ui
 * @param {Item} item
 * @param {MessageLook} look
 */
function bubbleOf(ui, item, look) {
  if (item.direction === 'none') return noticeOf(item, look)
  const own = item.direction === 'out'
  return h(
    'article',
    { class: `message${own ? ' message-own' : ''}${toneOf(item)}` },
    avatar(item.sender?.address ?? null, item.sender?.name ?? ''),
    h(
      'div',
      { class: 'message-column' },
      h(
        'div',
        { class: 'message-head' },
        h('span', { class: own && !look.mixed ? 'visually-hidden' : 'message-sender' }, senderElement(item, look)),
        itemTime(item),
        outcome(item),
      ),
      item.type === 'friend_request' ? requestCard(ui, item, look) : textBubble(ui, item, look),
      attachmentChip(item, look.query),
      flagLine(item, look),
    ),
  )
}

/** @param {Ui} ui @param {Item} item @param {MessageLook} look */
function textBubble(ui, item, look) {
  const quote = quoteElement(ui, item, look.query)
  if (item.content === '' && item.attachment !== null && quote === null) return null
  const element = h('div', { class: 'bubble', attributes: { dir: 'auto', title: itemExactTime(item) } }, quote)
  writeText(element, item.content, look.query)
  return element
}

/** @param {Item} item */
function requestTitle(item) {
  return t(item.direction === 'out' ? 'friendRequestSent' : 'friendRequest')
}

/** @param {Ui} ui @param {Item} item @param {MessageLook} look */
function requestCard(ui, item, look) {
  const text = h('div', { class: 'request-card-text', attributes: { dir: 'auto' } })
  writeText(text, item.content, look.query)
  const command = item.direction === 'in' ? answerCommand(item.sender?.address ?? null) : null
  return h(
    'div',
    { class: 'request-card' },
    h('div', { class: 'request-card-head' }, icon('hand'), requestTitle(item)),
    text,
    command !== null && stillWaits(ui, item) && h('p', { class: 'quiet' }, t('friendRequestAnswer')),
    command !== null && stillWaits(ui, item) && commandLine(ui, command),
  )
}

/** Answered long ago: nothing to do about it any more. @param {Ui} ui @param {Item} item */
function stillWaits(ui, item) {
  return ui.store.conversation(item.conversation)?.relationship === 'pending_incoming'
}

/** @param {Item} item @param {MessageLook} look */
function noticeOf(item, look) {
  const text = h('span', { attributes: { dir: 'auto' } })
  writeText(text, item.content, look.query)
  const title = item.kind === 'note' ? t('note') : item.type === 'correction' ? correctionTitle(item) : t('notice')
  return h(
    'div',
    { class: `notice notice-${item.kind === 'note' ? 'line' : 'relay'}` },
    h(
      'div',
      { class: 'notice-inner', attributes: { title: itemExactTime(item) } },
      h('strong', null, title),
      item.type === 'correction' &&
        item.sender !== null &&
        peerElement(item.sender.address, item.sender.name, look.query),
      text,
      itemTime(item),
    ),
  )
}

/** @param {Item} item @param {MessageLook} look */
function flagLine(item, look) {
  const found = remarks(item, look)
  return found.length === 0 ? null : h('div', { class: 'message-flags' }, ...found)
}
