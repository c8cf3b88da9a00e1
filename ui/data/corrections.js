/** @import { Line } from './items.js' */
/** @import { Page } from './messages.js' */
import { belongTogether, refOf, seqOf } from './items.js'

/**
 * Which later line says who sent a line of which nobody knew, or names the file of one of WeChat. They name each other by a number; a database that was
 * replaced gives numbers again, so a correction means the last line of that number before it, in whatever order the
 * pages are read.
 *
 * @typedef {{ readonly line: Line, readonly page: Page }} Place
 * @typedef {{ readonly named: Map<number, Place>, readonly corrections: Map<number, Place> }} Group both by offset
 */

/** Each waits for a line that may be further back; more than that nobody wrote by accident. */
const MOST_NUMBERS = 20_000
const MOST_OF_A_NUMBER = 50

export function createCorrections() {
  /** @type {Map<string, Group>} */
  const groups = new Map()

  return {
    clear: () => groups.clear(),
    /**
     * @param {Line} line
     * @param {Page} page
     * @returns {Iterable<Place>} the lines of which something else may be known now
     */
    note(line, page) {
      const seq = seqOf(line)
      const number = seq ?? refOf(line)
      if (number === null) return []
      const group = groups.get(number) ?? { named: new Map(), corrections: new Map() }
      const places = seq === null ? group.corrections : group.named
      if (places.has(line.offset) || places.size >= MOST_OF_A_NUMBER) return []
      places.set(line.offset, { line, page })
      groups.set(number, group)
      for (const oldest of groups.keys()) {
        if (groups.size <= MOST_NUMBERS) break
        groups.delete(oldest)
      }
      return [...group.named.values(), ...group.corrections.values()]
    },
    /**
     * What says who sent this line.
     *
     * @param {Line} line
     * @returns {Line | null}
     */
    of(line) {
      const group = groups.get(seqOf(line) ?? '')
      if (group === undefined) return null
      const next = Math.min(...[...group.named.keys()].filter(offset => offset > line.offset))
      const last = Math.max(
        ...[...group.corrections]
          .filter(([offset, said]) => offset > line.offset && offset < next && belongTogether(line, said.line))
          .map(([offset]) => offset),
      )
      return group.corrections.get(last)?.line ?? null
    },
    /**
     * Where the line stands that this correction names.
     *
     * @param {Line} line
     * @returns {number | null}
     */
    target(line) {
      const group = groups.get(refOf(line) ?? '')
      const before = [...(group?.named.keys() ?? [])].filter(offset => offset < line.offset)
      const last = group?.named.get(Math.max(...before))?.line
      return last !== undefined && belongTogether(last, line) ? last.offset : null
    },
  }
}
