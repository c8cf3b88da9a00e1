import { shownText } from '../../protocol/untrusted-text.ts'
import type { OutboxEntry } from '../../store/outbox.ts'
import { type Answer, failure } from './exchange.ts'

/** Why a message that the relay did not want yet was taken back. */
export const RATE_LIMITED = 'rate_limited'

/** What became of a message, in the words of OI §4.4. */
export function sendAnswer(
  { id, state, detail, parked }: OutboxEntry,
  { duplicate, retryAfterMs }: { duplicate: boolean; retryAfterMs: number },
): { answer: Answer; status: string } {
  const messageId = `out_${id}`
  const again = duplicate ? { duplicate } : {}
  const reason = detail.reason ?? null
  switch (state) {
    case 'accepted':
      return { answer: { status: 200, body: { messageId, ...again } }, status: 'sent' }
    case 'queued':
    case 'sending':
      return {
        answer: { status: 202, body: { messageId, status: 'queued', ...waitsFor(parked), ...again } },
        status: 'queued',
      }
    case 'refused':
      return { answer: refused(detail.text ?? '', { eventId: messageId, ...again }), status: state }
    case 'not_sent':
      return reason === RATE_LIMITED
        ? { answer: rateLimited(retryAfterMs, { eventId: messageId }), status: RATE_LIMITED }
        : { answer: notSent({ reason, eventId: messageId }), status: state }
    case 'unknown':
      return { answer: unknown({ reason, eventId: messageId, ...again }), status: state }
  }
}

/** On WeChat they have to write first, or somebody has to log in. */
function waitsFor(parked: OutboxEntry['parked']): More {
  return parked === null ? {} : { waiting_for: parked }
}

type More = Readonly<Record<string, unknown>>

/** Code points. */
const LONGEST_WORDS = 300

function refused(words: string, more: More): Answer {
  // The other side's words, and with them anybody's.
  const { text } = shownText(words, LONGEST_WORDS)
  const sentence = { en: `It was refused: ${text}.`, zh: `已被拒绝：${text}。` }
  return failure(422, 'not_deliverable', sentence, { reason: 'refused', ...more })
}

function rateLimited(retryAfterMs: number, more: More): Answer {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return failure(
    429,
    'rate_limited',
    { en: 'The relay asks for patience. Nothing was sent.', zh: '中继要求稍候。未发送任何内容。' },
    { retry_after: seconds, headers: { 'Retry-After': String(seconds) }, ...more },
  )
}

function notSent(more: More): Answer {
  return failure(
    503,
    'unavailable',
    {
      en: 'Nothing of it left this machine. It may be tried again with the same requestId.',
      zh: '没有任何内容发出。可用相同的 requestId 重试。',
    },
    more,
  )
}

function unknown(more: More): Answer {
  return failure(
    502,
    'upstream_failed',
    {
      en: 'It may have been delivered, and is not repeated by itself. The same requestId returns this outcome again.',
      zh: '消息可能已送达，且不会自动重发。使用相同的 requestId 会再次返回此结果。',
    },
    more,
  )
}
