import type { Database } from '../../store/database.ts'
import { AGENT, lastSettledSeq, readPosition } from '../../store/positions.ts'
import { newestUnread } from '../../store/wake.ts'

/** Follows the newest message that the agent has not read, looking at each message once. */
export interface UnreadWatch {
  /** null: there is none. */
  newest(database: Database, muted: readonly string[]): number | null
}

export function createUnreadWatch(): UnreadWatch {
  let lookedUpTo = 0
  let found: number | null = null
  let mutedThen = ''

  return {
    newest(database, muted) {
      const upTo = lastSettledSeq(database)
      const question = { reader: AGENT, muted }
      // Other settings, or another database: whatever was looked at has to be looked at anew.
      const anew = mutedThen !== muted.join() || upTo < lookedUpTo
      const isRead = found !== null && newestUnread(database, question, { after: found - 1, upTo: found }) === null
      const after = anew || isRead ? readPosition(database, AGENT).seq : lookedUpTo
      const newer = after < upTo ? newestUnread(database, question, { after, upTo }) : null
      found = newer ?? (anew || isRead ? null : found)
      lookedUpTo = upTo
      mutedThen = muted.join()
      return found
    },
  }
}
