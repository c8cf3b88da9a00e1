import { dueMessages, lastGivenSeq, type StoredMessage, weightOf } from '../store/messages.ts'
import type { Writer } from '../store/writer.ts'

/**
 * What the files have to show next. The store knows it; but what was committed a moment ago is at hand, and under a flood
 * reading all of it back would take longer than anything else. A shown message never changes, so a copy stays true.
 */
export interface DueMessages {
  /** Messages behind `afterSeq`, in order, at most `limit`; fewer do not mean that there are no more. */
  after(afterSeq: number, limit: number): readonly StoredMessage[]
  /** These were committed just now: messages that are shown, each one's number following on the one before. */
  offer(fresh: readonly StoredMessage[]): void
  /** Every file shows them. */
  forget(upToSeq: number): void
  /** About how much memory takes what is at hand. */
  readonly bytes: number
}

/** A file that can not be written must not keep everything in memory: it will be read back. */
const MOST_BYTES_AT_HAND = 32 * 1024 * 1024
/** So much is written at a time. */
const MOST_BYTES = 4 * 1024 * 1024

export function createDueMessages(writer: Writer): DueMessages {
  let atHand: readonly StoredMessage[] = []
  let bytes = 0
  let database = writer.database

  function keep(messages: readonly StoredMessage[]): void {
    atHand = messages
    bytes = messages.reduce((sum, one) => sum + weightOf(one), 0)
  }

  /**
   * A damaged database was replaced. What was committed to the old one and is not in the files yet may be nowhere else by
   * now, so it is still shown, unless the new one gives the same numbers to other messages.
   */
  function followDatabase(): void {
    if (database === writer.database) return
    const last = atHand.at(-1)
    if (last !== undefined && lastGivenSeq(writer.database) < last.seq) keep([])
    database = writer.database
  }

  return {
    get bytes() {
      return bytes
    },
    after(afterSeq, limit) {
      followDatabase()
      const first = atHand[0]
      const at = first === undefined ? -1 : afterSeq + 1 - first.seq
      if (at >= 0 && at < atHand.length) return portion(atHand.slice(at, at + limit))
      return dueMessages(database, afterSeq, limit)
    },
    offer(fresh) {
      // Whoever offers has just committed and must not fail here: a new database is looked at when it is read.
      if (fresh.length === 0 || database !== writer.database) return
      const last = atHand.at(-1)
      const follows = last !== undefined && fresh[0]?.seq === last.seq + 1
      keep(follows ? [...atHand, ...fresh] : fresh)
      if (bytes > MOST_BYTES_AT_HAND) keep([])
    },
    forget(upToSeq) {
      const first = atHand[0]
      if (first !== undefined && first.seq <= upToSeq) keep(atHand.slice(upToSeq + 1 - first.seq))
    },
  }
}

/** The first of them, at least one. */
function portion(messages: readonly StoredMessage[]): readonly StoredMessage[] {
  let room = MOST_BYTES
  for (const [i, message] of messages.entries()) {
    room -= weightOf(message)
    if (room <= 0) return messages.slice(0, i + 1)
  }
  return messages
}
