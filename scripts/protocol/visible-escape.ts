import { replaceInPieces } from './in-pieces.ts'

/**
 * Visible, reversible escapes for text that strangers wrote (design §4). One record stays one line, and nothing
 * invisible reaches a reader: line breaks, controls, bidi and zero-width characters, lone surrogates and the
 * backslash itself are spelled out.
 */

// Cc controls, Cf formats (bidi, zero-width, tags), Zl/Zp line and paragraph separators, Cs lone surrogates; then the
// invisible letters and joiners that Unicode files elsewhere.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|\u034f|[\u115f\u1160\u17b4\u17b5\u3164\uffa0]/u
const UNSAFE = new RegExp(String.raw`\\|${INVISIBLE.source}`, 'gu')

/** Characters that would end a name or start a field inside a record's head. */
const NAME_SYNTAX = /[()=#]/g

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const LONG: Readonly<Record<string, string>> = { '\\': '\\', n: '\n', r: '\r', t: '\t' }

function spell(character: string): string {
  const short = SHORT[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** For the content of a record: everything up to the line's end. */
export function escapeText(text: string): string {
  return replaceInPieces(text, UNSAFE, { spell, cut: behindCharacter })
}

/** Between the halves of a character each would look like a lone surrogate. */
function behindCharacter(text: string, end: number): number {
  return (text.codePointAt(end - 1) ?? 0) > 0xffff ? end + 1 : end
}

/** For a name in brackets: also the syntax of the record's head, and blanks at the ends. */
export function escapeName(name: string): string {
  return escapeText(name)
    .replace(NAME_SYNTAX, spell)
    .replace(/^ +| +$/g, blanks => spell(' ').repeat(blanks.length))
}

/** For the value of `key=value`: ends at a blank, so blanks are escaped. */
export function escapeValue(value: string): string {
  return escapeText(value).replace(/ /g, spell)
}

/** For a part of an address that stands outside brackets: also slashes, and every blank. */
export function escapeAddressPart(part: string): string {
  return escapeName(part).replace(/[ /]/g, spell)
}

/** Undoes all of them. A backslash that starts no escape stays as it is: files of other programs have such. */
export function unescapeText(text: string): string {
  return text.replace(
    /\\(?:([\\nrt])|u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\})/g,
    (whole, short: string | undefined, bmp: string | undefined, astral: string | undefined) => {
      if (short !== undefined) return LONG[short] ?? whole
      const code = Number.parseInt(bmp ?? astral ?? '', 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}

/** True when the text would change under `escapeText` for another reason than a backslash. */
export function hasInvisible(text: string): boolean {
  return INVISIBLE.test(text)
}
