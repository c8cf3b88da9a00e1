/**
 * Older relays, RC §11, newest first: each is told by what it lacks of the one after it. Where the table of RC §11 and
 * the recordings 950–959 say nothing, a revision does what the next one does.
 */

import { currentRegistration, type RegistrationRules } from './endpoints/register.ts'
import { currentStream, type StreamRules } from './endpoints/stream.ts'
import { currentRateLimit, type RateLimit } from './rate-limit.ts'
import { type Family, text } from './replies.ts'

export interface Revision {
  readonly rateLimit: RateLimit | null
  readonly registration: RegistrationRules
  readonly stream: StreamRules | null
  /** `/send/file`, and `附件：` with it. */
  readonly hasFiles: boolean
  readonly hasHomepages: boolean
  /** Of a sender's own inbox, in the reply to a send. */
  readonly hasPreviews: boolean
  /** `/users?page=&page_size=` in the place of ten at random. */
  readonly hasPagedUsers: boolean
  readonly healthPath: string
  /** Of all endpoints but registration, streams and homepages. */
  readonly family: Family
  readonly registerFamily: Family
}

const current: Revision = {
  rateLimit: currentRateLimit,
  registration: currentRegistration,
  stream: currentStream,
  hasFiles: true,
  hasHomepages: true,
  hasPreviews: true,
  hasPagedUsers: false,
  healthPath: '/health',
  family: 'A',
  registerFamily: 'B',
}

/** "5 requests per 10 s and user, 429" (959). */
const d4b5760: Revision = { ...current, rateLimit: { ...currentRateLimit, requests: 5, windowMs: 10_000 } }

/** "One request per 10 s and IP over all endpoints, refused with status 200" (954); streams are exempt where there are any. */
const throttle: RateLimit = {
  requests: 1,
  windowMs: 10_000,
  per: 'ip',
  status: 200,
  isExempt: path => path === '/stream',
}

const taken = '错误：该 IP 的 SSE 连接数已达上限（最多 1 条）。'

/** 958. */
const takenForNow = { ...text(`${taken}断开后请重试。`, 429), headers: { 'retry-after': '2' } }

const r1425a4e: Revision = {
  ...d4b5760,
  rateLimit: throttle,
  registerFamily: 'A',
  stream: { ...currentStream, refusal: takenForNow },
}

const e85282f: Revision = { ...r1425a4e, registration: { ...currentRegistration, table: false } }

const da94720: Revision = { ...e85282f, hasFiles: false, hasHomepages: false }

/** "No `log` event, nothing at all before the first message or the 30 s ping; no `x-request-id`" (956, 957). */
const r7a829b1: Revision = { ...da94720, stream: { log: false, refusal: text(taken, 429) } }

/** 954, 955. */
const dbd925e: Revision = {
  ...r7a829b1,
  rateLimit: { ...throttle, isExempt: () => false },
  registration: { ...da94720.registration, onePerIpAndDay: true },
  stream: null,
}

/** "Real status codes and `错误 401：…` on all endpoints; registration is 201 …, names ≤ 64 and not unique" (950–953). */
const b4c2c55: Revision = {
  ...dbd925e,
  rateLimit: null,
  registration: { ...dbd925e.registration, status: 201, longestName: 64, uniqueNames: false },
  hasPagedUsers: true,
  family: 'B',
  registerFamily: 'B',
}

/** "`/heather` instead of `/health`, no previews." */
const r2ab01f3: Revision = {
  ...b4c2c55,
  registration: { ...b4c2c55.registration, onePerIpAndDay: false },
  hasPreviews: false,
  healthPath: '/heather',
}

export const revisions = {
  current,
  d4b5760,
  '1425a4e': r1425a4e,
  e85282f,
  da94720,
  '7a829b1': r7a829b1,
  dbd925e,
  b4c2c55,
  '2ab01f3': r2ab01f3,
} as const satisfies Record<string, Revision>

export type RevisionName = keyof typeof revisions

/** null for a name that is none of them. */
export function revisionNamed(name: string): RevisionName | null {
  return Object.hasOwn(revisions, name) ? (name as RevisionName) : null
}
