import { formatRecord } from '../protocol/record-line.ts'
import type { Database } from '../store/database.ts'
import { repeatsEarlier, type StoredMessage } from '../store/messages.ts'

/**
 * What `conversations.md` shows of a message: one line, or nothing for a second copy (RC 709) and for what an earlier
 * line says already (design §3).
 */
export function conversationText(database: Database, message: StoredMessage): string {
  if (message.via === 'import' || message.mergedInto !== null || repeatsEarlier(database, message)) return ''
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
