import { LONGEST_HEAD } from './profile.ts'
import { TS } from './time.ts'

/**
 * The lists of RC §4.4. An entry's own name or description can forge whole entries (806), so a list yields candidate
 * ids only; with the profiles of all of them a literal walk from `[1]` tells whether the list is what it seems.
 */
export type ListReply =
  | { readonly kind: 'empty' }
  | { readonly kind: 'list'; readonly count: number; readonly body: string; readonly candidates: readonly number[] }
  | { readonly kind: 'unknown' }

const EQ = '═'.repeat(40)
const SEP = '─'.repeat(40)
const FRIENDS_HEAD = new RegExp(`^共 (\\d+) 位好友\\n${EQ}\\n`)
const DISCOVER_HEAD = new RegExp(`^本次随机展示 (\\d+) 人（可交流用户共 (\\d+) 人）\\n${EQ}\\n`)
const END = `\n${EQ}`
const CANDIDATE = /（ID:(\d{1,15})）\n {4}简介：/g
/** Each one costs a request, ten a second: no honest list comes near. */
const MAX_CANDIDATES = 5000

export function parseFriends(text: string): ListReply {
  if (text === '暂无好友') return { kind: 'empty' }
  return parseList(text, FRIENDS_HEAD)
}

export function parseDiscovered(text: string): ListReply {
  if (text === '暂无可交流的用户') return { kind: 'empty' }
  return parseList(text, DISCOVER_HEAD)
}

function parseList(text: string, head: RegExp): ListReply {
  const match = head.exec(text)
  if (match === null || !text.endsWith(END)) return { kind: 'unknown' }
  const body = text.slice(match[0].length, -END.length)
  const candidates = new Set<number>()
  for (const found of body.matchAll(CANDIDATE)) {
    candidates.add(Number(found[1]))
    if (candidates.size > MAX_CANDIDATES) return { kind: 'unknown' }
  }
  return { kind: 'list', count: Number(match[1]), body, candidates: [...candidates] }
}

const FRIEND_TAIL = new RegExp(String.raw`\n    好友建立时间：(${TS})\n    最后活跃：(${TS})`, 'y')
const DISCOVER_TAIL = new RegExp(
  String.raw`\n    状态：(?:可交流|仅好友|免打扰)\n    注册时间：(${TS})\n    最后活跃：(${TS})`,
  'y',
)

/**
 * Reads the list literally: at each place one of the known profiles has to stand, followed by the relay's lines.
 *
 * @param heads `Profile.head` of every candidate that exists
 * @returns the ids in order, or null when the walk does not come out at exactly `count` entries, or in two ways
 */
export function walkList(
  list: { readonly count: number; readonly body: string },
  heads: ReadonlyMap<number, string>,
  kind: 'friends' | 'discovered',
): number[] | null {
  const tail = kind === 'friends' ? FRIEND_TAIL : DISCOVER_TAIL
  let open: { readonly at: number; readonly ids: readonly number[] }[] = [{ at: 0, ids: [] }]
  for (let index = 1; index <= list.count; index++) {
    const label = `${index === 1 ? '' : `\n${SEP}\n`}[${index}] `
    const next: typeof open = []
    for (const { at, ids } of open) {
      if (!list.body.startsWith(label, at)) continue
      const start = at + label.length
      for (const id of marksBehind(list.body, start)) {
        const head = heads.get(id)
        if (head === undefined || !list.body.startsWith(head, start) || ids.includes(id)) continue
        tail.lastIndex = start + head.length
        if (tail.test(list.body)) next.push({ at: tail.lastIndex, ids: [...ids, id] })
      }
    }
    // Two readings of the same stretch stay open; a list that keeps many open is made to.
    if (next.length === 0 || next.length > 16) return null
    open = next
  }
  const complete = open.filter(({ at }) => at === list.body.length)
  return complete.length === 1 ? [...(complete[0]?.ids ?? [])] : null
}

/** Whose profile may stand there: it would show its id before it ends. */
function marksBehind(body: string, start: number): ReadonlySet<number> {
  const ids = new Set<number>()
  for (const found of body.slice(start, start + LONGEST_HEAD).matchAll(CANDIDATE)) ids.add(Number(found[1]))
  return ids
}
