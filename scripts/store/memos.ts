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
