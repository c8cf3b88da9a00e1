import type { Outbound, SendOutcome } from '../../core/adapter.ts'
import { isAbort, RefusedError, ThrottledError, UnauthorizedError, UnreachableError } from '../../core/errors.ts'
import { encodeMultipart } from '../../protocol/multipart.ts'
import { parseSent } from '../../protocol/relay/answers.ts'
import { neverSent } from '../http.ts'
import type { Change, RelayClient } from './client.ts'

/** What a throttled relay is left alone for, when it does not say. RC §2: "1 s of quiet always helps". */
const THROTTLED_MS = 1000

/**
 * Sends one message, once (RC rule 7: there is no idempotency key). Files travel by `/send/file`, text never does
 * (RC §7.3.8).
 */
export async function sendToRelay(
  client: RelayClient,
  { to, content, file, begin, progress }: Outbound,
  { signal, onInboxWaiting }: { signal: AbortSignal; onInboxWaiting: () => void },
): Promise<SendOutcome> {
  if (to.scheme !== 'relay') throw new TypeError(`The relay can not reach ${to.scheme}`)
  const change = file === null ? textChange(to.id, content) : fileChange(to.id, content, { file, progress })
  let reply: string
  try {
    reply = await client.change({ ...change, before: begin }, signal)
  } catch (error) {
    return failure(error)
  }
  const sent = parseSent(reply)
  // It was taken, by whatever answers there, and what that says fits no grammar: nobody can tell.
  if (sent === null) return { kind: 'unknown', reason: 'not_a_relay' }
  if (sent.inboxWaiting) onInboxWaiting()
  // Without a word about friendship it goes through to friends only (RC §9).
  const relationship = sent.friendship === 'requested' ? 'pending_outgoing' : 'accepted'
  return { kind: 'accepted', relationship }
}

function textChange(toId: number, content: string): Change {
  return {
    method: 'POST',
    path: '/send',
    contentType: 'application/json',
    body: JSON.stringify({ to_id: toId, content }),
  }
}

function fileChange(
  toId: number,
  content: string,
  { file, progress }: { file: NonNullable<Outbound['file']>; progress: Outbound['progress'] },
): Change {
  const { contentType, body } = encodeMultipart([
    ['to_id', String(toId)],
    ...(content === '' ? [] : [['content', content] as const]),
    ['file', file],
  ])
  return {
    method: 'POST',
    path: '/send/file',
    contentType,
    body,
    ...(progress === undefined ? {} : { onSent: (bytes: number) => progress(bytes, body.length) }),
  }
}

/** "They said no", "nothing reached them" and "nobody knows" are told apart here and nowhere else (RC §5, §7.3.8). */
function failure(error: unknown): SendOutcome {
  if (error instanceof ThrottledError) return { kind: 'later', afterMs: error.retryAfterMs ?? THROTTLED_MS }
  if (error instanceof UnauthorizedError) return { kind: 'not_sent', reason: 'token_refused' }
  if (error instanceof RefusedError) return refusal(error.message)
  // We were stopped while the message waited for its turn: a request that is under way ends as unreachable.
  if (isAbort(error)) return { kind: 'later', afterMs: 0 }
  if (!(error instanceof UnreachableError)) throw error
  return { kind: neverSent(error) ? 'not_sent' : 'unknown', reason: error.reason }
}

function refusal(text: string): SendOutcome {
  // RC §5, 420 and 704: the relay says this of a file that it has delivered to somebody online.
  if (text.endsWith('发送失败，请稍后重试')) return { kind: 'unknown', reason: 'likely_delivered' }
  return { kind: 'refused', text, relationship: relationshipIn(text) }
}

/** What a refusal proves about how we stand to them (RC §5, §7.3.8). */
function relationshipIn(text: string) {
  if (text.includes('好友申请已发出，对方尚未回复')) return 'pending_outgoing'
  if (text.endsWith('你已拉黑该用户，请先解除拉黑')) return 'blocked'
  return null
}
