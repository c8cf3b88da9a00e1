import { request } from '../../adapters/http.ts'
import { pushToWebhook } from '../../adapters/webhook/push.ts'
import { utcSeconds } from '../../core/clock.ts'
import type { InboundWebhook, OutboundWebhook } from '../../core/config.ts'
import { UnreachableError } from '../../core/errors.ts'
import { TEST_EVENT } from '../../core/events.ts'
import type { PushContext } from '../../core/sink.ts'
import { eventHeaders, eventText, signedBody } from '../../protocol/webhook/event-body.ts'
import { signBody } from '../../protocol/webhook/signatures.ts'

/** One request that `webhooks test` makes, and what came of it. */
export interface Probed {
  readonly ok: boolean
  readonly httpStatus: number | null
  /** One word of ours; null when it went well. */
  readonly error: string | null
  /** Of what was sent. */
  readonly bytes: number
}

function testEvent(id: string, name: string, now: number): Uint8Array<ArrayBuffer> {
  const data = { channel: 'webhook', user: null, message: 'This is a test.', sessionId: null, id, webhook: name }
  return new Uint8Array(Buffer.from(eventText({ name: TEST_EVENT, at: utcSeconds(now), data })))
}

/** Exactly what an event would be, once. */
export async function probeOutbound(webhook: OutboundWebhook, id: string, ctx: PushContext): Promise<Probed> {
  const body = testEvent(id, webhook.name, ctx.clock.now())
  const outcome = await pushToWebhook(webhook, { id, event: TEST_EVENT, attempt: 1, body }, ctx)
  return {
    ok: outcome.kind === 'delivered',
    httpStatus: outcome.httpStatus,
    error: outcome.kind === 'delivered' ? null : outcome.reason,
    bytes: signedBody(body, webhook.secret).length,
  }
}

/** Public addresses are answered through somebody's proxy. */
const PROBE_TIMEOUT_MS = 10_000
const LONGEST_ANSWER_BYTES = 64 * 1024

/** Signed as its kind of sender would. Only Discord has the key for Discord's. */
export async function probeInbound(
  { name, url, kind, secret }: InboundWebhook & { readonly url: string },
  id: string,
  ctx: PushContext,
): Promise<Probed> {
  const now = ctx.clock.now()
  const timestampSeconds = Math.floor(now / 1000)
  const body = kind === 'slack' ? challenge(id) : testEvent(id, name, now)
  const common = eventHeaders({
    id,
    event: TEST_EVENT,
    attempt: 1,
    timestampSeconds,
    secret: kind === 'generic' ? secret : null,
    body,
  })
  const own = secret === null ? {} : OWN_HEADERS[kind]({ secret, body, timestampSeconds })
  const headers = { 'Content-Type': 'application/json', ...common, ...own }
  try {
    const { status } = await request(ctx.fetch, ctx.clock, {
      url,
      init: { method: 'POST', headers, body },
      timeoutMs: PROBE_TIMEOUT_MS,
      maxBytes: LONGEST_ANSWER_BYTES,
      signal: ctx.signal,
    })
    const ok = status >= 200 && status < 300
    return { ok, httpStatus: status, error: ok ? null : `http_${status}`, bytes: body.length }
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error
    return { ok: false, httpStatus: null, error: error.reason, bytes: body.length }
  }
}

interface Signing {
  readonly secret: string
  readonly body: Uint8Array
  readonly timestampSeconds: number
}

/** OI §5.5 */
const OWN_HEADERS: Readonly<Record<InboundWebhook['kind'], (signing: Signing) => Record<string, string>>> = {
  telegram: ({ secret }) => ({ 'X-Telegram-Bot-Api-Secret-Token': secret }),
  discord: () => ({}),
  slack({ secret, body, timestampSeconds }) {
    const signed = Buffer.concat([Buffer.from(`v0:${timestampSeconds}:`), body])
    return {
      'X-Slack-Request-Timestamp': String(timestampSeconds),
      'X-Slack-Signature': signBody(secret, signed).replace('sha256=', 'v0='),
    }
  },
  // As our own outbound ones.
  generic: () => ({}),
}

/** What Slack itself asks first. */
function challenge(id: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(JSON.stringify({ type: 'url_verification', challenge: id })))
}
