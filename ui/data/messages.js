/** @import { FileReader, Item, ReaderPage } from './types.d.ts' */
/** @import { Content, Line } from './items.js' */
/** @import { Digest } from './digest.js' */
import { createCorrections } from './corrections.js'
import { addToDigest, createDigest } from './digest.js'
import { itemOf, timeOf } from './items.js'

/**
 * The lines of conversations.md as items, with corrections applied to the lines that they name. Pages that the reader
 * drops leave their digest: what was unread in them, what was last, and how many there were.
 *
 * @typedef {ReaderPage<Content>} Page
 * @typedef {object} Known what is known of a page
 * @property {Item[]} items of the first lines; empty when the page was dropped
 * @property {Digest} digest
 */

/** @param {() => FileReader<Content>} reader */
export function createMessages(reader) {
  let generation = -1
  /** @type {WeakMap<Page, Known>} */
  let known = new WeakMap()
  const corrections = createCorrections()
  /** What is known of pages whose items have changed since they were counted. @type {Set<Known>} */
  const changed = new Set()

  /** Takes in what the reader has read. */
  function update() {
    if (generation !== reader().generation) {
      generation = reader().generation
      known = new WeakMap()
      corrections.clear()
    }
    for (const page of reader().pages) take(page)
    countAgain()
  }

  function countAgain() {
    for (const mine of changed) {
      mine.digest = createDigest()
      for (const item of mine.items) addToDigest(mine.digest, item)
    }
    changed.clear()
  }

  /** @param {Page} page */
  function take(page) {
    const { lines } = page
    if (lines === null) return
    const mine = known.get(page) ?? { items: [], digest: createDigest() }
    // It was dropped, and is loaded again.
    if (mine.items.length === 0) mine.digest = createDigest()
    known.set(page, mine)
    for (const line of lines.slice(mine.items.length)) {
      const related = corrections.note(line, page)
      const item = itemFor(line, mine.items.at(-1)?.atMs ?? null)
      mine.items.push(item)
      addToDigest(mine.digest, item)
      for (const one of related) if (one.line !== line) renew(one)
    }
  }

  /**
   * @param {Line} line
   * @param {number | null} before
   */
  function itemFor(line, before) {
    return itemOf(line, {
      generation,
      before,
      correction: corrections.of(line),
      corrects: corrections.target(line),
    })
  }

  /**
   * What is known of a line has changed: it gets a new item, the others stay.
   *
   * @param {{ readonly line: Line, readonly page: Page }} place
   */
  function renew({ line: { offset }, page }) {
    const mine = known.get(page)
    const at = mine?.items.findIndex(item => item.offset === offset) ?? -1
    const line = page.lines?.[at]
    if (mine === undefined || line === undefined) return
    mine.items[at] = itemFor(line, mine.items[at - 1]?.atMs ?? null)
    changed.add(mine)
  }

  /**
   * @param {Page} page
   * @returns {readonly Item[]}
   */
  function itemsOf(page) {
    return known.get(page)?.items ?? []
  }

  return {
    update,
    /**
     * The reader is about to drop it.
     *
     * @param {Page} page
     */
    drop(page) {
      if (generation !== reader().generation) return
      take(page)
      countAgain()
      const mine = known.get(page)
      if (mine !== undefined) mine.items = []
    },
    itemsOf,
    /**
     * Of lines that may not be kept.
     *
     * @param {readonly Line[]} lines
     * @param {Page} page
     * @returns {readonly Item[]}
     */
    itemsFrom(lines, page) {
      const kept = itemsOf(page)
      if (kept.length === lines.length) return kept
      /** @type {number | null} */
      let before = null
      return lines.map(line => {
        const item = itemFor(line, before)
        before = timeOf(line) ?? before
        return item
      })
    },
    /**
     * The unbroken run of loaded lines around this place; null: up to the end.
     *
     * @param {number | null} focus
     */
    run(focus) {
      const { pages } = reader()
      const found = focus === null ? -1 : pages.findIndex(page => focus >= page.start && focus < page.end)
      const at = found === -1 || pages[found]?.lines === null ? pages.length - 1 : found
      let first = at
      let last = at
      while (pages[first - 1]?.lines != null) first--
      while (pages[last + 1]?.lines != null) last++
      return { first, last, items: pages.slice(Math.max(0, first), last + 1).flatMap(itemsOf) }
    },
    /**
     * Of every page that was ever read, oldest first.
     *
     * @returns {readonly Digest[]}
     */
    digests() {
      return reader().pages.flatMap(page => known.get(page)?.digest ?? [])
    },
  }
}
