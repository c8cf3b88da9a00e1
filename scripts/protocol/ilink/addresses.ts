import type { Markup } from './markup.ts'

/** Pictures, and whatever else leads somewhere. */

/** `![what it shows](where it is)`: nobody would see it (IL §12). */
export function dropImages({ source, isFree, drop }: Markup): void {
  if (!source.includes('![')) return
  const squares = pairsIn(source, { open: '[', close: ']', isFree })
  const targets = targetsIn(source, isFree)
  for (let at = source.indexOf('!['); at !== -1; ) {
    const close = squares.closing[at + 1] ?? 0
    const end = isFree(at) && close > 0 && source[close + 1] === '(' ? targets.endOf(close + 1) : 0
    if (end > 0) drop(at, end + 1)
    at = source.indexOf('![', Math.max(at + 2, end))
  }
}

const URL_LIKE = /https?:\/\/[^\s<>"`，。；：！？、（）《》「」『』【】“”‘’]+/gi
const TAG = /<\/?[a-z][^<>\n]*>/gi

/** A letter of an address less, and it is another one. */
export function keepAddresses({ source, isFree, keep }: Markup): void {
  if (source.includes('](')) keepTargets({ source, isFree, keep })
  for (const { 0: tag, index } of source.matchAll(TAG)) keep(index, index + tag.length)
  for (const { 0: url, index } of source.matchAll(URL_LIKE)) keep(index, index + lengthOfUrl(url))
}

function keepTargets({ source, isFree, keep }: Pick<Markup, 'source' | 'isFree' | 'keep'>): void {
  const targets = targetsIn(source, isFree)
  for (let at = source.indexOf(']('); at !== -1; ) {
    const end = isFree(at) ? targets.wholeEndOf(at + 1) : 0
    keep(at + 1, end + 1)
    at = source.indexOf('](', Math.max(at + 2, end))
  }
}

/** What ends a sentence, or is markup around the address, does not belong to it. */
function lengthOfUrl(url: string): number {
  let end = url.length
  while ('?!.,:;*_~\'")]'.includes(url[end - 1] ?? ' ')) end--
  return end
}

interface Targets {
  /** Where the parenthesis that begins at `open` ends, and what is in it is an address; 0: it does not. */
  wholeEndOf(open: number): number
  /** The same or, where that is none, the first one that closes any. */
  endOf(open: number): number
}

/** To be asked from left to right. */
function targetsIn(source: string, isFree: Markup['isFree']): Targets {
  const { closing, next } = pairsIn(source, { open: '(', close: ')', isFree })
  let blank = -1
  let rest = -1
  /** What follows the next blanks. Looks at nothing twice, whatever is within what. */
  const nextWord = (from: number) => {
    if (blank >= from) return rest
    blank = from
    while (blank < source.length && !isBlank(source[blank])) blank++
    rest = behindBlanks(source, blank)
    return rest
  }
  const wholeEndOf = (open: number) => {
    const end = closing[open] ?? 0
    const title = nextWord(behindBlanks(source, open + 1))
    // Without blanks, but for a title behind it: otherwise the pair may reach over words that belong to nothing.
    return title >= end || '"\'('.includes(source[title] ?? ' ') ? end : 0
  }
  return { wholeEndOf, endOf: open => wholeEndOf(open) || (next[open] ?? 0) }
}

function behindBlanks(source: string, at: number): number {
  let end = at
  while (isBlank(source[end])) end++
  return end
}

function isBlank(sign: string | undefined): boolean {
  return sign === ' ' || sign === '\t' || sign === '\n' || sign === '\r' || sign === '\u3000'
}

interface Pairs {
  /** Where the bracket that opens there is closed on its line; 0: nowhere. */
  readonly closing: Int32Array
  /** The next one on the line that closes anything. */
  readonly next: Int32Array
}

function pairsIn(
  source: string,
  { open, close, isFree }: { open: string; close: string; isFree: Markup['isFree'] },
): Pairs {
  const closing = new Int32Array(source.length)
  const next = new Int32Array(source.length)
  let opened: number[] = []
  /** From where on nothing has closed yet. */
  let since = 0
  for (let at = 0; at < source.length; at++) {
    const sign = source[at]
    if (!isFree(at)) continue
    if (sign === '\\' && source[at + 1] !== '\n') at++
    else if (sign === '\n') {
      opened = []
      since = at
    } else if (sign === open) {
      opened.push(at)
    } else if (sign === close) {
      const from = opened.pop()
      if (from !== undefined) closing[from] = at
      next.fill(at, since, at)
      since = at
    }
  }
  return { closing, next }
}
