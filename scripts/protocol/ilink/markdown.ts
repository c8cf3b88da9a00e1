import { dropImages, keepAddresses } from './addresses.ts'
import { keepCode } from './code-spans.ts'
import { emphasisMarks } from './emphasis.ts'
import { fencesIn } from './fences.ts'
import { createMarkup, type Markup } from './markup.ts'

/**
 * WeChat shows part of Markdown. What it would show as signs without a meaning is taken out (IL §12); code, addresses and
 * whatever is no markup stay as they were written.
 */
export function filterMarkdown(text: string): string {
  const parts: string[] = []
  let at = 0
  for (const { from, to } of fencesIn(text)) {
    parts.push(filterBlock(text.slice(at, from)), text.slice(from, to))
    at = to
  }
  parts.push(filterBlock(text.slice(at)))
  return parts.join('')
}

function filterBlock(text: string): string {
  if (!/[*_#]|!\[/.test(text)) return text
  const markup = createMarkup(text)
  keepCode(markup)
  dropImages(markup)
  keepAddresses(markup)
  dropDeepHeadings(markup)
  for (const { from, to } of emphasisMarks(markup)) markup.drop(from, to)
  return markup.text()
}

/** Those of the first four levels are shown. */
function dropDeepHeadings({ source, isFree, drop }: Markup): void {
  for (const { 0: marker, index } of source.matchAll(/(?<=^|\n)#{5,6} /g)) {
    if (isFree(index)) drop(index, index + marker.length)
  }
}
