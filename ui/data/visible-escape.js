/** The escapes of the files, undone; the same as scripts/protocol/visible-escape.ts, and a test compares them. */

/** @type {Readonly<Record<string, string>>} */
const LONG = { '\\': '\\', n: '\n', r: '\r', t: '\t' }
const ESCAPE = /\\(?:([\\nrt])|u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\})/g

/**
 * A backslash that starts no escape stays as it is: files of other programs have such.
 *
 * @param {string} text
 */
export function unescapeText(text) {
  if (!text.includes('\\')) return text
  return text.replace(ESCAPE, undo)
}

/**
 * @param {string} whole
 * @param {string | undefined} short
 * @param {string | undefined} bmp
 * @param {string | undefined} astral
 */
function undo(whole, short, bmp, astral) {
  if (short !== undefined) return LONG[short] ?? whole
  const code = Number.parseInt(bmp ?? astral ?? '', 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole
}
