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
  | { readonly kind: 'partial'; readonly span: Span }
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
const TORN_END = /\n═{1,40}$/

/**
 * @param complete false when the connection ended before the announced length: then whatever is there is one partial
 *   block, because with `limit=1` there is no other, and with more a cut one can not be told from its neighbours
 */
export function parseInbox(text: string, complete: boolean): InboxReply {
  if (complete && EMPTY.test(text)) return { kind: 'empty' }
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
      return { kind: 'partial', span: { start, end: Math.max(start, frame?.index ?? text.length) } }
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
  interface Candidate {
    readonly at: number
    readonly next: number
  }
  const byIndex = new Map<number, Candidate[]>()
  for (const match of text.slice(0, end).matchAll(CUT)) {
    if (match.index < start) continue
    const index = Number(match[1])
    if (index < 2 || index > count) continue
    const list = byIndex.get(index) ?? []
    list.push({ at: match.index, next: match.index + match[0].length })
    byIndex.set(index, list)
  }

  // ways[j] = how many choices for cuts 2 … i end with candidate j, counted no further than "more than one".
  let ways: { readonly candidate: Candidate; readonly count: number; readonly path: readonly Candidate[] }[] = [
    { candidate: { at: start, next: start }, count: 1, path: [] },
  ]
  for (let index = 2; index <= count; index++) {
    ways = (byIndex.get(index) ?? []).flatMap(candidate => {
      const before = ways.filter(way => way.candidate.next <= candidate.at)
      const total = Math.min(
        2,
        before.reduce((sum, way) => sum + way.count, 0),
      )
      const [first] = before
      return first === undefined ? [] : [{ candidate, count: total, path: [...first.path, candidate] }]
    })
  }
  const [only] = ways
  if (only === undefined || ways.length !== 1 || only.count !== 1) return null
  const cuts = only.path
  return [...cuts, { at: end, next: end }].map((cut, i) => ({ start: cuts[i - 1]?.next ?? start, end: cut.at }))
}
