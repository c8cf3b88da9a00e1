/** What of a stranger's page is told in a line or two (OI §7.2). The page itself is never printed. */
export interface PageExcerpt {
  readonly title: string
  readonly excerpt: string
}

/** Code points. */
const LONGEST = 300
/** A page is at most 2 MiB; its beginning tells what it is. */
const LOOKED_AT = 200_000

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

export function excerptOf(html: string): PageExcerpt {
  const page = html.slice(0, LOOKED_AT)
  const title = /<title[^>]{0,200}>([^<]{0,2000})/i.exec(page)?.[1] ?? ''
  return { title: plain(title), excerpt: plain(visibleText(page)) }
}

/** Text outside of tags, comments, scripts and styles, found in one walk: no page makes this slow. */
function visibleText(page: string): string {
  const lower = page.replace(/[A-Z]+/g, letters => letters.toLowerCase())
  let text = ''
  let at = 0
  while (at < page.length && text.length < LONGEST * 20) {
    const open = page.indexOf('<', at)
    if (open === -1) return text + page.slice(at)
    text += `${page.slice(at, open)} `
    at = endOfTag(lower, open)
  }
  return text
}

/** @param page in lower case */
function endOfTag(page: string, open: number): number {
  if (page.startsWith('<!--', open)) return behind(page, '-->', open)
  const hidden = /^<(script|style|title|template|noscript)\b/.exec(page.slice(open, open + 12))?.[1]
  const end = behind(page, '>', open)
  if (hidden === undefined) return end
  const close = page.indexOf(`</${hidden}`, end)
  return close === -1 ? page.length : behind(page, '>', close)
}

function behind(page: string, what: string, from: number): number {
  const at = page.indexOf(what, from)
  return at === -1 ? page.length : at + what.length
}

function plain(text: string): string {
  const decoded = text.replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,6});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
  return [...decoded.toWellFormed().replace(/\s+/g, ' ').trim()].slice(0, LONGEST).join('')
}
