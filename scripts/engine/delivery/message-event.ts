import { addressKey } from '../../core/address.ts'
import type { EventName } from '../../core/events.ts'
import type { StoredMessage } from '../../store/messages.ts'

/** What a committed message means to those who are told of events (OI §5.3). */
export interface MessageEvent {
  readonly name: EventName
  /** What went wrong with it, in one word; null: nothing. */
  readonly error: string | null
  /** What is kept in order. */
  readonly lane: string
}

/**
 * null: nobody is told of it. A second copy is no message, history was told when it was none, and who may not write is
 * shown in the files alone.
 */
export function messageEvent(message: StoredMessage): MessageEvent | null {
  if (message.via === 'import' || message.mergedInto !== null) return null
  if (message.via === 'send') {
    const failure = message.flags['state']
    const lane = message.to === null ? 'unverified' : addressKey(message.to.address)
    return failure === undefined
      ? { name: 'message.sent', error: null, lane }
      : { name: 'message.error', error: failure, lane }
  }
  if (message.flags['state'] === 'refused') return null
  const lane = message.from === null ? 'unverified' : addressKey(message.from.address)
  return message.type === 'unparsed'
    ? { name: 'message.error', error: 'unparsed', lane }
    : { name: 'message.received', error: null, lane }
}
