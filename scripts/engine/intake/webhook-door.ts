import type { Clock } from '../../core/clock.ts'
import type { InboundWebhook } from '../../core/config.ts'
import type { Flags } from '../../core/message.ts'
import { checkInbound } from '../../protocol/webhook/inbound-check.ts'
import { type InboundMessage, readInbound } from '../../protocol/webhook/inbound-message.ts'
import { isOurEvent } from '../../store/events.ts'
import type { Writer } from '../../store/writer.ts'
import { type Answer, type Asking, type Body, type Door, failure, type Outcome } from './exchange.ts'
import { type Keeping, NOT_STORED } from './keeping.ts'
import type { Strangers } from './strangers.ts'

export interface WebhookDoorOptions {
  readonly keeping: Keeping
  readonly strangers: Strangers
  readonly writer: Writer
  readonly clock: Clock
}

/** `/webhook/<name>` (OI §5.5): whatever is pushed there by whoever signs as agreed becomes a message. */
export function createWebhookDoor(inbound: InboundWebhook, options: WebhookDoorOptions): Door {
  const { strangers, clock } = options

  function prove(asking: Asking, body: Body): Outcome | null {
    if (!inbound.verifySignature) return null
    const nowSeconds = Math.floor(clock.now() / 1000)
    const check = checkInbound(inbound.kind, inbound, { headers: asking.headers, body, nowSeconds })
    return check.ok ? null : strangers.unproven(check.reason)
  }

  async function take(asking: Asking, body: Body): Promise<Outcome> {
    const read = readInbound(inbound.kind, { headers: asking.headers, body })
    if (read.answer !== undefined) return probed({ status: 200, body: read.answer })
    if (idsOf(read, asking).some(id => isOurEvent(options.writer.database, id))) return ECHO
    return keep(read, body)
  }

  async function keep(read: InboundMessage, body: Body): Promise<Outcome> {
    const { name } = inbound
    const parsed = {
      type: 'chat' as const,
      // Whatever they call a time is their word, and nobody's order depends on it.
      at: null,
      from: { address: { scheme: 'webhook' as const, name }, name },
      content: read.text,
      flags: flagsOf(read),
    }
    const message = read.id === null ? { parsed } : { parsed, id: read.id }
    const payload = { via: 'webhook' as const, body, messages: [message] }
    const kept = await options.keeping.keep({ source: 'webhook', account: name, payload })
    if (kept === null) return { answer: NOT_STORED, note: { status: 'not_stored' } }
    const { seq, duplicate } = kept
    return {
      answer: { status: 200, body: { ok: true, ...(duplicate ? { duplicate } : {}) } },
      note: { status: duplicate ? 'duplicate' : 'stored', event: 'message.received', eventId: `in_${seq}` },
    }
  }

  return {
    name: `webhook:${inbound.name}`,
    enter(asking) {
      if (!inbound.enabled) return strangers.refuse(PAUSED)
      return body => prove(asking, body) ?? take(asking, body)
    },
  }
}

function flagsOf({ user }: InboundMessage): Flags {
  return user === null ? {} : { user }
}

/** Where what we push carries the id of its event. */
function idsOf(read: InboundMessage, { headers }: Asking): string[] {
  return [read.id, headers['x-webhook-id'], headers['webhook-id']].filter(id => typeof id === 'string')
}

function probed(answer: Answer): Outcome {
  return { answer, note: { status: 'probe', test: true } }
}

/** What we pushed out comes back in: taken as a message, it would be pushed out again. */
const ECHO: Outcome = { answer: { status: 200, body: { ok: true, echo: true } }, note: { status: 'echo' } }

const PAUSED = failure(403, 'forbidden', {
  en: 'This webhook is paused: "webhooks resume" lets it in again.',
  zh: '该 webhook 已暂停：可用 "webhooks resume" 恢复。',
})
