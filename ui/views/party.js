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
  const text = address.scheme === 'wechat' ? `${address.account}/${address.user}` : address.name
  let sum = 0
  for (let at = 0; at < text.length; at += 1) sum = (sum * 31 + text.charCodeAt(at)) >>> 0
  return sum % PALETTE
}

/** @param {Address | null} address @param {string} name */
function initial(address, name) {
  if (address === null) return '?'
  if (address.scheme === 'relay' && address.id === 0) return 'i'
  return /[\p{L}\p{N}]/u.exec(name)?.[0]?.toUpperCase() ?? '·'
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
  return isRelaySystem(party.address) ? t('systemNotices') : nameText(party.name)
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
  return plainText(address.scheme === 'wechat' ? `${address.account}/${address.user}` : address.name).slice(0, 60)
}

/** @param {Conversation} conversation */
export function conversationName(conversation) {
  if (conversation.kind === 'unverified') return t('unverified')
  if (conversation.kind === 'notes') return t('notes')
  if (conversation.kind === 'system' || isRelaySystem(conversation.address)) return t('systemNotices')
  return conversation.name
}

/** @param {Channel} channel */
export function channelName(channel) {
  return t(channel === 'relay' ? 'channelRelay' : channel === 'wechat' ? 'channelWechat' : 'channelWebhook')
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
