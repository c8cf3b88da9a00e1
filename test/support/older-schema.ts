import type { Database } from '../../scripts/store/database.ts'

/** What each step of the schema has added, undone: a database as an earlier version left it. */
const UNDO: Readonly<Record<number, readonly string[]>> = {
  4: [
    'DROP TABLE wechat_accounts',
    'DROP TABLE bridge_notices',
    'DROP TABLE aside',
    'DROP INDEX outbox_by_seq',
    'ALTER TABLE outbox DROP COLUMN journal',
    'ALTER TABLE outbox DROP COLUMN next_at',
    'ALTER TABLE outbox DROP COLUMN parked',
  ],
  3: ['deliveries', 'events', 'sinks', 'request_log', 'known_ids'].map(table => `DROP TABLE ${table}`),
}

export function backToVersion(database: Database, version: number): void {
  for (const [step, statements] of Object.entries(UNDO).reverse()) {
    if (Number(step) > version) for (const statement of statements) database.exec(statement)
  }
  database.exec(`PRAGMA user_version = ${version}`)
}
