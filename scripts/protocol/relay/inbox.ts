import { TS } from './time.ts'

/**
 * The body of `GET /messages` (RC §4.2, §8.2). A summary line and frames that the relay wrote, around blocks whose text
 * may imitate both.
 */
export type InboxReply =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'messages'
      /** How many the relay says it removed and returned. */
      readonly count: number
      readonly remaining: number
      /** Where each block is in the text; null when the text can be cut in more than one way, or in none. */
      readonly spans: readonly Span[] | null
    }
  | { readonly kind: 'partial'; readonly span: Span; readonly remaining: number }
  | { readonly kind: 'unknown' }

export interface Span {
  readonly start: number
  readonly end: number
}

const EQ = '═'.repeat(40)
const SEP = '─'.repeat(40)
const EMPTY = /^(?:收件箱为空|来自 ID:\d+ 的消息为空)$/
const SUMMARY = new RegExp(
  String.raw`^(?:来自 ID:\d+ )?收件箱共 (-?\d+) 条 \| 本次读取并清除 (-?\d+) 条 \| 剩余 (-?\d+) 条(?:（已全部读取）|（约 -?\d+ 次可读完，每次 \d+ 条）)\n${EQ}\n`,
)
const FIRST = '[1]\n'
const END = `\n${EQ}`
/** As much of the closing frame as came, and a torn character, which decodes as U+FFFD. */
const TORN_END = /(?:\n═{0,40})?\ufffd?$/

/**
 * @param complete false when the connection ended before the announced length: then whatever is there is one partial
 *   block, because with `limit=1` there is no other, and with more a cut one can not be told from its neighbours
 */
export function parseInbox(text: string, complete: boolean): InboxReply {
  // No other answer begins with these words, so nothing can be missing behind them.
  if (EMPTY.test(text)) return { kind: 'empty' }
  const summary = SUMMARY.exec(text)
  if (summary === null) return { kind: 'unknown' }
  const count = Number(summary[2])
  const remaining = Number(summary[3])
  const start = summary[0].length + FIRST.length
  const framed = text.startsWith(FIRST, summary[0].length) && text.endsWith(END) && text.length - END.length >= start

  if (!complete) {
    if (count === 1 && text.startsWith(FIRST, summary[0].length)) {
      // The cut may lie in the closing frame; what is left of that is no part of the block.
      const frame = TORN_END.exec(text)
      return { kind: 'partial', span: { start, end: Math.max(start, frame?.index ?? text.length) }, remaining }
    }
    return { kind: 'messages', count, remaining, spans: null }
  }
  // Pulls that race may find nothing behind a summary (RC §4.2, inferred).
  if (count <= 0) return { kind: 'messages', count: 0, remaining, spans: [] }
  if (!framed) return { kind: 'messages', count, remaining, spans: null }
  const end = text.length - END.length
  // RC §8.2: with one block everything between the frames is that block, whatever it contains.
  const spans = count === 1 ? [{ start, end }] : cutBlocks(text, start, end, count)
  return { kind: 'messages', count, remaining, spans }
}

const CUT = new RegExp(
  String.raw`\n${SEP}\n\[(\d+)\]\n(?=类型：(?:聊天消息\n时间：${TS}\n发件人：|好友申请\n时间：${TS}\n发件人：|系统通知\n时间：${TS}\n内容：))`,
  'g',
)

/**
 * RC §8.2, K > 1: the true cuts are always among the candidates, so if exactly one increasing choice of `[2]` … `[K]`
 * exists it is the true one. With more than one nothing is attributed.
 */
function cutBlocks(text: string, start: number, end: number, count: number): Span[] | null {
  const byIndex = new Map<number, Candidate[]>()
  for (const match of text.slice(0, end).matchAll(CUT)) {
    if (match.index < start) continue
    const index = Number(match[1])
    if (index < 2 || index > count) continue
    const list = byIndex.get(index) ?? []
    list.push({ at: match.index, next: match.index + match[0].length })
    byIndex.set(index, list)
  }

  // The choices of cuts 2 … i, one for each candidate that they may end with.
  let ways: readonly Way[] = [{ cut: { at: start, next: start }, isOnly: true, before: null }]
  for (let index = 2; index <= count; index++) {
    ways = extend(ways, byIndex.get(index) ?? [])
    if (ways.length === 0) return null
  }
  const [only] = ways
  if (only === undefined || ways.length !== 1 || !only.isOnly) return null
  const cuts: Candidate[] = []
  for (let way = only; way.before !== null; way = way.before) cuts.push(way.cut)
  cuts.reverse()
  return [...cuts, { at: end, next: end }].map((cut, i) => ({ start: cuts[i - 1]?.next ?? start, end: cut.at }))
}

interface Candidate {
  readonly at: number
  readonly next: number
}

interface Way {
  readonly cut: Candidate
  /** No other choice ends with this candidate. */
  readonly isOnly: boolean
  /** The choice that it continues, one of them if there are several; null for the start of the first block. */
  readonly before: Way | null
}

/** Both lists are in the order of the text: a reply may be made of nothing but candidates. */
function extend(ways: readonly Way[], candidates: readonly Candidate[]): Way[] {
  const [first] = ways
  if (first === undefined) return []
  const extended: Way[] = []
  let passed = 0
  let areOnly = true
  for (const cut of candidates) {
    for (; (ways[passed]?.cut.next ?? Number.POSITIVE_INFINITY) <= cut.at; passed++) {
      areOnly &&= ways[passed]?.isOnly === true
    }
    if (passed > 0) extended.push({ cut, isOnly: passed === 1 && areOnly, before: first })
  }
  return extended
}
