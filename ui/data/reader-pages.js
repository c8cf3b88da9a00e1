/** @import { ReaderPage, ReadLine } from './types.d.ts' */
import { EMPTY_PRINT, fingerprint, readLines } from './lines.js'

/**
 * Parts of a file that follow on each other: which bytes are known, and whose lines are in memory.
 *
 * @template T
 * @typedef {object} Page
 * @property {number} start
 * @property {number} end
 * @property {ReadLine<T>[] | null} lines null when they were dropped
 * @property {number} print of its bytes, for when it is loaded again
 */

/** Two lines hardly ever agree in so many bytes: they carry a time. */
const OVERLAP = 256

/** @type {Uint8Array} */
export const NOTHING = new Uint8Array(0)

/**
 * @template T
 * @param {object} options
 * @param {(text: string, offset: number) => T} options.parse
 * @param {(page: ReaderPage<T>) => void} options.onDrop the page still has its lines
 * @param {number} options.mostLines
 * @param {number} options.pageBytes a page that is smaller grows
 */
export function createReaderPages({ parse, onDrop, mostLines, pageBytes }) {
  /** @type {Page<T>[]} */
  let pages = []
  let start = 0
  let end = 0
  let head = NOTHING
  let tail = NOTHING

  /** @param {number} offset */
  function indexOf(offset) {
    return pages.findIndex(page => offset >= page.start && offset < page.end)
  }

  return {
    get all() {
      return pages
    },
    get start() {
      return start
    },
    get end() {
      return end
    },
    /** The bytes right behind `start`. */
    get head() {
      return head
    },
    /** The bytes right before `end`. */
    get tail() {
      return tail
    },
    /** @param {number} offset where the next one begins */
    clear(offset) {
      pages = []
      start = end = offset
      head = tail = NOTHING
    },
    /** @param {number} offset */
    at: offset => pages[indexOf(offset)],
    /** @param {Page<T>} page */
    before: page => pages[pages.indexOf(page) - 1],
    /** @param {Uint8Array} bytes whole lines that follow on `end` */
    append(bytes) {
      const lines = readLines(bytes, end, parse)
      const last = pages.at(-1)
      if (last?.lines != null && last.end - last.start < pageBytes) {
        for (const line of lines) last.lines.push(line)
        last.print = fingerprint(bytes, last.print)
        last.end += bytes.length
      } else {
        pages.push({ start: end, end: end + bytes.length, lines, print: fingerprint(bytes, EMPTY_PRINT) })
      }
      if (head.length < OVERLAP) head = joined(head, bytes.subarray(0, OVERLAP)).slice(0, OVERLAP)
      tail = joined(tail, bytes.subarray(-OVERLAP)).slice(-OVERLAP)
      end += bytes.length
    },
    /**
     * @param {Uint8Array} bytes whole lines that end at `start`
     * @returns {Page<T>}
     */
    prepend(bytes) {
      const first = start - bytes.length
      const page = { start: first, end: start, lines: readLines(bytes, first, parse), print: fingerprint(bytes) }
      pages.unshift(page)
      start = first
      head = joined(bytes.subarray(0, OVERLAP), head).slice(0, OVERLAP)
      return page
    },
    /**
     * The last page stays, as what is new is added to it, and so do the neighbours of what is looked at.
     *
     * @param {number | null} focus null: the end
     */
    dropFar(focus) {
      const at = focus === null ? -1 : indexOf(focus)
      const looked = at === -1 ? pages.length - 1 : at
      let loaded = pages.reduce((sum, page) => sum + (page.lines?.length ?? 0), 0)
      if (loaded <= mostLines) return
      const farFirst = pages
        .map((page, i) => ({ page, far: Math.abs(i - looked) }))
        .filter(({ page, far }, i) => page.lines !== null && far > 1 && i < pages.length - 1)
        .sort((one, other) => other.far - one.far)
      for (const { page } of farFirst) {
        if (loaded <= mostLines) return
        loaded -= page.lines?.length ?? 0
        onDrop(page)
        page.lines = null
      }
    },
  }
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
function joined(one, other) {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}
