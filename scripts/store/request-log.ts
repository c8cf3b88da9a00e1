import type { Database, Row } from './database.ts'

/** What was asked of us and of others: one row a request, never a body, a header or a secret (OI §5.5). */
export interface RequestRecord {
  /** `webhook:ops`, `wechat_abot`, `wake` */
  readonly name: string
  readonly direction: 'in' | 'out'
  /** ISO time, UTC */
  readonly at: string
  readonly eventId: string | null
  readonly event: string | null
  readonly attempt: number
  /** null: no answer came. */
  readonly httpStatus: number | null
  readonly ok: boolean
  readonly durationMs: number
  /** One word of ours; null when it went well. */
  readonly error: string | null
  /** Of the body. */
  readonly bytes: number
  readonly test: boolean
}

/** The newest of one name; older ones go. */
const KEPT_ROWS = 10_000
/** Looking for old rows costs more than a row. */
const SWEEP_EVERY = 500

export function logRequest(database: Database, record: RequestRecord): void {
  const id = database.run(
    `INSERT INTO request_log (name, direction, at, event_id, event, attempt, http_status, ok, duration_ms, error, bytes, test)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    record.name,
    record.direction,
    record.at,
    record.eventId,
    record.event,
    record.attempt,
    record.httpStatus,
    record.ok ? 1 : 0,
    record.durationMs,
    record.error,
    record.bytes,
    record.test ? 1 : 0,
  )
  if (id % SWEEP_EVERY === 0) removeOldRequests(database)
}

function removeOldRequests(database: Database): void {
  for (const { name } of database.all('SELECT DISTINCT name FROM request_log')) {
    database.run(
      `DELETE FROM request_log WHERE name = ?1 AND id <=
         coalesce((SELECT id FROM request_log WHERE name = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${KEPT_ROWS}), 0)`,
      String(name),
    )
  }
}

/** Oldest first, the newest last. */
export function lastRequests(
  database: Database,
  name: string,
  { limit, failedOnly = false }: { limit: number; failedOnly?: boolean },
): RequestRecord[] {
  const which = failedOnly ? 'name = ? AND ok = 0' : 'name = ?'
  return database
    .all(`SELECT * FROM request_log WHERE ${which} ORDER BY id DESC LIMIT ?`, name, limit)
    .map(toRecord)
    .reverse()
}

/** Requests of that name from `since` on that went well; neither tests nor second copies. */
export function countRequests(database: Database, name: string, since: string): number {
  const row = database.get(
    'SELECT count(*) AS n FROM request_log WHERE name = ? AND at >= ? AND ok = 1 AND error IS NULL AND test = 0',
    name,
    since,
  )
  return Number(row?.['n'] ?? 0)
}

function toRecord(row: Row): RequestRecord {
  return {
    name: String(row['name']),
    direction: row['direction'] === 'in' ? 'in' : 'out',
    at: String(row['at']),
    eventId: textOf(row['event_id']),
    event: textOf(row['event']),
    attempt: Number(row['attempt']),
    httpStatus: row['http_status'] === null ? null : Number(row['http_status']),
    ok: row['ok'] === 1,
    durationMs: Number(row['duration_ms']),
    error: textOf(row['error']),
    bytes: Number(row['bytes']),
    test: row['test'] === 1,
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
