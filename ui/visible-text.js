/**
 * Text of strangers, cut into runs for display. Line breaks stay; whatever is invisible or turns the reading direction
 * becomes a run of its own, so that nobody can hide or reorder words; search hits are runs too.
 */

/**
 * @typedef {object} Run
 * @property {'text' | 'mark' | 'invisible'} kind
 * @property {string} text
 */

// The same set as the escapes of the data files, without the line break and the tab, which are layout here.
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|\u034f|[\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu
/** The same one several times. */
const INVISIBLES = new RegExp(`(${INVISIBLE.source})\\1*`, 'gu')

const JOINER = '\u200d'
const PICTURE_BEFORE = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u
const PICTURE_AFTER = /^\p{Extended_Pictographic}/u

/** Somebody may send nothing but such characters, or search for a single letter: each run is an element. */
const MOST_RUNS = 200

/**
 * @param {string} text
 * @param {string} [query]
 * @returns {Run[]} one text run ends it when there are more runs than the page should draw
 */
export function runsOf(text, query = '') {
  /** @type {Run[]} */
  const runs = []
  let from = 0
  for (const match of text.matchAll(INVISIBLES)) {
    if (joinsPictures(text, match.index)) continue
    markHits(text.slice(from, match.index), query, runs)
    if (runs.length >= MOST_RUNS) {
      runs.push({ kind: 'text', text: text.slice(match.index).replace(INVISIBLE, one => `[${codeName(one)}]`) })
      return runs
    }
    runs.push({ kind: 'invisible', text: codeNames(match[0]) })
    from = match.index + match[0].length
  }
  markHits(text.slice(from), query, runs)
  return runs
}

/**
 * The same for places that hold text only: titles, labels, the last line of a conversation.
 *
 * @param {string} text
 */
export function plainText(text) {
  return runsOf(text.replace(/\s+/g, ' '))
    .map(run => (run.kind === 'invisible' ? `[${run.text}]` : run.text))
    .join('')
}

/**
 * Cuts between characters, never inside one.
 *
 * @param {string} text
 * @param {number} limit
 */
export function cutText(text, limit) {
  if (text.length <= limit) return text
  const inside = (text.codePointAt(limit - 1) ?? 0) > 0xffff
  return text.slice(0, inside ? limit - 1 : limit)
}

/** A family of emoji is joined by this character; there it is no disguise. @param {string} text @param {number} at */
function joinsPictures(text, at) {
  if (text[at] !== JOINER) return false
  return PICTURE_BEFORE.test(text.slice(Math.max(0, at - 3), at)) && PICTURE_AFTER.test(text.slice(at + 1, at + 3))
}

/** @param {string} characters the same one, once or more */
function codeNames(characters) {
  const [first = ''] = characters
  const count = characters.length / first.length
  return count > 1 ? `${codeName(first)} ×${count}` : codeName(first)
}

/** @param {string} character */
function codeName(character) {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * @param {string} text
 * @param {string} query
 * @param {Run[]} runs
 */
function markHits(text, query, runs) {
  if (text === '') return
  const sought = query.toLowerCase()
  const lower = text.toLowerCase()
  // Lower case of a few letters is longer than the letter; positions would be wrong there, so no hit is shown.
  if (sought === '' || lower.length !== text.length) {
    runs.push({ kind: 'text', text })
    return
  }
  let from = 0
  for (let at = lower.indexOf(sought); at !== -1 && runs.length < MOST_RUNS; at = lower.indexOf(sought, from)) {
    if (at > from) runs.push({ kind: 'text', text: text.slice(from, at) })
    runs.push({ kind: 'mark', text: text.slice(at, at + sought.length) })
    from = at + sought.length
  }
  if (from < text.length) runs.push({ kind: 'text', text: text.slice(from) })
}
