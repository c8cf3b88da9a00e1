/** @import { Item, ItemFilter, Order, Section, Split } from './types.d.ts' */
import { matches } from './items.js'

/** A sitting ends after so long without a line. */
const GAP_MS = 6 * 3_600_000

/**
 * Each item is in exactly one section.
 *
 * @param {readonly Item[]} items in the order of the file
 * @param {{ split: Split, order?: Order | undefined, dayOf?: (ms: number) => string }} options
 * @returns {readonly Section[]} in the order of their last lines
 */
export function splitItems(items, { split, order = 'arrival', dayOf = localDay }) {
  const sorted = ordered(items, order)
  switch (split) {
    case 'friend':
      return byFriend(sorted)
    case 'session':
      return bySession(sorted, dayOf)
    case 'time':
      return sorted.length === 0 ? [] : [section({ key: 'all', split, conversation: null, items: sorted })]
  }
}

/**
 * @param {readonly Item[]} items
 * @param {Order} order
 */
export function ordered(items, order) {
  if (order === 'arrival') return items
  // A note whose time is not known stays behind the line before it.
  let before = 0
  const timed = items.map(item => {
    before = item.atMs ?? before
    return { item, time: before }
  })
  return timed.sort((one, other) => one.time - other.time).map(one => one.item)
}

/**
 * @param {readonly Item[]} items
 * @param {ItemFilter & { order?: Order }} options
 */
export function choose(items, { channel = null, text = '', order = 'arrival' }) {
  const lower = text.toLowerCase()
  if (channel === null && lower === '') return ordered(items, order)
  const some = items.filter(
    item => (channel === null || item.channel === channel) && (lower === '' || matches(item, lower)),
  )
  return ordered(some, order)
}

/** @param {readonly Item[]} items */
function byFriend(items) {
  /** @type {Map<string, Item[]>} */
  const groups = new Map()
  for (const item of items) {
    const group = groups.get(item.conversation) ?? []
    groups.delete(item.conversation)
    group.push(item)
    groups.set(item.conversation, group)
  }
  return [...groups].map(([conversation, own]) =>
    section({ key: `c:${conversation}`, split: 'friend', conversation, items: own }),
  )
}

/**
 * @param {readonly Item[]} items
 * @param {(ms: number) => string} dayOf
 */
function bySession(items, dayOf) {
  /** @type {Item[][]} */
  const groups = []
  /** @type {number | null} */
  let before = null
  for (const item of items) {
    const group = groups.at(-1)
    if (group === undefined || startsAnew(before, item.atMs, dayOf)) groups.push([item])
    else group.push(item)
    before = item.atMs ?? before
  }
  return groups.map(own => section({ key: `s:${own[0]?.key}`, split: 'session', conversation: null, items: own }))
}

/**
 * Lines that were fetched later carry earlier times: going back within a day is no new sitting.
 *
 * @param {number | null} before
 * @param {number | null} now
 * @param {(ms: number) => string} dayOf
 */
function startsAnew(before, now, dayOf) {
  if (before === null || now === null) return false
  return now - before >= GAP_MS || dayOf(now) !== dayOf(before)
}

/**
 * @param {{ key: string, split: Split, conversation: string | null, items: readonly Item[] }} facts
 * @returns {Section}
 */
function section(facts) {
  const times = facts.items.flatMap(item => (item.atMs === null ? [] : [item.atMs]))
  const least = times.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY)
  const most = times.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY)
  return { ...facts, fromMs: times.length === 0 ? null : least, toMs: times.length === 0 ? null : most }
}

/** @param {number} ms */
export function localDay(ms) {
  const day = new Date(ms)
  return `${day.getFullYear()}-${day.getMonth() + 1}-${day.getDate()}`
}
