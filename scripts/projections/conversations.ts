import { formatRecord } from '../protocol/record-line.ts'
import type { StoredMessage } from '../store/messages.ts'

/**
 * What `conversations.md` shows of a message: one line, or nothing for a second copy (RC 709) and for what an earlier
 * line says already (design §3).
 */
export function conversationText(message: StoredMessage): string {
  if (message.via === 'import' || message.mergedInto !== null || foldsAway(message)) return ''
  // Only a record that a later correction may point at needs its number in the line.
  const flags = message.from === null ? { seq: String(message.seq), ...message.flags } : message.flags
  const record = {
    at: message.at,
    from: message.from,
    ...(message.to === null ? {} : { to: message.to }),
    type: message.type,
    flags,
    content: message.content,
  }
  return `${formatRecord(record)}\n`
}

/** Only what the relay brought, with a sender who is sure: webhooks and WeChat know copies by their ids. */
function foldsAway({ repeatsEarlier, from }: StoredMessage): boolean {
  return repeatsEarlier && from?.address.scheme === 'relay'
}
