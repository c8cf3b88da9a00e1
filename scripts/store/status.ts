import type { Database } from './database.ts'

/** What the daemon tells about itself in `state.db`, so that `status` needs neither network nor daemon. */
export function writeStatus(database: Database, key: string, value: unknown, updatedAt: string): void {
  database.run(
    `INSERT INTO status (key, value, updated_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
    key,
    JSON.stringify(value),
    updatedAt,
  )
}

export function clearStatus(database: Database, key: string): void {
  database.run('DELETE FROM status WHERE key = ?', key)
}

/** undefined when nothing was told under that key. */
export function readStatus(database: Database, key: string): Readonly<Record<string, unknown>> | undefined {
  const row = database.get('SELECT value FROM status WHERE key = ?', key)
  if (typeof row?.['value'] !== 'string') return undefined
  const value: unknown = JSON.parse(row['value'])
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}

/** Everything whose key begins so, by the rest of the key. */
export function readStatuses(database: Database, prefix: string): Map<string, Readonly<Record<string, unknown>>> {
  const rows = database.all(
    'SELECT key, value FROM status WHERE substr(key, 1, ?) = ? ORDER BY key',
    prefix.length,
    prefix,
  )
  return new Map(
    rows.map(row => [
      String(row['key']).slice(prefix.length),
      JSON.parse(String(row['value'])) as Record<string, unknown>,
    ]),
  )
}

/** The account that is in use now, '' before the first one; contacts and relationships are its own. */
export function currentAccount(database: Database): string {
  const account = readStatus(database, 'account')?.['key']
  return typeof account === 'string' ? account : ''
}

/** Who holds `lock.db`. Believed only while the lock is really taken. */
export interface Holder {
  readonly pid: number
  readonly kind: 'daemon' | 'command'
  /** ISO time, UTC */
  readonly startedAt: string
}

export function readHolder(database: Database): Holder | null {
  const value = readStatus(database, 'holder')
  if (value === undefined) return null
  const { pid, kind, startedAt } = value
  if (typeof pid !== 'number' || typeof startedAt !== 'string') return null
  return { pid, kind: kind === 'command' ? 'command' : 'daemon', startedAt }
}
