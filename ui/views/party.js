import { h } from '../dom.js'
import { t } from '../i18n.js'
import { plainText, runsOf } from '../visible-text.js'

/** @import { Address, Channel, Conversation, Party, Relationship } from '../data/types.d.ts' */

const PALETTE = 8

/**
 * A letter, drawn by the style sheet because it is no text to read, on a colour that follows from the id, so that a taken name does not take the look along.
 *
 * @param {Address | null} address
 * @param {string} name
 * @returns {HTMLElement}
 */
export function avatar(address, name) {
  const colour = address === null ? 'none' : String(colourOf(address))
  const attributes = { 'aria-hidden': 'true', 'data-initial': initial(address, name) }
  return h('span', { class: `avatar avatar-${colour}`, attributes })
}

/** @param {Address} address */
function colourOf(address) {
  if (address.scheme === 'relay') return address.id % PALETTE
  const text = address.scheme === 'wechat' ? `${address.account}/${address.user.toLowerCase()}` : address.name
  return sumOf(text) % PALETTE
}

/** @param {string} text */
function sumOf(text) {
  let sum = 0
  for (let at = 0; at < text.length; at += 1) sum = (sum * 31 + text.charCodeAt(at)) >>> 0
  return sum
}

/** @param {Address | null} address @param {string} name */
function initial(address, name) {
  if (address === null) return '?'
  if (address.scheme === 'relay' && address.id === 0) return 'i'
  // All ids begin alike; the end is what is shown of them, too.
  const isId = address.scheme === 'wechat' && name.trim() === ''
  const shown = isId ? [...shortUser(address.user)].toReversed().join('') : name
  return /[\p{L}\p{N}]/u.exec(shown)?.[0]?.toUpperCase() ?? '·'
}

/**
 * Text of strangers as nodes: words, marks and visible names of what can not be seen.
 *
 * @param {string} text
 * @param {string} [query]
 * @returns {DocumentFragment}
 */
export function textNodes(text, query) {
  const fragment = document.createDocumentFragment()
  for (const run of runsOf(text, query)) {
    if (run.kind === 'mark') fragment.append(h('mark', null, run.text))
    else if (run.kind === 'invisible') fragment.append(h('span', { class: 'invisible' }, run.text))
    else fragment.append(run.text)
  }
  return fragment
}

/** Long enough for every name that a relay takes. */
const NAME_LIMIT = 120

/**
 * A name stands alone: its direction and its brackets change nothing around it.
 *
 * @param {string} name
 * @param {string} [query]
 * @returns {HTMLElement}
 */
export function nameElement(name, query) {
  const shown = name.trim() === '' ? t('unnamed') : name.replace(/\s+/g, ' ').slice(0, NAME_LIMIT)
  return h('bdi', null, textNodes(shown, query))
}

/** @param {string} name */
export function nameText(name) {
  return name.trim() === '' ? t('unnamed') : plainText(name.slice(0, NAME_LIMIT))
}

/** @param {Party | null} party */
export function partyText(party) {
  if (party === null) return t('unverifiedOne')
  return isRelaySystem(party.address) ? t('systemNotices') : peerText(party.address, party.name)
}

/**
 * Somebody by their name, or by their id where they have none, as on WeChat. A long id is shortened; the whole one is
 * the title.
 *
 * @param {Address | null} address
 * @param {string} name
 * @param {string} [query]
 * @returns {HTMLElement}
 */
export function peerElement(address, name, query) {
  if (address?.scheme !== 'wechat' || name.trim() !== '') return nameElement(name, query)
  const attributes = { title: plainText(address.user.slice(0, ID_LIMIT)) }
  return h('bdi', { class: 'peer-id', attributes }, textNodes(shortUser(address.user), query))
}

/** @param {Address | null} address @param {string} name */
export function peerText(address, name) {
  return address?.scheme === 'wechat' && name.trim() === '' ? plainText(shortUser(address.user)) : nameText(name)
}

/** Longer ones are no ids of a server that works. */
const ID_LIMIT = 400
const SHOWN_OF_ID = { whole: 14, first: 6, last: 4 }

/** What tells two people apart at a glance: all ids end alike. @param {string} user */
export function shortUser(user) {
  const characters = [...user.slice(0, ID_LIMIT).replace(/@im\.(?:wechat|bot)$/i, '')]
  const { whole, first, last } = SHOWN_OF_ID
  if (characters.length <= whole) return characters.join('')
  return `${characters.slice(0, first).join('')}…${characters.slice(-last).join('')}`
}

