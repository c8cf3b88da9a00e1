import type { OutboundWebhook } from '../../core/config.ts'
import { UnreachableError } from '../../core/errors.ts'
import type { Push, PushContext, PushOutcome, RetrySchedule, Sink } from '../../core/sink.ts'
import { retryAfterMs } from '../../protocol/retry-after.ts'
import { eventHeaders, signedBody } from '../../protocol/webhook/event-body.ts'
import { type HttpReply, request } from '../http.ts'

/** Event webhooks (OI §5): the same bytes on every try, signed anew with the time of the try. */

/** OI §5.5: no wait is longer, with all that chance adds to it. */
const LONGEST_WAIT_MS = 5 * 60_000
const JITTER = 0.2
/** What they answer says nothing to us; a page of it is enough to keep the connection. */
const LONGEST_ANSWER_BYTES = 64 * 1024

export function webhookSink(webhook: OutboundWebhook): Sink {
  return {
    name: `webhook:${webhook.name}`,
    schedule: scheduleOf(webhook),
    push: (push, ctx) => pushToWebhook(webhook, push, ctx),
  }
}

function scheduleOf({ retries, retryDelayMs }: OutboundWebhook): RetrySchedule {
  return {
    firstMs: retryDelayMs,
    maxMs: LONGEST_WAIT_MS / (1 + JITTER),
    jitter: JITTER,
    tries: retries + 1,
    withinMs: null,
  }
}

/** One request, and what came of it. */
export async function pushToWebhook(webhook: OutboundWebhook, push: Push, ctx: PushContext): Promise<PushOutcome> {
  const { url, secret, timeoutMs } = webhook
  const body = signedBody(push.body, secret)
  const timestampSeconds = Math.floor(ctx.clock.now() / 1000)
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'openwechat-im-client',
    ...eventHeaders({ id: push.id, event: push.event, attempt: push.attempt, timestampSeconds, secret, body }),
  }
  try {
    const reply = await request(ctx.fetch, ctx.clock, {
      url,
      init: { method: 'POST', headers, body },
      timeoutMs,
      maxBytes: LONGEST_ANSWER_BYTES,
      signal: ctx.signal,
    })
    return outcomeOf(reply, { retried: webhook.retryStatusCodes, now: ctx.clock.now() })
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error
    return { kind: 'retry', reason: error.reason, httpStatus: null, retryAfterMs: null }
  }
}

/** OI §5.5. 2xx alone is success, and nobody is followed anywhere. */
function outcomeOf(reply: HttpReply, { retried, now }: { retried: readonly number[]; now: number }): PushOutcome {
  const { status } = reply
  const reason = `http_${status}`
  if (status >= 200 && status < 300) return { kind: 'delivered', httpStatus: status }
  if (status === 410) return { kind: 'dead', reason, httpStatus: status, pause: true }
  if (status === 429 || retried.includes(status)) {
    return { kind: 'retry', reason, httpStatus: status, retryAfterMs: retryAfterMs(reply.retryAfter, now) ?? null }
  }
  return { kind: 'dead', reason, httpStatus: status }
}
