/** @import { Item, LastLine, Series, SeriesPoint } from './types.d.ts' */
import { isReceived } from './items.js'

/**
 * What remains of a page when its lines were dropped.
 *
 * @typedef {object} Last
 * @property {number} offset
 * @property {LastLine} line
 * @property {string} name of the other side; may be empty
 * @property {Item['channel']} channel
 * @property {import('./types.d.ts').Address | null} address
 *
 * @typedef {object} Digest
 * @property {Map<string, number[]>} received where received lines stand, by conversation
 * @property {Map<string, Last>} last by conversation
 * @property {Map<number, { received: number, sent: number }>} quarters by the beginning of the quarter of an hour
 * @property {number | null} firstMs
 */

/** Every zone's hours and days begin with a quarter of an hour. */
const QUARTER_MS = 900_000
const HOUR_MS = 3_600_000
const MOST_CHARACTERS = 200

/** @returns {Digest} */
export function createDigest() {
  return { received: new Map(), last: new Map(), quarters: new Map(), firstMs: null }
}

/**
 * @param {Digest} digest
 * @param {Item} item the one that follows on those before
 */
export function addToDigest(digest, item) {
  const { conversation, offset, atMs } = item
  if (isReceived(item)) {
    const offsets = digest.received.get(conversation)
    if (offsets === undefined) digest.received.set(conversation, [offset])
    else offsets.push(offset)
  }
  digest.last.set(conversation, lastOf(item, digest.last.get(conversation)))
  if (atMs === null) return
  digest.firstMs ??= atMs
  const sent = item.direction === 'out' && item.state === null ? 1 : 0
  const received = isReceived(item) ? 1 : 0
  const at = Math.floor(atMs / QUARTER_MS) * QUARTER_MS
  const before = digest.quarters.get(at) ?? { received: 0, sent: 0 }
  digest.quarters.set(at, { received: before.received + received, sent: before.sent + sent })
}

/**
 * @param {Item} item
 * @param {Last | undefined} before
 * @returns {Last}
 */
function lastOf(item, before) {
  const { key, atMs, type, direction, attachment, state } = item
  const other =
    direction === 'out' ? item.recipient : direction === 'in' || item.type === 'correction' ? item.sender : null
  // Whoever imitates somebody stays marked, whatever is said later.
  const imitates = item.imitates ?? before?.line.imitates ?? null
  const line = { key, atMs, type, direction, content: shortened(item.content), attachment, state, imitates }
  return {
    offset: item.offset,
    // A correction is no news.
    line: item.type === 'correction' && before !== undefined ? before.line : line,
    name: (other?.name ?? '') === '' ? (before?.name ?? '') : (other?.name ?? ''),
    channel: item.channel,
    address: other?.address ?? before?.address ?? null,
  }
}

/** @param {string} content */
function shortened(content) {
  return content.length <= MOST_CHARACTERS ? content : content.slice(0, MOST_CHARACTERS).toWellFormed()
}

/**
 * The last hours or days of the viewer's zone, the present one included.
 *
 * @param {readonly Digest[]} digests
 * @param {{ unit: 'hour' | 'day', now: number, atStart: boolean }} options
 * @returns {Series}
 */
export function seriesOf(digests, { unit, now, atStart }) {
  const starts = unit === 'hour' ? hoursUntil(now) : daysUntil(now)
  const points = starts.map(fromMs => ({ fromMs, received: 0, sent: 0 }))
  for (const { quarters } of digests) {
    for (const [at, { received, sent }] of quarters) {
      const point = pointAt(points, at, now)
      if (point === undefined) continue
      point.received += received
      point.sent += sent
    }
  }
  const firstMs = digests[0]?.firstMs ?? null
  const begins = starts[0] ?? now
  return { points, complete: atStart || (firstMs !== null && firstMs < begins) }
}

/**
 * @template {SeriesPoint} P
 * @param {readonly P[]} points
 * @param {number} at
 * @param {number} now
 */
function pointAt(points, at, now) {
  return at > now ? undefined : points.findLast(point => point.fromMs <= at)
}

/** @param {number} now */
function hoursUntil(now) {
  const hour = new Date(now)
  hour.setMinutes(0, 0, 0)
  return Array.from({ length: 24 }, (_, i) => hour.getTime() - (23 - i) * HOUR_MS)
}

/** @param {number} now */
function daysUntil(now) {
  return Array.from({ length: 30 }, (_, i) => {
    const day = new Date(now)
    day.setHours(0, 0, 0, 0)
    day.setDate(day.getDate() - (29 - i))
    return day.getTime()
  })
}
