import type { Address } from '../../../scripts/core/address.ts'
import { utcSeconds } from '../../../scripts/core/clock.ts'
import { RefusedError } from '../../../scripts/core/errors.ts'
import type { BridgeOptions } from '../../../scripts/engine/bridge/parts.ts'
import { rememberAlso } from '../../../scripts/store/known-ids.ts'
import { insertMessage } from '../../../scripts/store/messages.ts'
import { findRequest, insertEntry, type OutboxEntry, readEntry, settleEntry } from '../../../scripts/store/outbox.ts'
import type { Writer } from '../../../scripts/store/writer.ts'
import type { FakeClock } from '../../support/fake-clock.ts'

export type Ending = Parameters<typeof settleEntry>[2]['state']

/**
 * An outbox that commits as the real one does, and sends nothing: the test says what became of each entry.
 *
 * @param isNamed the server says what it calls a message that it takes
 * @param admit throws where there is no account to send in whose name
 */
export function createTestOutbox(
  { writer, clock, isNamed }: { writer: Writer; clock: FakeClock; isNamed: boolean },
  admit: (to: Address) => void,
) {
  const outbox: BridgeOptions['outbox'] = {
    async submit(message) {
      admit(message.to)
      const requestId = message.requestId ?? ''
      const entry = await writer.write(database => {
        const found = findRequest(database, { ...message, requestId })
        if (found !== null) return found.same ? found.entry : null
        const sink = message.to.scheme === 'relay' ? 'relay' : 'wechat:main'
        const createdAt = utcSeconds(clock.now())
        const made = insertEntry(database, { ...message, sink, account: sink, requestId, createdAt })
        message.also?.(database, made)
        return made
      })
      if (entry === null) throw new RefusedError('another message', { status: 409 })
      return entry
    },
  }
  return {
    ...outbox,
    entries(): OutboxEntry[] {
      const rows = writer.database.all('SELECT id FROM outbox ORDER BY id')
      return rows.flatMap(row => readEntry(writer.database, Number(row['id'])) ?? [])
    },
    /** As the real one shows what became of it. Returns the number of the message. */
    settle({ id, sink, account, to, content }: OutboxEntry, state: Ending, detail: object): Promise<number> {
      const at = utcSeconds(clock.now())
      return writer.write(database => {
        const seq = insertMessage(database, {
          source: sink,
          account,
          via: 'send',
          receivedAt: at,
          parsed: {
            type: 'chat',
            at,
            from: { address: { scheme: 'relay', id: 1 }, name: 'me' },
            content,
            flags: state === 'accepted' ? {} : { state },
          },
          to: { address: to, name: '' },
          payload: null,
          state: 'final',
          settleBy: 0,
          unresolved: false,
        })
        settleEntry(database, id, { state, detail, seq, settledAt: at })
        const ids = isNamed && state === 'accepted' ? [`ref:of-${seq}`] : []
        rememberAlso(database, { source: sink, account, ids, seq, at })
        return seq
      })
    },
  }
}
