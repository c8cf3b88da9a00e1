import { renderSVG, renderUnicodeCompact } from 'uqr'

/** A link as a picture that a phone reads. */

/** Phones find a code by the quiet around it; on a terminal nobody has room for the four that the standard asks for. */
const QUIET = 2
const QUIET_SVG = 4
/** As strong as it gets without being larger: the longest link has to fit. */
const STRENGTH = { ecc: 'L', boostEcc: true } as const

/** White and black by number: a code in a terminal's own colours may be one that is black on black, or inside out. */
const WHITE_ON_BLACK = '\u001b[38;5;231;48;5;16m'
const RESET = '\u001b[0m'

/** Lines for a terminal; null: it is too narrow. */
export function terminalPicture(link: string, columns: number): string | null {
  const lines = renderUnicodeCompact(link, { ...STRENGTH, border: QUIET }).split('\n')
  if ((lines[0]?.length ?? 0) > columns) return null
  return lines.map(line => `${WHITE_ON_BLACK}${line}${RESET}`).join('\n')
}

/** By this a file is known as one of ours, which may be replaced. */
export const SVG_MARK = '<!-- the QR code of a login: it is gone when the login is over -->'

export function svgPicture(link: string): string {
  return `${SVG_MARK}\n${renderSVG(link, { ...STRENGTH, border: QUIET_SVG })}\n`
}
