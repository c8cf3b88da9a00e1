import { decodeUtf8 } from '../core/utf8.ts'
import { formatEntry } from '../protocol/inbox-entry.ts'
import type { StoredMessage } from '../store/messages.ts'

/** What `inbox_pushed.md` shows of a message: its payload as received. Corrections and outgoing ones have none. */
export function inboxText(message: StoredMessage): string {
  if (message.payload === null) return ''
  return formatEntry({
    receivedAt: message.receivedAt,
    seq: message.seq,
    via: message.via,
    payload: decodeUtf8(message.payload),
  })
}
