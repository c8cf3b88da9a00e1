/** @import { Address, Contact, PartState, Profile, Relationship, Snapshot, Stats } from './types.d.ts' */
import { addressKey } from './records.js'

/**
 * The JSON files, read with tolerance: an older version, another program or a hand may have written them. What is not
 * as expected becomes null or a default, and nothing throws.
 */

/** @typedef {Readonly<Record<string, unknown>>} Fields */

/** @type {ReadonlySet<unknown>} */
const RELATIONSHIPS = new Set(['accepted', 'pending_outgoing', 'pending_incoming', 'blocked'])

/**
 * null: no JSON object.
 *
 * @param {string} text
 * @returns {Fields | null}
 */
export function parseObject(text) {
  try {
    return fieldsOf(JSON.parse(text.replace(/^\ufeff/, '')))
  } catch {
    return null
  }
}

/**
 * @param {Fields | null} fields
 * @returns {Profile | null}
 */
export function readProfile(fields) {
  if (fields === null) return null
  const id = wholeNumber(fields['my_id'])
  return {
    id,
    name: text(fields['my_name']) ?? '',
    status: text(fields['status']),
    updatedAt: time(fields['updated_at_utc']),
  }
}

/**
 * @param {Fields | null} fields
 * @returns {readonly Contact[]}
 */
export function readContacts(fields) {
  /** @type {Contact[]} */
  const contacts = []
  for (const [id, value] of Object.entries(fields ?? {})) {
    const address = addressOf(id)
    const entry = fieldsOf(value)
    if (address === null || entry === null) continue
    const relationship = entry['relationship']
    contacts.push({
      key: addressKey(address),
      address,
      name: text(entry['name']) ?? '',
      relationship: RELATIONSHIPS.has(relationship) ? /** @type {Relationship} */ (relationship) : null,
      lastSeenAt: time(entry['last_seen_utc']),
      description: text(entry['description']),
    })
  }
  return contacts
}

/**
 * @param {Fields | null} fields
 * @returns {Stats | null}
 */
export function readStats(fields) {
  if (fields === null) return null
  return {
    received: count(fields['messages_received']),
    sent: count(fields['messages_sent']),
    friends: count(fields['friends_count']),
    pendingIncoming: count(fields['pending_incoming_count']),
    pendingOutgoing: count(fields['pending_outgoing_count']),
    copiesDropped: count(fields['transport_copies_dropped']),
    lastSyncAt: time(fields['last_sync_utc']),
    accounts: partsOf(fields['accounts']),
    sinks: partsOf(fields['sinks']),
  }
}

/**
 * @param {Fields | null} fields
 * @returns {Snapshot | null}
 */
export function readSnapshot(fields) {
  if (fields === null) return null
  const channel = fieldsOf(fields['channel'])
  const retention = fieldsOf(fields['retention'])
  return {
    updatedAt: time(fields['updated_at_utc']),
    receivedRecently: count(fields['messages_received_recent']),
    recentHours: count(fields['recent_hours']),
    unread: count(fields['unread_count']),
    friends: count(fields['friends_count']),
    latestPeers: peersOf(fields['latest_peers']),
    channel: channel === null ? null : { state: text(channel['state']), sinceAt: time(channel['since_utc']) },
    oldestMessageAt: time(fields['oldest_message_utc']),
    retention:
      retention === null
        ? null
        : {
            days: count(retention['days']),
            olderMessages: count(retention['older_messages']),
            oldestAt: time(retention['oldest_utc']),
          },
  }
}

/** @param {unknown} value */
function peersOf(value) {
  if (!Array.isArray(value)) return []
  return value.flatMap(one => {
    const peer = fieldsOf(one)
    const id = peer === null ? null : text(peer['id'])
    if (peer === null || id === null) return []
    return [{ id, name: text(peer['name']) ?? '', lastMessageAt: time(peer['last_message_utc']) }]
  })
}

/**
 * @param {unknown} value
 * @returns {readonly PartState[]}
 */
function partsOf(value) {
  return Object.entries(fieldsOf(value) ?? {}).map(([name, part]) => {
    const fields = fieldsOf(part) ?? {}
    const facts = Object.entries(fields)
      .filter(([key, fact]) => key !== 'advice' && fact !== null && fact !== undefined)
      .map(([key, fact]) => [key, typeof fact === 'object' ? JSON.stringify(fact) : String(fact)])
    return {
      name,
      state: text(fields['state']),
      sinceAt: time(fields['since_utc']),
      reason: text(fields['reason']),
      facts: Object.fromEntries(facts),
      advice: adviceOf(fields['advice']),
    }
  })
}

/** @param {unknown} value */
function adviceOf(value) {
  const fields = fieldsOf(value)
  const en = fields === null ? null : text(fields['en'])
  const zh = fields === null ? null : text(fields['zh'])
  return en === null || zh === null ? null : { en, zh }
}

/**
 * `2`, `wechat:<account>/<user>`, `webhook:<name>`: as contacts.json names them.
 *
 * @param {string} id
 * @returns {Address | null}
 */
function addressOf(id) {
  const relay = /^(?:relay:|#)?(\d{1,15})$/.exec(id)?.[1]
  if (relay !== undefined) return { scheme: 'relay', id: Number(relay) }
  const [, account, user] = /^wechat:([^/]+)\/(.+)$/s.exec(id) ?? []
  if (account !== undefined && user !== undefined) return { scheme: 'wechat', account, user }
  const webhook = /^webhook:(.+)$/s.exec(id)?.[1]
  return webhook === undefined ? null : { scheme: 'webhook', name: webhook }
}

/**
 * @param {unknown} value
 * @returns {Fields | null}
 */
function fieldsOf(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? /** @type {Fields} */ (value) : null
}

/** @param {unknown} value */
function text(value) {
  return typeof value === 'string' ? value : null
}

/** @param {unknown} value */
function time(value) {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : null
}

/** @param {unknown} value */
function count(value) {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

/**
 * Ids are numbers here and texts there.
 *
 * @param {unknown} value
 */
function wholeNumber(value) {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null
}
