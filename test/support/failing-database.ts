import type { Database } from '../../scripts/store/database.ts'

/** SQLite's answers to a disk or a neighbour that does not let it work, with its own words for them. */
export const DATABASE_FAULTS = {
  busy: { errcode: 5, errstr: 'database is locked', rollsBack: false },
  readonly: { errcode: 8, errstr: 'attempt to write a readonly database', rollsBack: false },
  ioerr: { errcode: 10, errstr: 'disk I/O error', rollsBack: true },
  full: { errcode: 13, errstr: 'database or disk is full', rollsBack: true },
} as const

export type DatabaseFault = keyof typeof DATABASE_FAULTS

/** The real SQLite, until it is told to refuse. Every statement has a number. */
export interface FailingDatabase {
  /** Goes in as `wrapDatabase`. */
  readonly wrap: (real: Database) => Database
  /** Everything that was asked for, in order. */
  readonly statements: readonly string[]
  readonly refused: readonly string[]
  /**
   * @param at which one of the coming statements is the first to fail; 1 is the next
   * @param lasting false: that one alone
   * @param only others are not counted and do not fail
   */
  fail(fault: DatabaseFault, options?: { at?: number; lasting?: boolean; only?: (sql: string) => boolean }): void
  lift(): void
}

/** @param isOff true while the machine has no power: nothing gets through */
export function createFailingDatabase(isOff: () => boolean = () => false): FailingDatabase {
  const statements: string[] = []
  const refused: string[] = []
  let plan: { fault: DatabaseFault; left: number; lasting: boolean; only: (sql: string) => boolean } | null = null

  function ask(real: Database, sql: string): string {
    if (isOff()) throw sqliteError('ioerr')
    statements.push(sql)
    // After an error the store gives up its transaction: that always works, or has happened already.
    if (plan === null || sql === 'ROLLBACK' || !plan.only(sql) || --plan.left > 0) return sql
    const { fault, lasting } = plan
    if (!lasting) plan = null
    refused.push(sql)
    // What SQLite does by itself when the disk fails in the middle of a transaction.
    if (DATABASE_FAULTS[fault].rollsBack) real.exec('ROLLBACK')
    throw sqliteError(fault)
  }

  return {
    wrap: real => ({
      all: (sql, ...values) => real.all(ask(real, sql), ...values),
      lists: (sql, ...values) => real.lists(ask(real, sql), ...values),
      get: (sql, ...values) => real.get(ask(real, sql), ...values),
      run: (sql, ...values) => real.run(ask(real, sql), ...values),
      exec: sql => real.exec(ask(real, sql)),
      close: () => real.close(),
    }),
    statements,
    refused,
    fail(fault, { at = 1, lasting = false, only = () => true } = {}) {
      plan = { fault, left: at, lasting, only }
    },
    lift() {
      plan = null
    },
  }
}

export function sqliteError(fault: DatabaseFault): Error {
  const { errcode, errstr } = DATABASE_FAULTS[fault]
  return Object.assign(new Error(errstr), { code: 'ERR_SQLITE_ERROR', errcode, errstr })
}
