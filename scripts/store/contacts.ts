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

/** Only what the change names is touched; the time last seen never goes back. */
export function applyContactChange(database: Database, account: string, change: ContactChange): void {
  const peer = addressKey(change.address)
  database.run(
    "INSERT INTO contacts (account, peer, name) VALUES (?, ?, '') ON CONFLICT (account, peer) DO NOTHING",
    account,
    peer,
  )
  const set = (column: string, value: string | null) =>
    database.run(`UPDATE contacts SET ${column} = ? WHERE account = ? AND peer = ?`, value, account, peer)
  if (change.name !== undefined) set('name', change.name)
  if (change.description !== undefined) set('description', change.description)
  if (change.relationship !== undefined) set('relationship', nextRelationship(database, account, peer, change))
  if (change.lastSeenAt !== undefined) {
    database.run(
      `UPDATE contacts SET last_seen_at = max(coalesce(last_seen_at, ''), ?) WHERE account = ? AND peer = ?`,
      change.lastSeenAt,
      account,
      peer,
    )
  }
}

/** A friend's late or repeated request (RC §9) does not undo the friendship. */
function nextRelationship(database: Database, account: string, peer: string, change: ContactChange): string | null {
  const now = relationshipOf(database, account, peer)
  if (change.relationship === 'none') return null
  if (change.relationship === 'pending_incoming' && now === 'accepted') return now
  return change.relationship ?? null
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
          WHERE peer IS NOT NULL AND peer <> 'relay:0' AND state = 'final' AND via <> 'import'
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
