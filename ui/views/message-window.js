import { fill, h } from '../dom.js'
import { dayKey, dayName } from '../times.js'
import { LAYOUTS } from './message-layouts.js'

/** @import { Item } from '../data/types.d.ts' */
/** @import { Layout } from './message-layouts.js' */
/** @import { Ui } from './ui.d.ts' */

/**
 * A long list of which only a stretch is on the page. What the reader looks at does not move when rows come or go
 * above it.
 */

/** Rows alive at once, and how many come at a time: drawing so many takes a small part of 100 ms. */
const MOST_ROWS = 120
const STEP = 30

/** How near the edge more rows are drawn, in pixels. */
const NEAR = 600

/**
 * @typedef {object} Row
 * @property {Item} item
 * @property {string | null} day
 * @property {HTMLElement} element
 */

/**
 * @param {Ui} ui
 * @param {{ mixed: () => boolean, onTop: () => void, onEnd: () => void, onPlace: () => void }} options
 */
export function createMessageWindow(ui, options) {
  /** @type {readonly Item[]} */
  let items = []
  let from = 0
  let to = 0
  /** @type {Map<string, Row>} */
  let rows = new Map()
  /** @type {Layout} */
  let layout = LAYOUTS[ui.settings.layout]
  let frame = layout.frame()
  const scroller = h('div', { class: 'messages', attributes: { role: 'log', 'aria-live': 'off', tabindex: '0' } })
  const top = h('div', { class: 'messages-edge' })
  scroller.append(top, frame.element)
  scroller.addEventListener('scroll', onScroll, { passive: true })

  function onScroll() {
    if (scroller.scrollTop < NEAR) {
      if (from > 0) draw(from - STEP, Math.min(to, from - STEP + MOST_ROWS))
      else options.onTop()
    }
    if (distanceToEnd() < NEAR) {
      if (to < items.length) draw(Math.max(from, to + STEP - MOST_ROWS), to + STEP)
      else options.onEnd()
    }
    options.onPlace()
  }

  function distanceToEnd() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight
  }

  /**
   * Rows [first, last) are alive afterwards, and the topmost visible one stays where it is.
   *
   * @param {number} first
   * @param {number} last
   */
  function draw(first, last) {
    keepPlace(() => {
      from = Math.max(0, first)
      to = Math.min(items.length, last)
      place()
    })
  }

  /** @param {() => void} change */
  function keepPlace(change) {
    const anchor = anchorRow()
    const before = anchor === null ? 0 : topOf(anchor.element)
    change()
    if (anchor?.element.isConnected) scroller.scrollTop += topOf(anchor.element) - before
  }

  /** @param {Element} element */
  function topOf(element) {
    return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top
  }

  function anchorRow() {
    const edge = scroller.getBoundingClientRect().top
    for (let at = from; at < to; at += 1) {
      const row = rows.get(items[at]?.key ?? '')
      if (row?.element.isConnected && row.element.getBoundingClientRect().bottom > edge) return row
    }
    return null
  }

  function place() {
    /** @type {Map<string, Row>} */
    const next = new Map()
    const now = Date.now()
    for (let at = from; at < to; at += 1) {
      const item = /** @type {Item} */ (items[at])
      const day = dayBefore(at, now)
      const row = rows.get(item.key)
      next.set(item.key, row !== undefined && row.item === item && row.day === day ? row : newRow(item, day))
    }
    for (const [key, row] of rows) if (next.get(key) !== row) row.element.remove()
    rows = next
    /** @type {Element | null} */
    let at = frame.rows.querySelector(':scope > tbody, :scope > .row')
    for (const { element } of next.values()) {
      if (element === at) at = at.nextElementSibling
      else frame.rows.insertBefore(element, at)
    }
  }

  /** @param {Item} item @param {string | null} day */
  function newRow(item, day) {
    const element = layout.row(ui, item, { query: ui.visit.marked, mixed: options.mixed(), day })
    element.dataset['key'] = item.key
    return { item, day, element }
  }

  /** @param {number} at @param {number} now */
  function dayBefore(at, now) {
    const ms = items[at]?.atMs
    if (ms === null || ms === undefined) return null
    const date = new Date(ms)
    const before = items[at - 1]?.atMs
    if (before !== null && before !== undefined && dayKey(new Date(before)) === dayKey(date)) return null
    return dayName(date, now)
  }

  return {
    element: scroller,
    top,
    /** @returns {boolean} */
    atEnd: () => to >= items.length && distanceToEnd() < 60,
    /** @returns {Item | null} what stands at the upper edge */
    place: () => anchorRow()?.item ?? null,
    rowCount: () => rows.size,

    /**
     * The same list, changed: the place is kept, unless the reader is at the end and follows it.
     *
     * @param {readonly Item[]} changed
     */
    change(changed) {
      const follows = to >= items.length && distanceToEnd() < 60
      const firstKey = items[from]?.key
      const count = to - from
      items = changed
      if (follows || firstKey === undefined) return this.toEnd()
      keepPlace(() => {
        const found = items.findIndex(item => item.key === firstKey)
        from = found === -1 ? Math.max(0, items.length - count) : found
        to = Math.min(items.length, from + Math.max(count, STEP))
        place()
      })
      onScroll()
    },

    /**
     * Another list, or another layout, seen from its end or around one item.
     *
     * @param {readonly Item[]} others
     * @param {{ key: string, block: 'start' | 'center' }} [target]
     * @returns {boolean} false: the item is not in the list
     */
    show(others, target) {
      items = others
      rows = new Map()
      layout = LAYOUTS[ui.settings.layout]
      frame = layout.frame()
      fill(scroller, top, frame.element)
      const at = target === undefined ? -1 : items.findIndex(item => item.key === target.key)
      if (target === undefined || at === -1) {
        this.toEnd()
        return target === undefined
      }
      from = Math.max(0, at - STEP)
      to = Math.min(items.length, at + STEP)
      place()
      const row = rows.get(target.key)?.element
      row?.scrollIntoView({ block: target.block })
      // Somebody asked for this one.
      if (target.block === 'center') row?.classList.add('row-target')
      return true
    },

    toEnd() {
      from = Math.max(0, items.length - STEP * 2)
      to = items.length
      place()
      scroller.scrollTop = scroller.scrollHeight
    },
  }
}
