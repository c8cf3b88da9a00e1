import type { Database } from './database.ts'

/** Messages of one account that are not settled. */
export interface WechatWaiting {
  /** All of them, those that are set aside among them. */
  readonly waiting: number
  /** Set aside until the person it is for writes again. */
  readonly untilPeer: number
  /** Set aside until somebody logs in. */
  readonly untilLogin: number
}

const OPEN = "state IN ('queued', 'sending')"

/** @param sink `wechat:main` */
export function countWaiting(database: Database, sink: string): WechatWaiting {
  const row = database.get(
    `SELECT count(*) AS waiting, count(*) FILTER (WHERE parked = 'peer') AS peer,
       count(*) FILTER (WHERE parked = 'login') AS login
     FROM outbox WHERE ${OPEN} AND sink = ?`,
    sink,
  )
  return {
    waiting: Number(row?.['waiting'] ?? 0),
    untilPeer: Number(row?.['peer'] ?? 0),
    untilLogin: Number(row?.['login'] ?? 0),
  }
}

/** By the address of whom they are for, however it is spelled: in lower case. */
export function waitingByPerson(database: Database, sink: string): Map<string, number> {
  const rows = database.all(
    `SELECT lower(recipient) AS person, count(*) AS n FROM outbox WHERE ${OPEN} AND sink = ? GROUP BY lower(recipient)`,
    sink,
  )
  return new Map(rows.map(row => [String(row['person']), Number(row['n'])]))
}

/** Oldest first. */
export function waitingIds(database: Database, sink: string): number[] {
  return database
    .all(`SELECT id FROM outbox WHERE ${OPEN} AND sink = ? ORDER BY id`, sink)
    .map(row => Number(row['id']))
}
