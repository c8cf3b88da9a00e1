import { plainForm } from './look-alikes.ts'
import { escapeText, hasInvisible } from './visible-escape.ts'

/**
 * What strangers wrote, as command output shows it (OI §7.2): one line, nothing invisible, and nothing that a model could
 * take for the end of the text, for a turn of the conversation or for a call of a tool. The files and the store keep what
 * was written.
 */
export interface ShownText {
  readonly text: string
  /** There was more. */
  readonly truncated: boolean
}

/** Code points. A relay takes messages of 1000 characters; nobody needs to read a megabyte to know what it is. */
export const TEXT_LIMIT = 2000
export const NAME_LIMIT = 40

const TOKEN = '[token removed]'
const TAG = '[tool tag removed]'
const BOUNDARY = '[boundary removed]'

/** Stands around each text in plain output, with a random number that no peer can know. */
export function inBoundary(text: string, boundary: string): string {
  return `<<<UNTRUSTED_TEXT ${boundary}>>>${text}<<<END_UNTRUSTED_TEXT ${boundary}>>>`
}

/** Cut where the next character, as it is shown, would not fit. */
export function shownText(text: string, limit = TEXT_LIMIT): ShownText {
  const { characters, cut } = firstCharacters(text, limit)
  const standIns = findStandIns(characters)
  let shown = ''
  let room = limit
  for (let i = 0; i < characters.length; ) {
    const standIn = standIns.get(i)
    const next = standIn?.text ?? spell(characters, i)
    room -= lengthOf(next)
    if (room < 0) return { text: shown, truncated: true }
    shown += next
    i = standIn?.end ?? i + 1
  }
  return { text: shown, truncated: cut }
}

/** A name, or another short thing of theirs such as a file name. */
export function shownName(name: string): string {
  return shownText(name, NAME_LIMIT).text
}

/** The same for a line of fields, where `#2(name)` and blanks mean something. */
export function shownField(text: string, limit = NAME_LIMIT): string {
  return shownText(text, limit).text.replace(/[()=# ]/g, sign => `\\u00${sign.charCodeAt(0).toString(16)}`)
}

function firstCharacters(text: string, limit: number): { characters: readonly string[]; cut: boolean } {
  const characters: string[] = []
  for (const character of text) {
    if (characters.length === limit) return { characters, cut: true }
    characters.push(character)
  }
  return { characters, cut: false }
}

/** Code points. */
function lengthOf(text: string): number {
  return text.length === 1 ? 1 : [...text].length
}

const SIMPLE = /^[\x20-\x5b\x5d-\x7e]$/
const SELECTOR = /^[\ufe00-\ufe0f]$/
/** Selectors that nobody sees, which can spell whole sentences; and letters that are blank. */
const UNSEEN = /^[\u{e0100}-\u{e01ef}\u180b-\u180f\u2800]$/u

function spell(characters: readonly string[], i: number): string {
  const character = characters[i] ?? ''
  if (SIMPLE.test(character)) return character
  // One selector behind a character tells an emoji from a sign; several in a row are something else.
  const hides = SELECTOR.test(character) && (i === 0 || SELECTOR.test(characters[i - 1] ?? ''))
  if (!hides && !UNSEEN.test(character)) return escapeText(character)
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}

interface StandIn {
  readonly text: string
  readonly end: number
}

/** By the index of the first character that it stands for. */
function findStandIns(characters: readonly string[]): ReadonlyMap<number, StandIn> {
  const found = new Map<number, StandIn>()
  let plain = ''
  const origin: number[] = []
  for (const [i, character] of characters.entries()) {
    const form = asSeen(character)
    plain += form
    for (let n = 0; n < form.length; n++) origin.push(i)
  }
  let last = -1
  for (const match of plain.matchAll(SUSPECT)) {
    const from = Math.max(origin[match.index] ?? 0, last + 1)
    last = origin[match.index + match[0].length - 1] ?? 0
    if (from <= last) found.set(from, { text: standInFor(match), end: last + 1 })
  }
  return found
}

/** Line breaks and tabs separate like blanks; whatever else is invisible is not there. */
function asSeen(character: string): string {
  if (/^\s$/u.test(character)) return ' '
  return hasInvisible(character) || UNSEEN.test(character) ? '' : plainForm(character)
}

function standInFor({ groups }: RegExpExecArray): string {
  if (groups?.['boundary'] !== undefined) return BOUNDARY
  return groups?.['tag'] !== undefined ? TAG : TOKEN
}

const GAP = ' {0,2}'
const JOINT = '[ _-]{0,2}'
const WORD_END = '(?![a-z0-9_])'
/** The rest of a tag, where it has an end nearby. */
const TO_END = '(?:[^<>]{0,200}>{1,6})?'

const MARKER = `external${JOINT}untrusted${JOINT}content|untrusted${JOINT}text`
const CLEAR_MARKER = 'external_untrusted_content|untrusted_text'

/** Of models that are in use: what begins, ends or pads a turn. */
const ANGLE_TOKENS = [
  'bos',
  'eos',
  'pad',
  'unk',
  'sop',
  'eop',
  `(?:start|end|begin|beginning)${JOINT}of${JOINT}[a-z]{1,12}`,
  'fim_[a-z]{1,8}',
  'endoftext',
].join('|')
const SQUARE_TOKENS = [
  'inst',
  'sys',
  'gmask',
  'bos',
  'eos',
  `system${JOINT}prompt`,
  `available${JOINT}tools`,
  `tool${JOINT}(?:calls?|results?|content)`,
].join('|')
const TAGS = [
  `tool${JOINT}(?:calls?|use|results?|responses?)`,
  `function${JOINT}(?:calls?|results?)`,
  `system(?:${JOINT}(?:prompt|message|reminder|instructions?))?`,
  'assistant',
  'tools',
  'invoke',
  'think(?:ing)?',
  'arg_(?:key|value)',
].join('|')

/** Every repetition has a bound, so that no text makes the search slow. */
const SUSPECT = new RegExp(
  [
    `(?<boundary><{1,6}${GAP}/?${GAP}(?:end${JOINT})?(?:${MARKER})${TO_END}|(?:end_)?(?:${CLEAR_MARKER})${TO_END})`,
    `<${GAP}\\|(?:[^<>|]{0,64}\\|${GAP}>)?`,
    `<{2}${GAP}/?${GAP}sys${GAP}>{2}`,
    `\\[${GAP}/?${GAP}(?:${SQUARE_TOKENS})${GAP}\\]`,
    // Between blanks the first is a comparison.
    `</?s>|<${GAP}/?${GAP}(?:${ANGLE_TOKENS})${GAP}>`,
    `(?<tag><${GAP}/?${GAP}(?:[a-z]{1,12}:${GAP}(?:parameter|function)|(?:[a-z]{1,12}:${GAP})?(?:${TAGS}))${WORD_END}${TO_END}`,
    // Alone these two are ordinary words of programs, as in List<Parameter>.
    `<${GAP}/${GAP}(?:parameter|function)${WORD_END}${TO_END}|<${GAP}(?:parameter|function)(?: [a-z_]{1,20})?${GAP}=${TO_END})`,
  ].join('|'),
  'gu',
)
