import type { Contact, ContactChange, Relationship } from '../core/adapter.ts'
import { addressKey, parseAddress } from '../core/address.ts'
import type { Database, Row } from './database.ts'

export interface StoredContact extends Contact {
  readonly description: string | null
  readonly lastSeenAt: string | null
}

export function listContacts(database: Database, account: string): StoredContact[] {
  return database
    .all('SELECT peer, name, description, relationship, last_seen_at FROM contacts WHERE account = ?', account)
    .flatMap(toContact)
}

export function contactWith(database: Database, account: string, peer: string): StoredContact | null {
  const row = database.get(
    'SELECT peer, name, description, relationship, last_seen_at FROM contacts WHERE account = ? AND peer = ?',
    account,
    peer,
  )
  return row === undefined ? null : (toContact(row)[0] ?? null)
}

function toContact(row: Row): StoredContact[] {
  const address = parseAddress(String(row['peer']))
  if (address === null) return []
  return [
    {
      address,
      name: String(row['name']),
      description: row['description'] === null ? null : String(row['description']),
      relationship: row['relationship'] === null ? null : (String(row['relationship']) as Relationship),
      lastSeenAt: row['last_seen_at'] === null ? null : String(row['last_seen_at']),
    },
  ]
}

export function relationshipOf(database: Database, account: string, peer: string): Relationship | null {
  const row = database.get('SELECT relationship FROM contacts WHERE account = ? AND peer = ?', account, peer)
  return typeof row?.['relationship'] === 'string' ? (row['relationship'] as Relationship) : null
}

/**
 * Only what the change names is touched; the time last seen never goes back, and a friend's late or repeated request
 * (RC §9) does not undo the friendship.
 */
const APPLY = `
  INSERT INTO contacts (account, peer, name, description, relationship, last_seen_at)
  VALUES (?1, ?2, coalesce(?3, ''), ?4, nullif(?5, 'none'), ?6)
  ON CONFLICT (account, peer) DO UPDATE SET
    name = coalesce(?3, name),
    description = CASE WHEN ?7 = 1 THEN ?4 ELSE description END,
    relationship = CASE
      WHEN ?5 IS NULL THEN relationship
      WHEN ?5 = 'none' THEN NULL
      WHEN ?5 = 'pending_incoming' AND relationship = 'accepted' THEN relationship
      ELSE ?5 END,
    last_seen_at = CASE WHEN ?6 IS NULL THEN last_seen_at ELSE max(coalesce(last_seen_at, ''), ?6) END`

export function applyContactChange(database: Database, account: string, change: ContactChange): void {
  database.run(
    APPLY,
    account,
    addressKey(change.address),
    change.name ?? null,
    change.description ?? null,
    change.relationship ?? null,
    change.lastSeenAt ?? null,
    change.description === undefined ? 0 : 1,
  )
}

/** Sums up what many messages say about the same people, so that each of them costs one statement. */
export interface ContactChanges {
  add(account: string, change: ContactChange): void
  write(): void
  /** Some of them, written or not yet, said how we stand to somebody. */
  readonly changedRelationships: boolean
}

export function createContactChanges(database: Database): ContactChanges {
  const waiting = new Map<string, { account: string; change: ContactChange }>()
  let changedRelationships = false

  function write(): void {
    for (const { account, change } of waiting.values()) applyContactChange(database, account, change)
    waiting.clear()
  }

  return {
    write,
    get changedRelationships() {
      return changedRelationships
    },
    add(account, change) {
      if (change.relationship !== undefined) changedRelationships = true
      const key = `${account} ${addressKey(change.address)}`
      const before = waiting.get(key)?.change
      // The order of relationships matters: those are not summed up.
      if (before?.relationship !== undefined || (before !== undefined && change.relationship !== undefined)) write()
      waiting.set(key, { account, change: waiting.has(key) ? laterOf(before, change) : change })
    },
  }
}

function laterOf(before: ContactChange | undefined, change: ContactChange): ContactChange {
  const lastSeenAt = [before?.lastSeenAt ?? '', change.lastSeenAt ?? ''].sort()[1]
  return { ...before, ...change, ...(lastSeenAt === undefined || lastSeenAt === '' ? {} : { lastSeenAt }) }
}

export interface RelationshipCounts {
  readonly accepted: number
  readonly pending_incoming: number
  readonly pending_outgoing: number
}

export function countRelationships(database: Database, account: string): RelationshipCounts {
  const counts = { accepted: 0, pending_incoming: 0, pending_outgoing: 0 }
  const rows = database.all(
    'SELECT relationship, count(*) AS n FROM contacts WHERE account = ? GROUP BY relationship',
    account,
  )
  for (const row of rows) {
    const key = row['relationship']
    if (key === 'accepted' || key === 'pending_incoming' || key === 'pending_outgoing') counts[key] = Number(row['n'])
  }
  return counts
}

export interface LatestPeer {
  readonly peer: string
  readonly name: string
  readonly lastMessageAt: string
}

/** Who wrote last, newest first. Looks at the newest 500 messages only: a snapshot has to be cheap. */
export function latestPeers(database: Database, limit: number): LatestPeer[] {
  return database
    .all(
      `SELECT peer, name, received_at, max(seq) AS seq FROM
         (SELECT seq, peer, name, received_at FROM messages
          WHERE peer IS NOT NULL AND peer <> 'relay:0' AND recipient IS NULL AND state = 'final' AND via <> 'import'
            AND coalesce(json_extract(flags, '$.state'), '') <> 'refused'
          ORDER BY seq DESC LIMIT 500)
       GROUP BY peer ORDER BY seq DESC LIMIT ?`,
      limit,
    )
    .map(row => ({
      peer: String(row['peer']),
      name: String(row['name']),
      lastMessageAt: String(row['received_at']),
    }))
}
