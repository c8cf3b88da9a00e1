/** @import { ReadLine } from './types.d.ts' */

/** Bytes and lines. Only LF ends a line, and it is never part of another character in UTF-8. */

const LF = 0x0a
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The whole lines of a part of a file; what follows the last LF is left out.
 *
 * @template T
 * @param {Uint8Array} bytes
 * @param {number} first where they begin in the file
 * @param {(text: string, offset: number) => T} parse
 * @returns {ReadLine<T>[]}
 */
export function readLines(bytes, first, parse) {
  const lines = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start)
    if (end === -1) break
    const value = parse(decoder.decode(bytes.subarray(start, end)), first + start)
    lines.push({ offset: first + start, bytes: end + 1 - start, value })
    start = end + 1
  }
  return lines
}

/**
 * Behind the first LF; 0 without one.
 *
 * @param {Uint8Array} bytes
 */
export function firstLineStart(bytes) {
  return bytes.indexOf(LF) + 1
}

/**
 * Behind the last LF; 0 without one.
 *
 * @param {Uint8Array} bytes
 */
export function lastLineEnd(bytes) {
  return bytes.lastIndexOf(LF) + 1
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function sameBytes(one, other) {
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}

export const EMPTY_PRINT = 0x811c9dc5

/**
 * FNV-1a, to be continued with more bytes: tells parts of a file apart, and is no protection against anybody.
 *
 * @param {Uint8Array} bytes
 * @param {number} [before]
 */
export function fingerprint(bytes, before = EMPTY_PRINT) {
  let print = before
  for (const byte of bytes) print = Math.imul(print ^ byte, 0x01000193)
  return print >>> 0
}
