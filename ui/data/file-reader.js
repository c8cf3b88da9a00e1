/** @import { Fetch, FileReader, FileState, ReaderPage, ReadLine } from './types.d.ts' */
/** @import { Answer, Bytes } from './range-request.js' */
/** @import { Page } from './reader-pages.js' */
import { fingerprint, firstLineStart, lastLineEnd, readLines, sameBytes } from './lines.js'
import { requestRange } from './range-request.js'
import { createReaderPages, NOTHING } from './reader-pages.js'

/**
 * A file that grows, read in parts: its end first, older pages backwards, what is new forwards. Somebody may replace,
 * trim or edit it between two reads: each part is asked for with some bytes of its neighbour, and when those are not
 * the ones that were read there, all is read anew. So no line is lost, doubled or torn.
 */

/** The first request: several screens of messages. */
const FIRST_BYTES = 96 * 1024
const PAGE_BYTES = 128 * 1024
/** What is asked for at a time when the file has grown. */
const STEP_BYTES = 512 * 1024
const MOST_LINES = 20_000

/**
 * @template T
 * @param {object} options
 * @param {string} options.url
 * @param {Fetch} options.fetch
 * @param {(text: string, offset: number) => T} options.parse one line, without its LF
 * @param {(page: ReaderPage<T>) => void} [options.onDrop] the page still has its lines
 * @param {number} [options.mostLines] kept in memory, more or less
 * @param {{ first: number, page: number, step: number }} [options.sizes] in bytes
 * @param {AbortSignal} [options.signal]
 * @returns {FileReader<T>}
 */
