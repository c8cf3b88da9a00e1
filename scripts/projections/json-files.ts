import { addressKey } from '../core/address.ts'
import { utcSeconds } from '../core/clock.ts'
import { DAY_MS, RETENTION_DAYS } from '../core/retention.ts'
import { countRelationships, latestPeers, listContacts, type StoredContact } from '../store/contacts.ts'
import { counter, receivedSince } from '../store/counters.ts'
import type { Database } from '../store/database.ts'
import { AGENT, shownTotal, unreadCount } from '../store/positions.ts'
import { retentionOf } from '../store/retention.ts'
import { currentAccount, readStatus } from '../store/status.ts'
import { sinksJson } from './sinks-json.ts'
import { wechatJson } from './wechat-json.ts'

/** The JSON files of design §4, each a function of the store. */

type JsonObject = Record<string, unknown>

/** null until a relay accepted our token. */
export function profileJson(database: Database, now: number): JsonObject | null {
  const profile = readStatus(database, 'profile')
  if (profile === undefined) return null
  return { my_id: profile['id'], my_name: profile['name'], status: profile['status'], updated_at_utc: utcSeconds(now) }
}

const OURS: readonly string[] = ['name', 'relationship', 'last_seen_utc', 'description']

/**
 * What another program added to the file, or to an entry, survives; what we wrote for another account goes.
 *
 * @param existing the file as it is, already parsed
 */
export function contactsJson(database: Database, existing: JsonObject): JsonObject {
  const account = currentAccount(database)
  const contacts = new Map(listContacts(database, account).map(one => [contactId(one), one]))
  const foreign = database
    .all('SELECT DISTINCT peer FROM contacts WHERE account <> ?', account)
    .map(row => String(row['peer']).replace(/^relay:/, ''))
  const result = new Map(Object.entries(existing).filter(([id]) => contacts.has(id) || !foreign.includes(id)))
  for (const [id, contact] of contacts) {
    const before = result.get(id)
    const kept = Object.entries(isObject(before) ? before : {}).filter(([key]) => !OURS.includes(key))
    result.set(id, { ...contactEntry(contact), ...Object.fromEntries(kept) })
  }
  return Object.fromEntries(result)
}

function contactId(contact: StoredContact): string {
  return addressKey(contact.address).replace(/^relay:/, '')
}

function contactEntry(contact: StoredContact): JsonObject {
  return {
    name: contact.name,
    ...(contact.relationship === null ? {} : { relationship: contact.relationship }),
    last_seen_utc: contact.lastSeenAt,
    ...(contact.description === null ? {} : { description: contact.description }),
  }
}

export function statsJson(database: Database): JsonObject {
  const relations = countRelationships(database, currentAccount(database))
  const relay = readStatus(database, 'adapter:relay')
  return {
    messages_received: shownTotal(database),
    messages_sent: counter(database, 'sent'),
    friends_count: relations.accepted,
    pending_incoming_count: relations.pending_incoming,
    pending_outgoing_count: relations.pending_outgoing,
    last_sync_utc: relay?.['last_sync_utc'] ?? null,
    transport_copies_dropped: counter(database, 'transport_copies'),
    accounts: { ...(relay === undefined ? {} : { relay }), ...prefixed(wechatJson(database)) },
    sinks: sinksJson(database),
  }
}

/** As addresses have them: `wechat:main`. */
function prefixed(accounts: ReturnType<typeof wechatJson>): JsonObject {
  return Object.fromEntries(Object.entries(accounts).map(([name, facts]) => [`wechat:${name}`, facts]))
}

const RECENT_HOURS = 24

/** Counts, ids and times; names reduced to letters and digits, because this file may end up in a prompt (OI §7.2). */
export function snapshotJson(database: Database, now: number, retentionDays = RETENTION_DAYS): JsonObject {
  const since = utcSeconds(now - RECENT_HOURS * 3_600_000).slice(0, 13)
  const oldest = database.get("SELECT received_at FROM messages WHERE via <> 'import' ORDER BY seq LIMIT 1")
  const oldestAt = typeof oldest?.['received_at'] === 'string' ? oldest['received_at'] : null
  const relay = readStatus(database, 'adapter:relay')
  return {
    updated_at_utc: utcSeconds(now),
    messages_received_recent: receivedSince(database, since),
    recent_hours: RECENT_HOURS,
    unread_count: unreadCount(database, AGENT),
    friends_count: countRelationships(database, currentAccount(database)).accepted,
    latest_peers: latestPeers(database, 5).map(one => ({
      id: plainId(one.peer),
      name: plainName(one.name),
      last_message_utc: one.lastMessageAt,
    })),
    channel: relay === undefined ? null : { state: relay['state'] ?? null, since_utc: relay['since_utc'] ?? null },
    accounts_needing_owner: accountsInNeed(database),
    oldest_message_utc: oldestAt,
    oldest_message_days: oldestAt === null ? null : Math.floor((now - Date.parse(oldestAt)) / DAY_MS),
    retention: retentionOf(database, retentionDays, now),
  }
}

/** Accounts at WeChat on which nothing moves until somebody does something. */
const IN_NEED: ReadonlySet<unknown> = new Set(['login_needed', 'identity_taken', 'identity_lock_failed'])

function accountsInNeed(database: Database): JsonObject[] {
  return Object.entries(wechatJson(database))
    .filter(([, { state }]) => IN_NEED.has(state))
    .map(([name, { state, since_utc }]) => ({ account: `wechat:${name}`, state, since_utc }))
}

/** `#2`, `wechat:main/<id>`. Ids at WeChat are a server's words: nothing that reads like a sentence is left of one. */
function plainId(key: string): string {
  return key
    .replace(/^relay:/, '#')
    .replace(/[^\w.@:#/-]/g, '')
    .slice(0, 120)
}

/** `[\p{L}\p{N} ._-]{1,24}`, everything else left out; empty when nothing is left. */
function plainName(name: string): string {
  return [...name.replace(/[^\p{L}\p{N} ._-]|\p{Default_Ignorable_Code_Point}/gu, '')].slice(0, 24).join('').trim()
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
