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