export function createFileReader(options) {
  const { url, fetch, parse, onDrop = () => undefined, mostLines = MOST_LINES, signal } = options
  const sizes = options.sizes ?? { first: FIRST_BYTES, page: PAGE_BYTES, step: STEP_BYTES }
  const pages = createReaderPages({ parse, onDrop, mostLines, pageBytes: sizes.page })
  /** @type {FileState} */
  let state = 'unread'
  let generation = 0
  let inode = ''
  /** The ETag when everything up to the end of the file was seen; '' otherwise. */
  let tag = ''
  /** @type {number | null} */
  let focus = null
  /** One request at a time: each depends on what the one before found. */
  let queue = Promise.resolve()

  /**
   * @template R
   * @param {() => Promise<R>} work
   * @returns {Promise<R>}
   */
  function inTurn(work) {
    const result = queue.then(work).catch(error => {
      state = 'failed'
      throw error
    })
    queue = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  /**
   * @param {string} range
   * @param {string} [known]
   */
  async function ask(range, known = '') {
    const answer = await requestRange({ url, fetch, range, tag: known, signal })
    if (state === 'failed') state = 'there'
    return answer
  }

  /** Nothing of it is known yet, or what is known is void. */
  async function readEnd() {
    const had = pages.end > 0
    const before = state
    if (had) generation++
    pages.clear(0)
    inode = tag = ''
    focus = null
    for (let want = sizes.first; ; want *= 2) {
      const answer = await ask(`-${want}`)
      state = answer.kind === 'missing' ? 'missing' : 'there'
      if (answer.kind !== 'bytes') return had || state !== before
      const { bytes, first } = answer
      const from = first === 0 ? 0 : firstLineStart(bytes)
      const to = lastLineEnd(bytes)
      // A line that is longer than the window: it has to be seen whole.
      if (from >= to && first > 0) continue
      inode = answer.inode
      tag = answer.tag
      pages.clear(first + from)
      if (to > from) pages.append(bytes.subarray(from, to))
      return true
    }
  }

  async function readForward() {
    if (inode === '') return readEnd()
    let changed = false
    for (let want = sizes.step; ; ) {
      const { end, tail } = pages
      const answer = await ask(`${end - tail.length}-${end + want - 1}`, tag)
      if (answer.kind === 'same') return changed
      if (!follows(answer)) return readEnd()
      const fresh = partFrom(answer, end)
      const upTo = lastLineEnd(fresh)
      if (upTo > 0) {
        pages.append(fresh.subarray(0, upTo))
        pages.dropFar(focus)
        changed = true
      }
      if (answer.first + answer.bytes.length >= answer.size) {
        tag = answer.tag
        return changed
      }
      want = upTo > 0 ? sizes.step : want * 2
    }
  }

  /**
   * @param {Answer} answer
   * @returns {answer is Bytes}
   */
  function follows(answer) {
    const { end, tail } = pages
    const from = end - tail.length
    if (answer.kind !== 'bytes' || !isOurs(answer, from)) return false
    return sameBytes(partFrom(answer, from).subarray(0, tail.length), tail)
  }

  /**
   * @param {Bytes} answer
   * @param {number} from
   */
  function isOurs(answer, from) {
    return answer.inode === inode && answer.size >= pages.end && answer.first <= from
  }

  /** @returns {Promise<Page<T> | null>} null when there is none, or the file is another one: then it was read anew */
  async function readBack() {
    for (let want = sizes.page; pages.start > 0; want *= 2) {
      const { start, head } = pages
      const from = Math.max(0, start - want)
      const answer = await ask(`${from}-${start + head.length - 1}`)
      const part = answer.kind === 'bytes' && isOurs(answer, from) ? partFrom(answer, from) : NOTHING
      if (part.length === 0 || !sameBytes(part.subarray(start - from, start - from + head.length), head)) {
        await readEnd()
        return null
      }
      const bytes = part.subarray(from === 0 ? 0 : firstLineStart(part), start - from)
      if (bytes.length > 0) return pages.prepend(bytes)
    }
    return null
  }

  /**
   * @param {Page<T>} page
   * @returns {Promise<ReadLine<T>[] | null>} null when the file is another one: then it was read anew
   */
  async function linesOf(page) {
    if (page.lines !== null) return page.lines
    const answer = await ask(`${page.start}-${page.end - 1}`)
    if (answer.kind === 'bytes' && isOurs(answer, page.start)) {
      const bytes = partFrom(answer, page.start).subarray(0, page.end - page.start)
      if (fingerprint(bytes) === page.print) return readLines(bytes, page.start, parse)
    }
    await readEnd()
    return null
  }

  async function readOlder() {
    const page = await readBack()
    if (page === null) return false
    focus = page.start
    pages.dropFar(focus)
    return true
  }

  /** @param {number} offset */
  async function readAgain(offset) {
    const page = pages.at(offset)
    if (page === undefined) return false
    const lines = await linesOf(page)
    if (lines === null) return false
    page.lines = lines
    focus = offset
    pages.dropFar(focus)
    return true
  }

  return {
    get state() {
      return state
    },
    get generation() {
      return generation
    },
    get inode() {
      return inode
    },
    get start() {
      return pages.start
    },
    get end() {
      return pages.end
    },
    get atStart() {
      return pages.start === 0 && state !== 'unread'
    },
    get pages() {
      return pages.all
    },
    refresh: () => inTurn(readForward),
    older: () => inTurn(readOlder),
    load: offset => inTurn(() => readAgain(offset)),
    focus(offset) {
      focus = offset
      pages.dropFar(focus)
    },
    async scan(visit, stop) {
      const begun = generation
      for (let page = pages.all.at(-1); page !== undefined; ) {
        const at = page
        const next = await inTurn(async () => {
          if (stop?.aborted === true || generation !== begun) return 'stopped'
          const lines = await linesOf(at)
          if (lines === null || !visit(lines, at)) return 'stopped'
          pages.dropFar(focus)
          const before = pages.before(at) ?? (await readBack())
          return generation === begun ? before : 'stopped'
        })
        if (next === 'stopped') return false
        page = next ?? undefined
      }
      return generation === begun
    },
  }
}

/**
 * @param {Bytes} answer
 * @param {number} from
 */
function partFrom(answer, from) {
  return answer.bytes.subarray(from - answer.first)
}
