import { h, icon } from '../dom.js'
import { t } from '../i18n.js'
import { clockTime, dayName, shortTime, timeElement } from '../times.js'
import { plainText } from '../visible-text.js'
import { lastLineText } from './message-parts.js'
import { avatar, channelBadge, conversationElement, idElement, idText, partyText } from './party.js'

/** @import { Conversation, Section } from '../data/types.d.ts' */
/** @import { Ui } from './ui.d.ts' */

/** A section's key has names of peers in it: that is nothing for an attribute. @type {WeakMap<Element, string>} */
const sections = new WeakMap()

/** @param {Element | null} element */
export function sectionOf(element) {
  return (element !== null && sections.get(element)) || null
}

/** A sitting may hold thousands of lines; its people are those of the last ones. */
const NAMED_ITEMS = 50

/**
 * Its name is what it shows, and then what only those need who do not see it.
 *
 * @param {Ui} ui
 * @param {{ section: string, also?: string, isRefused?: boolean, open?: () => void }} options
 * @param {...HTMLElement} children
 */
export function entry(ui, { section, also = '', isRefused = false, open = () => ui.open(section) }, ...children) {
  const label = [...children.map(child => child.textContent), also].filter(Boolean).join(' ')
  const button = h(
    'button',
    {
      class: `conversation${isRefused ? ' conversation-refused' : ''}`,
      attributes: {
        type: 'button',
        'aria-label': label,
        'aria-current': section === ui.visit.section ? 'true' : undefined,
      },
      on: { click: open },
    },
    ...children.flatMap(child => [child, ' ']),
  )
  sections.set(button, section)
  return h('li', null, button)
}

/**
 * @param {Ui} ui
 * @param {Conversation} conversation
 * @param {{ query?: string, withId?: boolean }} [options] with the id where two have the same name
 */
export function conversationEntry(ui, conversation, { query = '', withId = false } = {}) {
  const { last, lastAtMs, unread, channel } = conversation
  const line = last === null ? '' : lastLineText({ ...last, channel })
  // The number stands in the badge.
  const imitates = last === null ? null : last.imitates
  const isRefused = last?.direction === 'in' && last.state === 'refused'
  const also = [
    unread > 0 ? t('unreadCount', { n: '' }).trim() : '',
    idText(conversation.address),
    imitates === null ? '' : t('imitates', { id: plainText(imitates) }),
  ]
  return entry(
    ui,
    { section: `c:${conversation.key}`, also: also.filter(Boolean).join(', '), isRefused },
    avatar(conversation.address, conversation.name),
    h(
      'span',
      { class: 'conversation-name' },
      conversationElement(conversation, query),
      ...(withId ? [' ', idElement(conversation.address)] : []),
    ),
    lastAtMs === null ? h('span') : timeElement(new Date(lastAtMs), shortTime(new Date(lastAtMs), Date.now())),
    h(
      'span',
      { class: 'conversation-last', attributes: { dir: 'auto' } },
      last === null ? idText(conversation.address) : line,
    ),
    h(
      'span',
      { class: 'conversation-badges' },
      imitates !== null && h('span', { class: 'chip chip-danger' }, icon('warning')),
      channelBadge(channel, conversation.address),
      unread > 0 && h('span', { class: 'badge' }, unread > 99 ? '99+' : String(unread)),
    ),
  )
}

/** @param {Ui} ui @param {Section} section */
export function sessionEntry(ui, section) {
  const start = section.fromMs === null ? null : new Date(section.fromMs)
  const people = section.items
    .slice(-NAMED_ITEMS)
    .map(item => (item.direction === 'out' ? item.recipient : item.sender))
  const names = new Set(people.map(one => partyText(one)))
  const who = [...names].slice(0, 4).join(t('listComma'))
  const title = start === null ? t('notes') : `${dayName(start, Date.now())} ${clockTime(start)}`
  const count = t('sessionPeople', { n: section.items.length })
  return entry(
    ui,
    { section: section.key },
    h('span', { class: 'avatar avatar-none' }, icon('chat')),
    h('span', { class: 'conversation-name' }, title),
    h('span', { class: 'conversation-id' }, count),
    h('span', { class: 'conversation-last' }, who),
  )
}

/** @param {Ui} ui */
export function allEntry(ui) {
  const { unread } = ui.store

  return entry(
    ui,
    { section: 'all', also: unread > 0 ? t('unreadCount', { n: '' }).trim() : '' },
    h('span', { class: 'avatar avatar-none' }, icon('chat')),
    h('span', { class: 'conversation-name' }, t('allMessages')),
    h('span'),
    h('span', { class: 'conversation-last' }, t('sortArrival')),
    unread > 0 ? h('span', { class: 'badge' }, unread > 99 ? '99+' : String(unread)) : h('span'),
  )
}
