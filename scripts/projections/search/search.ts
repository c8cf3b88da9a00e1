import { addressKey } from '../../core/address.ts'
import type { Database } from '../../store/database.ts'
import { contentOf, contentsBelow, firstUnsettled, messageAt, type ReadMessage } from '../../store/reading.ts'
import { canLookUp, folded, type SearchLookup } from './search-file.ts'

export interface Sought {
  /** Any text; it is looked for as it is. */
  readonly text: string
  /** Address: only what was said with this peer. */
  readonly peer: string | undefined
  readonly before: number
  readonly limit: number
}

export interface Found {
  /** Newest first. */
  readonly messages: readonly ReadMessage[]
  /** What is older than this message was not looked at; null: everything was. */
  readonly lookedBackTo: number | null
}

/** One call looks at so many messages at most: milliseconds, not seconds. */
const MOST_ROWS = 20_000
const MOST_CHARACTERS = 8_000_000
const ROWS_AT_ONCE = 200
const CANDIDATES_AT_ONCE = 100

/**
 * Looks for a text, newest first. Where the index knows everything, it names the candidates; what it does not know yet, and
 * words that are too short for it, are looked for message by message.
 *
 * @param lookup null: there is no index
 */
export function findMessages(database: Database, lookup: SearchLookup | null, sought: Sought): Found {
  const needle = folded(sought.text)
  const messages: ReadMessage[] = []
  let rows = MOST_ROWS
  let characters = MOST_CHARACTERS
  /** Everything from here on was looked at. */
  let below = Math.min(sought.before, firstUnsettled(database))

  /** Returns false when that is enough. */
  function look(seq: number, content: string): boolean {
    const text = folded(content)
    rows--
    characters -= text.length
    below = seq
    const at = text.indexOf(needle)
    const message = at === -1 ? null : messageAt(database, seq)
    if (message !== null && isWith(message, sought.peer))
      messages.push(aroundHit(message, content, { at, end: at + needle.length }))
    return messages.length < sought.limit && rows > 0 && characters > 0
  }

  /** Returns whether everything down to `from` was looked at. */
  function scan(from: number): boolean {
    for (;;) {
      const some = contentsBelow(database, { before: below, from, limit: ROWS_AT_ONCE })
      if (!some.every(({ seq, content }) => look(seq, content))) return false
      if (some.length < ROWS_AT_ONCE) return true
    }
  }

  function lookUp(index: SearchLookup): boolean {
    below = Math.min(below, index.position + 1)
    for (;;) {
      const some = index.candidates(sought.text, { before: below, limit: CANDIDATES_AT_ONCE })
      if (!some.every(seq => look(seq, contentOf(database, seq) ?? ''))) return false
      if (some.length < CANDIDATES_AT_ONCE) return true
    }
  }

  function all(): boolean {
    if (lookup === null || !canLookUp(sought.text)) return scan(0)
    if (!scan(lookup.position + 1)) return false
    try {
      return lookUp(lookup)
    } catch {
      // Damaged: the daemon makes it anew. What it named is true, and the rest is looked for without it.
      return scan(0)
    }
  }

  return { lookedBackTo: all() ? null : below, messages }
}

function isWith({ from, to }: ReadMessage, peer: string | undefined): boolean {
  return peer === undefined || [from, to].some(party => party !== null && addressKey(party.address) === peer)
}

/** So much is shown for sure; of a longer text, what stands around the hit. */
const SHOWN_CHARACTERS = 1500
const IN_FRONT = 200

function aroundHit(message: ReadMessage, content: string, { at, end }: { at: number; end: number }): ReadMessage {
  if (end <= SHOWN_CHARACTERS) return message
  const from = Math.max(0, at - IN_FRONT)
  // Between the halves of a character each would be nothing.
  const start = /^[\udc00-\udfff]/.test(content.slice(from, from + 1)) ? from + 1 : from
  return { ...message, content: `…${content.slice(start, start + 2 * SHOWN_CHARACTERS)}`, cut: true }
}