/** @param {Address | null} address */
export function isRelaySystem(address) {
  return address !== null && address.scheme === 'relay' && address.id === 0
}

/**
 * What tells two people of one name apart.
 *
 * @param {Address | null} address
 * @returns {string}
 */
export function idText(address) {
  if (address === null || isRelaySystem(address)) return ''
  if (address.scheme === 'relay') return `#${address.id}`
  if (address.scheme === 'webhook') return plainText(address.name).slice(0, 60)
  return plainText(`${address.account.slice(0, 40)}/${shortUser(address.user)}`)
}

/**
 * The same, with the whole of it as its title.
 *
 * @param {Address | null} address
 * @returns {HTMLElement}
 */
export function idElement(address) {
  const whole = address?.scheme === 'wechat' ? `wechat:${address.account}/${address.user}` : undefined
  const attributes = { title: whole === undefined ? undefined : plainText(whole.slice(0, ID_LIMIT)) }
  return h('span', { class: 'quiet', attributes }, idText(address))
}

/** What we call a conversation that is nobody's; null: it is somebody's. @param {Conversation} conversation */
function ownName(conversation) {
  if (conversation.kind === 'unverified') return t('unverified')
  if (conversation.kind === 'notes') return t('notes')
  return conversation.kind === 'system' || isRelaySystem(conversation.address) ? t('systemNotices') : null
}

/** @param {Conversation} conversation */
export function conversationText(conversation) {
  return ownName(conversation) ?? peerText(conversation.address, conversation.name)
}

/** @param {Conversation} conversation @param {string} [query] */
export function conversationElement(conversation, query) {
  const own = ownName(conversation)
  return own === null ? peerElement(conversation.address, conversation.name, query) : nameElement(own, query)
}

/** @param {Channel} channel */
export function channelName(channel) {
  return t(channel === 'relay' ? 'channelRelay' : channel === 'wechat' ? 'channelWechat' : 'channelWebhook')
}

/**
 * By which way it came; null for the relay, which is the usual one. Accounts at WeChat are told apart by their names,
 * and at a glance by a colour.
 *
 * @param {Channel | null} channel
 * @param {Address | null} address
 * @returns {HTMLElement | null}
 */
export function channelBadge(channel, address) {
  if (channel === null || channel === 'relay') return null
  if (address?.scheme !== 'wechat') return h('span', { class: 'chip chip-note' }, channelName(channel))
  return h(
    'span',
    { class: 'chip channel-badge', attributes: { title: plainText(`wechat:${address.account.slice(0, 60)}`) } },
    accountSwatch(address.account),
    h('span', null, channelName(channel)),
    h('bdi', { class: 'channel-account' }, textNodes(address.account.slice(0, 60))),
  )
}

/** @param {string} account */
export function accountSwatch(account) {
  const attributes = { 'aria-hidden': 'true' }
  return h('span', { class: `swatch avatar-${accountColour(account)}`, attributes })
}

/** Two of the few accounts that somebody has should not look alike. @type {Map<string, number>} */
const accountColours = new Map()

/** @param {string} account */
function accountColour(account) {
  const usual = sumOf(account) % PALETTE
  const known = accountColours.get(account)
  if (known !== undefined || accountColours.size >= PALETTE) return known ?? usual
  const taken = new Set(accountColours.values())
  let colour = usual
  while (taken.has(colour)) colour = (colour + 1) % PALETTE
  accountColours.set(account, colour)
  return colour
}

/** @param {Relationship | null} relationship */
export function relationText(relationship) {
  switch (relationship) {
    case 'accepted':
      return t('relationAccepted')
    case 'pending_incoming':
      return t('relationIncoming')
    case 'pending_outgoing':
      return t('relationOutgoing')
    case 'blocked':
      return t('relationBlocked')
    case null:
      return t('relationNone')
  }
}

/** @param {Relationship | null} relationship */
export function relationChip(relationship) {
  const tone =
    relationship === 'accepted'
      ? ' chip-good'
      : relationship === 'blocked'
        ? ' chip-danger'
        : relationship === null
          ? ''
          : ' chip-note'
  return h('span', { class: `chip${tone}` }, relationText(relationship))
}
