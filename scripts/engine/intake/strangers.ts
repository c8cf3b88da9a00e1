import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { type Answer, failure, type Outcome } from './exchange.ts'

/**
 * Requests of those who have not shown yet who they are. So many a second are answered with what is wrong, and noted: who
 * sends more is asked to wait, and neither fills the log nor makes the disk busy. Those who are who they say never wait.
 */
export interface Strangers {
  refuse(answer: Answer): Outcome
  /** The secret is wrong, or missing. @param reason one word of ours */
  unproven(reason: string): Outcome
}

const MOST_PER_SECOND = 20
/** One line for a flood. */
const TELL_EVERY_MS = 60_000

export function createStrangers({ clock, log }: { clock: Clock; log: Logger }): Strangers {
  let room = MOST_PER_SECOND
  let filledAt = clock.monotonic()
  let toldAt = Number.NEGATIVE_INFINITY

  function hasRoom(): boolean {
    const now = clock.monotonic()
    room = Math.min(MOST_PER_SECOND, room + ((now - filledAt) / 1000) * MOST_PER_SECOND)
    filledAt = now
    if (room >= 1) {
      room--
      return true
    }
    if (now - toldAt >= TELL_EVERY_MS) {
      toldAt = now
      log.warn('refused requests come too fast; those beyond are not noted', { per_second: MOST_PER_SECOND })
    }
    return false
  }

  function refuse(answer: Answer): Outcome {
    return { answer, note: hasRoom() ? { status: String(answer.body['error']) } : null }
  }

  return {
    refuse,
    unproven: reason =>
      hasRoom() ? { answer: UNAUTHORIZED, note: { status: reason } } : { answer: TOO_MANY_GUESSES, note: null },
  }
}

const UNAUTHORIZED = failure(
  401,
  'unauthorized',
  {
    en: 'The token or signature is missing or wrong.',
    zh: '缺少令牌或签名，或其不正确。',
  },
  { headers: { 'WWW-Authenticate': 'Bearer' } },
)

const TOO_MANY_GUESSES = failure(
  429,
  'rate_limited',
  { en: 'Too many requests with a wrong token or signature.', zh: '令牌或签名错误的请求过多。' },
  { headers: { 'Retry-After': '1' }, retry_after: 1 },
)
