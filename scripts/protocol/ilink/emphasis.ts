import type { Markup } from './markup.ts'

/**
 * Marks of emphasis that WeChat would show as they are: those around Chinese, Japanese and Korean (IL §12). One sign on
 * each side reaches over a line, three over several; two are shown as bold, and stay.
 */
export function emphasisMarks(markup: Markup): Mark[] {
  const isCjkBetween = cjkIn(markup.source)
  const dropped: Mark[] = []
  /** What has begun and not ended: the next end belongs to the latest. */
  const open = { one: newOpen(), three: newOpen() }
  for (const run of runsIn(markup)) {
    if (run === 'line') {
      open.one = newOpen()
      continue
    }
    const length = run.to - run.from
    if (length !== 1 && length !== 3) continue
    const begun = open[length === 1 ? 'one' : 'three'][run.sign]
    const beginning = run.mayClose ? begun.pop() : undefined
    if (beginning === undefined) {
      if (run.mayOpen) begun.push(run)
    } else if (isCjkBetween(beginning.to, run.from)) {
      dropped.push(beginning, run)
    }
  }
  return dropped
}

export interface Mark {
  readonly from: number
  readonly to: number
}

type Sign = '*' | '_'

interface Run extends Mark {
  readonly sign: Sign
  readonly mayOpen: boolean
  readonly mayClose: boolean
}

function newOpen(): Record<Sign, Run[]> {
  return { '*': [], _: [] }
}

function* runsIn({ source, isFree }: Markup): Generator<Run | 'line'> {
  for (let at = 0; at < source.length; at++) {
    const sign = source[at]
    if (sign === '\n') yield 'line'
    if (!isFree(at)) continue
    if (sign === '\\' && source[at + 1] !== '\n') at++
    if (sign !== '*' && sign !== '_') continue
    const from = at
    while (source[at + 1] === sign && isFree(at + 1)) at++
    yield runOf(source, { sign, from, to: at + 1 })
  }
}

/** Whatever stands within a word is part of it: a name with underscores, a product. */
function runOf(source: string, { sign, from, to }: { sign: Sign; from: number; to: number }): Run {
  const before = characterBefore(source, from)
  const behind = String.fromCodePoint(source.codePointAt(to) ?? SPACE)
  const word = sign === '_' ? /^[\p{L}\p{N}]$/u : /^[A-Za-z0-9]$/
  const [isWordBefore, isWordBehind] = [word.test(before), word.test(behind)]
  const isWithin = isWordBefore && isWordBehind
  return {
    sign,
    from,
    to,
    mayOpen: /^\S$/u.test(behind) && (sign === '_' ? !isWordBefore : !isWithin),
    mayClose: /^\S$/u.test(before) && (sign === '_' ? !isWordBehind : !isWithin),
  }
}

const SPACE = 0x20

function characterBefore(source: string, at: number): string {
  const last = source.codePointAt(at - 2) ?? 0
  return last > 0xffff ? String.fromCodePoint(last) : (source[at - 1] ?? ' ')
}

/** Of IL §12. */
const CJK = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]/g

/** Told by two look-ups, however long what is between. */
function cjkIn(source: string): (from: number, to: number) => boolean {
  const counts = new Uint32Array(source.length + 1)
  let done = 0
  let count = 0
  for (const { index } of source.matchAll(CJK)) {
    counts.fill(count, done, index + 1)
    done = index + 1
    count++
  }
  counts.fill(count, done)
  return (from, to) => (counts[to] ?? 0) > (counts[from] ?? 0)
}
