import { peerOf } from '../../protocol/bridge/label.ts'
import type { NoticeMessage, NoticePerson } from '../../protocol/bridge/notice.ts'
import { MOST_SHOWN, type Notice, type NoticeOptions, noticeOf, summaryOf } from '../../protocol/bridge/notice.ts'
import type { StoredMessage } from '../../store/messages.ts'

/** What waits to be told in one notice. A month of it may wait: then there is a count, and the last words of each. */
export interface Gathering {
  readonly count: number
  /** The first and the last message; 0 without any. */
  readonly firstSeq: number
  readonly lastSeq: number
  add(message: StoredMessage): void
  notice(options: NoticeOptions): Notice
  clear(): void
}

/** Of the others it is only known that they wrote. */
const MOST_PEOPLE = 500
/** No notice shows more of one message. UTF-16 units. */
const LONGEST_TEXT = 1100

export function createGathering(): Gathering {
  let messages: NoticeMessage[] = []
  /** Who wrote last, last. */
  let people = new Map<string, NoticePerson>()
  let others = 0
  let count = 0
  let firstSeq = 0
  let lastSeq = 0

  return {
    get count() {
      return count
    },
    get firstSeq() {
      return firstSeq
    },
    get lastSeq() {
      return lastSeq
    },
    add({ seq, from, type, content, flags }) {
      if (count === 0) firstSeq = seq
      lastSeq = seq
      count++
      const message = { from, type, content: content.slice(0, LONGEST_TEXT), attachment: flags['attachment'] ?? null }
      if (messages.length <= MOST_SHOWN) messages.push(message)
      const key = peerOf(from)
      const before = people.get(key)
      if (before === undefined && people.size >= MOST_PEOPLE) {
        others++
        return
      }
      people.delete(key)
      people.set(key, { ...message, count: (before?.count ?? 0) + 1 })
    },
    notice(options) {
      if (count <= MOST_SHOWN) return noticeOf(messages, options)
      const all = { messages: count, people: people.size + others }
      return summaryOf([...people.values()].reverse(), all, options)
    },
    clear() {
      messages = []
      people = new Map()
      others = 0
      count = 0
    },
  }
}
