import { formatRecord } from '../protocol/record-line.ts'
import type { StoredMessage } from '../store/messages.ts'

/** What `conversations.md` shows of a message. History that was taken over from it stands there already. */
export function conversationText(message: StoredMessage): string {
  return message.via === 'import' ? '' : recordText(message)
}

/**
 * What a file that is written anew shows of it: one line, or nothing for a second copy (RC 709) and for what an earlier
 * line says already (design §3).
 */
export function recordText(message: StoredMessage): string {
  if (message.mergedInto !== null || foldsAway(message)) return ''
  // A record that another one may point at needs its number in the line: a correction, or at WeChat a quote.
  const numbered = message.via !== 'import' && (message.from === null || isOfWechat(message))
  const flags = numbered ? { seq: String(message.seq), ...message.flags } : message.flags
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

function isOfWechat({ via, to, type }: StoredMessage): boolean {
  return (via === 'wechat' || to?.address.scheme === 'wechat') && type !== 'correction'
}

/** Only what the relay brought, with a sender who is sure: webhooks and WeChat know copies by their ids. */
function foldsAway({ repeatsEarlier, from }: StoredMessage): boolean {
  return repeatsEarlier && from?.address.scheme === 'relay'
}
