/** @import { Contact, Conversation, ConversationKind, ItemFilter } from './types.d.ts' */
/** @import { Digest, Last } from './digest.js' */
import { NOTES, SYSTEM, UNVERIFIED } from './items.js'
import { countUnread } from './read-marks.js'

/**
 * Who there is to talk to: everybody of whom a line was read, and all contacts.
 *
 * @param {object} known
 * @param {readonly Digest[]} known.digests oldest first
 * @param {readonly Contact[]} known.contacts
 * @param {(conversation: string) => number} known.readUpTo
 * @returns {readonly Conversation[]} newest first
 */
export function conversationsOf({ digests, contacts, readUpTo }) {
  /** @type {Map<string, Last>} */
  const last = new Map()
  for (const digest of digests) {
    for (const [key, one] of digest.last) {
      const before = last.get(key)
      last.set(key, {
        ...one,
        line: one.line.type === 'correction' ? (before?.line ?? one.line) : one.line,
        name: one.name === '' ? (before?.name ?? '') : one.name,
        address: one.address ?? before?.address ?? null,
      })
    }
  }
  const byKey = new Map(contacts.map(contact => [contact.key, contact]))
  const heard = [...last]
    .sort(([, one], [, other]) => other.offset - one.offset)
    .map(([key, one]) => heardOf(key, one, byKey.get(key)))
    .map(one => ({ ...one, unread: countUnread(one.key, digests, readUpTo(one.key)) }))
  const others = contacts.filter(contact => !last.has(contact.key)).map(unheard)
  return [...heard, ...others.sort((one, other) => (other.lastAtMs ?? 0) - (one.lastAtMs ?? 0))]
}

/**
 * @param {string} key
 * @param {Last} last
 * @param {Contact | undefined} contact
 * @returns {Conversation}
 */
function heardOf(key, last, contact) {
  const kind = kindOf(key)
  return {
    key,
    kind,
    address: kind === 'person' ? (contact?.address ?? last.address) : null,
    name: (contact?.name ?? '') === '' ? last.name : (contact?.name ?? ''),
    channel: last.channel,
    relationship: contact?.relationship ?? null,
    description: contact?.description ?? null,
    last: last.line,
    lastAtMs: last.line.atMs ?? timeOf(contact),
    unread: 0,
  }
}

/**
 * @param {Contact} contact
 * @returns {Conversation}
 */
function unheard(contact) {
  const { key, address, name, relationship, description } = contact
  return {
    key,
    kind: 'person',
    address,
    name,
    channel: address.scheme,
    relationship,
    description,
    last: null,
    lastAtMs: timeOf(contact),
    unread: 0,
  }
}

/** @param {Contact | undefined} contact */
function timeOf(contact) {
  return contact?.lastSeenAt == null ? null : Date.parse(contact.lastSeenAt)
}

/**
 * @param {string} key
 * @returns {ConversationKind}
 */
function kindOf(key) {
  return key === UNVERIFIED || key === SYSTEM || key === NOTES ? key : 'person'
}

/**
 * @param {Conversation} conversation
 * @param {ItemFilter} filter
 */
export function passes(conversation, { channel = null, text = '' }) {
  if (channel !== null && conversation.channel !== channel) return false
  const lower = text.toLowerCase()
  const { name, address, last, description } = conversation
  // There they have no name but this.
  const user = address?.scheme === 'wechat' ? address.user : null
  return (
    lower === '' || [name, user, last?.content, description].some(one => one?.toLowerCase().includes(lower) === true)
  )
}
