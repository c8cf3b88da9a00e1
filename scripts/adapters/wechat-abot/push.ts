import { UnreachableError } from '../../core/errors.ts'
import type { Push, PushContext, PushOutcome, RetrySchedule, Sink } from '../../core/sink.ts'
import { retryAfterMs } from '../../protocol/retry-after.ts'
import { abotSignatures } from '../../protocol/wechat-abot/message.ts'
import { type HttpReply, request } from '../http.ts'

/** The signed push to OpenClaw's `wechat_abot` plugin (OI §4.1): the message's bytes as the WeChat side delivered them. */
export interface AbotTarget {
  readonly webhookUrl: string
  readonly webhookSecret: string
}

/** 1, 2, 4 … 300 s, up to a day. */
const SCHEDULE: RetrySchedule = {
  firstMs: 1000,
  maxMs: 300_000,
  jitter: 0.2,
  tries: null,
  withinMs: 24 * 3_600_000,
}
const TIMEOUT_MS = 5000
const LONGEST_ANSWER_BYTES = 64 * 1024
/** Nothing answers under that path: the plugin is not installed, and nothing is dropped for that. */
const WITHOUT_PLUGIN_MS = 5 * 60_000

export function abotSink(target: AbotTarget): Sink {
  return { name: 'wechat_abot', schedule: SCHEDULE, push: (push, ctx) => pushToAbot(target, push, ctx) }
}

async function pushToAbot(
  { webhookUrl, webhookSecret }: AbotTarget,
  push: Push,
  ctx: PushContext,
): Promise<PushOutcome> {
  const timestampSeconds = Math.floor(ctx.clock.now() / 1000)
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'openwechat-im-client',
    ...abotSignatures(webhookSecret, push.body, timestampSeconds),
    'X-Wechat-Abot-Event-Id': push.id,
  }
  try {
    const reply = await request(ctx.fetch, ctx.clock, {
      url: webhookUrl,
      init: { method: 'POST', headers, body: push.body },
      timeoutMs: TIMEOUT_MS,
      maxBytes: LONGEST_ANSWER_BYTES,
      signal: ctx.signal,
    })
    return outcomeOf(reply, ctx.clock.now())
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error
    return { kind: 'retry', reason: error.reason, httpStatus: null, retryAfterMs: null }
  }
}

/** OI §4.1 */
function outcomeOf(reply: HttpReply, now: number): PushOutcome {
  const { status } = reply
  const reason = `http_${status}`
  if (status >= 200 && status < 300) return { kind: 'delivered', httpStatus: status }
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'retry', reason, httpStatus: status, retryAfterMs: retryAfterMs(reply.retryAfter, now) ?? null }
  }
  if (status === 404) return { kind: 'hold', reason: 'no_plugin', httpStatus: status, everyMs: WITHOUT_PLUGIN_MS }
  // The secret is wrong for every message: none of them is given up for that.
  if (status === 401) return { kind: 'hold', reason, httpStatus: status, everyMs: null }
  return { kind: 'dead', reason, httpStatus: status }
}
