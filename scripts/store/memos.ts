import type { Database } from './database.ts'

/** What an adapter wants to find again after a restart, such as profiles, which never change (RC §3). */
export function readMemo(
  database: Database,
  { source, account, key }: { source: string; account: string; key: string },
): string | undefined {
  const row = database.get('SELECT value FROM memos WHERE source = ? AND account = ? AND key = ?', source, account, key)
  return typeof row?.['value'] === 'string' ? row['value'] : undefined
}

export function writeMemo(
  database: Database,
  { source, account, key, value }: { source: string; account: string; key: string; value: string },
): void {
  database.run(
    'INSERT INTO memos (source, account, key, value) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    source,
    account,
    key,
    value,
  )
}

/** All whose keys begin so, by key. */
export function memosStarting(
  database: Database,
  { source, account, prefix }: { source: string; account: string; prefix: string },
): Map<string, string> {
  const rows = database.all(
    'SELECT key, value FROM memos WHERE source = ? AND account = ? AND substr(key, 1, ?) = ? ORDER BY key',
    source,
    account,
    prefix.length,
    prefix,
  )
  return new Map(rows.map(row => [String(row['key']), String(row['value'])]))
}

/** Whoever they were for is not here any more. */
export function forgetMemos(database: Database, { source, account }: { source: string; account: string }): void {
  database.run('DELETE FROM memos WHERE source = ? AND account = ?', source, account)
}
