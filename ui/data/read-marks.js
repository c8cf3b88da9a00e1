/** @import { Item, StorageLike } from './types.d.ts' */
/** @import { Digest } from './digest.js' */
import { isReceived } from './items.js'
import { fingerprint } from './lines.js'

/**
 * What was read in this browser: one place for everything, and further ones for single conversations. A place is an
 * offset in one file; when the file was replaced, the line is looked for in the new one, else its time decides.
 *
 * @typedef {object} Mark
 * @property {string} inode
 * @property {number} offset of the last line that was read; -1: none
 * @property {number} print
 * @property {number | null} atMs
 *
 * @typedef {{ base: Mark | null, marks: Map<string, Mark> }} Marks
 */

const KEY = 'openwechat-im.read'
const MOST_MARKS = 500

/** @param {StorageLike} storage */
export function createReadMarks(storage) {
  let { base, marks } = load(storage)
  let inode = ''

  function save() {
    try {
      storage.setItem(KEY, JSON.stringify({ base, marks: [...marks].slice(-MOST_MARKS) }))
    } catch {
      // A browser without storage forgets with its tab; there is nothing that the viewer could do here.
    }
  }

  /** @param {string} conversation */
  function readUpTo(conversation) {
    return Math.max(base?.offset ?? -1, marks.get(conversation)?.offset ?? -1)
  }

  return {
    readUpTo,
    /** Everything up to here is read. */
    get base() {
      return base?.offset ?? -1
    },
    /** False until `begin`. */
    get isSet() {
      return base !== null
    },
    /**
     * The first visit: what the agent has not read is new here too.
     *
     * @param {readonly Item[]} items what is loaded
     * @param {number} unread
     */
    begin(items, unread) {
      const received = items.filter(isReceived)
      const last = unread === 0 ? items.at(-1) : received.at(-1 - unread)
      base = last === undefined ? { ...markOf(last, inode), offset: behind(items) } : markOf(last, inode)
      save()
    },
    /**
     * The file is another one than before, as far as is known.
     *
     * @param {string} now its inode
     * @param {readonly Item[]} items what is loaded
     * @param {number} end of the file
     */
    follow(now, items, end) {
      inode = now
      if (items.length === 0) return
      const find = finder(items, now, end)
      base = base === null ? null : find(base)
      marks = new Map([...marks].map(([conversation, mark]) => [conversation, find(mark)]))
      save()
    },
    /**
     * @param {string | null} conversation null: all of them
     * @param {{ offset: number, item: Item | undefined }} last the item when it is loaded
     */
    mark(conversation, { offset, item }) {
      if (conversation !== null && readUpTo(conversation) >= offset) return false
      const mark = { ...markOf(item, inode), offset }
      if (conversation === null) {
        base = mark
        marks = new Map()
      } else {
        marks.delete(conversation)
        marks.set(conversation, mark)
      }
      save()
      return true
    },
  }
}

/**
 * @param {string} conversation
 * @param {readonly Digest[]} digests
 * @param {number} readUpTo
 */
export function countUnread(conversation, digests, readUpTo) {
  return digests.reduce((sum, { received }) => {
    const offsets = received.get(conversation)
    if (offsets === undefined || (offsets.at(-1) ?? -1) <= readUpTo) return sum
    const first = offsets.findIndex(offset => offset > readUpTo)
    return sum + offsets.length - first
  }, 0)
}

/**
 * @param {readonly Item[]} items
 * @param {string} inode
 * @param {number} end
 * @returns {(mark: Mark) => Mark}
 */
function finder(items, inode, end) {
  const prints = new Map(items.map(item => [printOf(item), item]))
  const places = new Map(items.map(item => [item.offset, item]))
  return mark => {
    const there = places.get(mark.offset)
    const isSame = there === undefined || mark.print === 0 || printOf(there) === mark.print
    if (mark.inode === inode && mark.offset < end && isSame) return mark
    const { atMs } = mark
    const found = prints.get(mark.print) ?? (atMs === null ? undefined : items.findLast(one => (one.atMs ?? 0) <= atMs))
    return { ...mark, inode, offset: found?.offset ?? (atMs === null ? -1 : behind(items)) }
  }
}

/**
 * The last place before what is loaded.
 *
 * @param {readonly Item[]} items
 */
function behind(items) {
  return (items[0]?.offset ?? 0) - 1
}

/**
 * @param {Item | undefined} item
 * @param {string} inode
 * @returns {Mark}
 */
function markOf(item, inode) {
  if (item === undefined) return { inode, offset: -1, print: 0, atMs: null }
  return { inode, offset: item.offset, print: printOf(item), atMs: item.atMs }
}

/** @param {Item} item */
function printOf({ type, atMs, conversation, content }) {
  return fingerprint(new TextEncoder().encode(`${type} ${atMs} ${conversation} ${content}`))
}

/**
 * @param {StorageLike} storage
 * @returns {Marks}
 */
function load(storage) {
  try {
    const value = JSON.parse(storage.getItem(KEY) ?? '{}')
    const marks = Array.isArray(value?.marks) ? value.marks : []
    return {
      base: isMark(value?.base) ? value.base : null,
      marks: new Map(
        marks.filter(
          /** @param {unknown} one */ one => Array.isArray(one) && typeof one[0] === 'string' && isMark(one[1]),
        ),
      ),
    }
  } catch {
    return { base: null, marks: new Map() }
  }
}

/**
 * @param {unknown} value
 * @returns {value is Mark}
 */
function isMark(value) {
  if (typeof value !== 'object' || value === null) return false
  const { inode, offset, print, atMs } = /** @type {Readonly<Record<string, unknown>>} */ (value)
  return (
    typeof inode === 'string' &&
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(print) &&
    (atMs === null || Number.isFinite(atMs))
  )
}
