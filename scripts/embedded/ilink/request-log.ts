/** Every request with its outcome, and every deviation from the contract: what a test asserts on. */

import type { DatabaseSync } from 'node:sqlite'
import { row, rows } from './database.ts'

/** Which of the two ports was asked. */
export type Origin = 'main' | 'redirect'

export interface RecordedRequest {
  readonly number: number
  readonly at: number
  readonly origin: Origin
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** As text; of a file for the CDN only its length and digest: `<16 bytes, sha256 …>`. */
  readonly body: string
}

export interface Outcome {
  readonly status: number
  /** What was answered, when it was text. */
  readonly body: string
  /** The kind of fault that was at work; `client gone`: before it had said all. */
  readonly fault: string | null
  /** false: the client was gone, or was made to think so. */
  readonly isWhole: boolean
}

export interface LoggedRequest extends RecordedRequest {
  /** null: not answered yet, or never. */
  readonly outcome: Outcome | null
}

export interface Violation {
  /** The `number` of its request. */
  readonly request: number
  /** Short and constant, like `base-info-missing`. */
  readonly rule: string
  readonly detail: string
}

export interface RequestLog {
  record(request: Omit<RecordedRequest, 'number'>): RecordedRequest
  answered(request: RecordedRequest, outcome: Outcome): void
  violate(violation: Violation): void
  /** How many requests ago this `X-WECHAT-UIN` came last, which it now does again; null: never. */
  sinceUin(value: string): number | null
  /** In the order of their arrival; with a path only those whose path ends so. */
  requests(pathEnd?: string): LoggedRequest[]
  /** How many of them: cheap however many there are. */
  count(pathEnd?: string): number
  violations(): Violation[]
}

export function createRequestLog(sql: DatabaseSync): RequestLog {
  const insert = sql.prepare('INSERT INTO requests (at, path, doc) VALUES (:at, :path, :doc) RETURNING number')
  const settle = sql.prepare('UPDATE requests SET outcome = :outcome WHERE number = :number')
  const ofPath = sql.prepare(
    `SELECT number, at, doc, outcome FROM requests WHERE substr(path, -length(:pathEnd)) = :pathEnd OR :pathEnd = ''
     ORDER BY number`,
  )
  const countOfPath = sql.prepare(
    "SELECT count(*) AS n FROM requests WHERE substr(path, -length(:pathEnd)) = :pathEnd OR :pathEnd = ''",
  )
  const lastUin = sql.prepare('SELECT max(number) AS number FROM uins WHERE value = :value')
  const addUin = sql.prepare('INSERT INTO uins (value) VALUES (:value) RETURNING number')
  const insertViolation = sql.prepare(
    'INSERT INTO violations (request, rule, detail) VALUES (:request, :rule, :detail)',
  )
  const allViolations = sql.prepare('SELECT request, rule, detail FROM violations ORDER BY number')
  return {
    record({ at, ...rest }) {
      const number = row<{ number: number }>(insert, { at, path: rest.path, doc: JSON.stringify(rest) })?.number ?? 0
      return { number, at, ...rest }
    },
    answered({ number }, outcome) {
      settle.run({ number, outcome: JSON.stringify(outcome) })
    },
    violate({ request, rule, detail }) {
      insertViolation.run({ request, rule, detail })
    },
    sinceUin(value) {
      const last = row<{ number: number | null }>(lastUin, { value })?.number ?? null
      const here = row<{ number: number }>(addUin, { value })?.number ?? 0
      return last === null ? null : here - last
    },
    count: (pathEnd = '') => row<{ n: number }>(countOfPath, { pathEnd })?.n ?? 0,
    requests(pathEnd = '') {
      const found = rows<{ number: number; at: number; doc: string; outcome: string | null }>(ofPath, { pathEnd })
      return found.map(
        ({ number, at, doc, outcome }): LoggedRequest => ({
          number,
          at,
          ...JSON.parse(doc),
          outcome: outcome === null ? null : JSON.parse(outcome),
        }),
      )
    },
    violations: () => rows<Violation>(allViolations).map(one => ({ ...one })),
  }
}
