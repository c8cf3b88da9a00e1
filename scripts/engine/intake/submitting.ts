import type { OutboxEntry } from '../../store/outbox.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { RelayAddress, WechatAddress } from '../outgoing.ts'
import type { Order } from './order.ts'

/** Puts orders into the outbox, each request id once (OI §4.3). */
export interface Submitting {
  /** @throws RefusedError when the request id stands for another message; ConfigError where nobody is registered */
  submit(order: Order, to: RelayAddress | WechatAddress): Promise<Submitted>
}

export interface Submitted {
  readonly entry: OutboxEntry
  /** It had been asked for before. */
  readonly duplicate: boolean
}

/** Request ids of commands are others than those of the listener. */
const PREFIX = 'api'

export function createSubmitting(outbox: Outbox): Submitting {
  /** Of two at once with one id, the second is to find what the first has put there. */
  const underWay = new Map<string, Promise<unknown>>()

  async function submitOnce(order: Order, to: RelayAddress | WechatAddress, requestId: string): Promise<Submitted> {
    for (let attempt = 1; ; attempt++) {
      const message = { ...messageOf(order, to), requestId: `${PREFIX}:${attempt}:${requestId}` }
      const before = outbox.find(message)
      if (before === null) return { entry: await outbox.submit(message), duplicate: false }
      // Nothing of that one has left, so whoever asks again wants another try.
      if (before.state !== 'not_sent') return { entry: before, duplicate: true }
    }
  }

  return {
    async submit(order, to) {
      const { requestId } = order
      if (requestId === undefined) {
        return { entry: await outbox.submit({ ...messageOf(order, to), requestId }), duplicate: false }
      }
      const before = underWay.get(requestId) ?? Promise.resolve()
      const mine = before.catch(() => undefined).then(() => submitOnce(order, to, requestId))
      underWay.set(requestId, mine)
      try {
        return await mine
      } finally {
        if (underWay.get(requestId) === mine) underWay.delete(requestId)
      }
    },
  }
}

function messageOf({ text, replyTo }: Order, to: RelayAddress | WechatAddress) {
  return { to, content: text, file: null, replyTo }
}
