/** Answers as values, and the forms of the errors that every route has. */

import { membersJson, type Wire } from './wire.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The last byte has left. */
  readonly onSent?: () => void
}

export function jsonAnswer(fields: Readonly<Record<string, Wire>>, onSent?: () => void): Answer {
  const answer = textAnswer(200, `{${membersJson(fields)}}`, { 'content-type': 'application/json' })
  return onSent === undefined ? answer : { ...answer, onSent }
}

export function textAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: Buffer.from(text) }
}

/** "`-14` arrives as `errcode` alone, as `ret` alone, or as both" (IL §5). */
const SESSION_TIMEOUTS: readonly Readonly<Record<string, Wire>>[] = [
  { errcode: -14, errmsg: 'session timeout' },
  { ret: -14, errmsg: 'session timeout' },
  { ret: -14, errcode: -14, errmsg: 'stale token' },
]

/** One form after the other. */
export function createSessionTimeouts(): () => Answer {
  let next = 0
  return () => jsonAnswer(SESSION_TIMEOUTS[next++ % SESSION_TIMEOUTS.length] ?? {})
}

export function refusal(ret: number, errmsg: string): Answer {
  return jsonAnswer({ ret, errmsg })
}
