import { decodeUtf8 } from '../core/utf8.ts'
import { shownPayload } from '../protocol/ilink/shown-payload.ts'
import { formatEntry } from '../protocol/inbox-entry.ts'
import type { StoredMessage } from '../store/messages.ts'

/**
 * What `inbox_pushed.md` shows of a message: its payload as received. Corrections and outgoing ones have none. Those of
 * WeChat hold tokens and keys, which stay in the store.
 */
export function inboxText(message: StoredMessage): string {
  if (message.payload === null) return ''
  const payload = decodeUtf8(message.payload)
  return formatEntry({
    receivedAt: message.receivedAt,
    seq: message.seq,
    via: message.via,
    payload: message.via === 'wechat' ? shownPayload(payload) : payload,
  })
}
