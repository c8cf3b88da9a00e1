/** @import { FileReader, Item, SearchOptions, SearchResult } from './types.d.ts' */
/** @import { Content } from './items.js' */
import { UNANSWERED } from './history.js'
import { matches } from './items.js'

const LIMIT = 200

/**
 * Through the whole file, from its end: what is loaded costs no request, the rest is read page by page and not kept.
 *
 * @param {object} options
 * @param {FileReader<Content>} options.reader
 * @param {ReturnType<typeof import('./messages.js').createMessages>} options.messages
 * @param {SearchOptions} options.search
 * @returns {Promise<SearchResult>}
 */
export async function searchMessages({ reader, messages, search }) {
  const { text, channel = null, limit = LIMIT, signal, onProgress } = search
  const lower = text.toLowerCase()
  /** @type {Item[]} */
  const hits = []
  let isFull = false
  if (lower.trim() === '') return { hits, complete: true }
  const scanned = reader.scan((lines, page) => {
    messages.update()
    const items = messages.itemsFrom(lines, page)
    for (const item of items.toReversed()) {
      if ((channel !== null && item.channel !== channel) || !matches(item, lower)) continue
      if (hits.length === limit) {
        isFull = true
        break
      }
      hits.push(item)
    }
    onProgress?.({ done: reader.end === 0 ? 1 : 1 - page.start / reader.end, hits: [...hits] })
    return !isFull
  }, signal)
  const throughout = await scanned.catch(UNANSWERED)
  return { hits, complete: throughout && !isFull }
}

/**
 * The message that this one quotes: by its number, the last one before it, as a database that was replaced gives numbers
 * again. Among lines without a number the words decide, where no other message has them.
 *
 * @param {object} options
 * @param {FileReader<Content>} options.reader
 * @param {ReturnType<typeof import('./messages.js').createMessages>} options.messages
 * @param {Item} options.item
 * @returns {Promise<Item | null>}
 */
export async function findQuoted({ reader, messages, item }) {
  const seq = item.flags['quote_seq']
  if (seq === undefined) return null
  const words = wordsOf(item)
  /** @type {Item | undefined} */
  let found
  /** @type {Item[]} */
  const same = []
  /** @type {Item[]} */
  const around = []
  const scanned = reader.scan((lines, page) => {
    messages.update()
    const earlier = messages
      .itemsFrom(lines, page)
      .filter(one => one.offset < item.offset && one.conversation === item.conversation && one.type !== 'correction')
    found = earlier.findLast(one => one.flags['seq'] === seq)
    for (const one of earlier) {
      if (one.flags['seq'] !== undefined || words === '') continue
      if (one.content === words) same.push(one)
      else if (one.content.includes(words)) around.push(one)
    }
    return found === undefined
  })
  await scanned.catch(UNANSWERED)
  return found ?? only(same.length > 0 ? same : around)
}

/** What was too long for a flag ends so. @param {Item} item */
function wordsOf({ quote }) {
  return (quote?.text ?? '').replace(/…$/, '')
}

/** @param {readonly Item[]} items */
function only([one, ...others]) {
  return one === undefined || others.length > 0 ? null : one
}
