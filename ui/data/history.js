/** @import { FileReader, Item, OlderResult } from './types.d.ts' */
/** @import { Content } from './items.js' */

/**
 * What the viewer looks at of a long file: an unbroken run of loaded lines, which grows at both ends when they are
 * wanted. What is far from it may be dropped from memory.
 */

/** One wish for older lines of somebody who writes rarely looks through so many pages. */
const MOST_PAGES = 4

/** That nobody answers is said by the live state; here there is just nothing more. */
export const UNANSWERED = () => false

/**
 * @param {object} options
 * @param {FileReader<Content>} options.reader
 * @param {ReturnType<typeof import('./messages.js').createMessages>} options.messages
 * @param {() => void} options.onChange more or other lines are loaded
 */
export function createHistory({ reader, messages, onChange }) {
  /** @type {number | null} */
  let focus = null

  function run() {
    return messages.run(focus)
  }

  /** @param {string | null} conversation */
  function keysOf(conversation) {
    const items = run().items
    return (conversation === null ? items : items.filter(item => item.conversation === conversation)).map(
      item => item.key,
    )
  }

  /**
   * @param {number} direction
   * @returns {Promise<boolean>} false: there is no other page
   */
  async function loadNext(direction) {
    const { first, last } = run()
    const page = reader.pages[direction < 0 ? first - 1 : last + 1]
    if (page === undefined) {
      if (direction > 0 || !(await reader.older())) return false
      focus = reader.start
      return true
    }
    focus = page.start
    return reader.load(page.start)
  }

  return {
    run,
    get atStart() {
      return reader.atStart && run().first <= 0
    },
    get atEnd() {
      return run().last === reader.pages.length - 1
    },
    /**
     * @param {string | null} conversation
     * @param {number} direction
     * @returns {Promise<OlderResult>}
     */
    async more(conversation, direction) {
      const had = new Set(keysOf(conversation))
      let found = 0
      for (let i = 0; i < MOST_PAGES && found === 0; i++) {
        const { generation } = reader
        const stepped = await loadNext(direction).catch(UNANSWERED)
        onChange()
        found = keysOf(conversation).filter(key => !had.has(key)).length
        if (!stepped || generation !== reader.generation) break
      }
      return { found, atStart: reader.atStart && run().first <= 0 }
    },
    /** @param {Item} item */
    async reveal(item) {
      if (item.key.split('-')[0] !== String(reader.generation)) return false
      if (!(await reader.load(item.offset).catch(UNANSWERED))) return false
      focus = item.offset
      const at = reader.pages.findIndex(page => item.offset >= page.start && item.offset < page.end)
      for (const page of [reader.pages[at - 1], reader.pages[at + 1]]) {
        if (page !== undefined) await reader.load(page.start).catch(UNANSWERED)
      }
      reader.focus(focus)
      onChange()
      return run().items.some(one => one.key === item.key)
    },
    /**
     * @param {number | null} offset
     * @returns {boolean} whether other lines are shown there
     */
    focus(offset) {
      const before = run()
      focus = offset
      reader.focus(offset)
      const now = run()
      return now.first !== before.first || now.last !== before.last
    },
    /**
     * Reads back to this place, for the sake of what has to be counted; the viewer stays where he is.
     *
     * @param {number} offset
     */
    async readBackTo(offset) {
      const { generation } = reader
      while (generation === reader.generation && reader.start > offset && (await reader.older().catch(UNANSWERED))) {
        reader.focus(focus)
        onChange()
      }
    },
  }
}
