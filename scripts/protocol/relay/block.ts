import { beijingToUtc, TS } from './time.ts'

/**
 * One block (RC §4.2): what the stream sends as one event and the inbox between its frames. Names, descriptions, texts
 * and file names in it are any characters, so only the relay's own lines at fixed places are trusted (RC §8.3).
 */
export type RelayBlock =
  | {
      readonly kind: 'chat' | 'friend_request'
      readonly at: string
      /** Everything behind `发件人：`: header, `\n内容：`, text. Who that is, is decided by `resolveSender`. */
      readonly statement: string
      /** Friend requests name their sender in a last line that the relay wrote. */
      readonly senderId: number | null
    }
  | {
      readonly kind: 'notice'
      readonly at: string
      readonly peerId: number
      readonly peerName: string
      readonly content: string
    }

const HEAD = new RegExp(String.raw`^类型：(聊天消息|好友申请|系统通知)\n时间：(${TS})\n(发件人|内容)：`)
const HINT = /\n操作提示：回复对方（to_id:(\d{1,15})）任意消息即可建立好友关系$/
const NOTICE_END = new RegExp(String.raw`（ID:(\d{1,15})）已成功建立好友关系。（${TS} 北京时间）$`)
const NOTICE_START = '您与 '

/**
 * @param partial the text was cut at its end: what stands there is not the relay's, but may be made to look so
 * @returns null when it is no block
 */
export function parseBlock(text: string, { partial = false } = {}): RelayBlock | null {
  const head = HEAD.exec(text)
  if (head === null) return null
  const [{ length }, type, time = '', label] = head
  const at = beijingToUtc(time)
  if (at === null) return null
  const rest = text.slice(length)

  if (type === '系统通知') return label === '内容' && !partial ? parseNotice(at, rest) : null
  if (label !== '发件人') return null
  if (type === '聊天消息') return { kind: 'chat', at, statement: rest, senderId: null }
  if (partial) return { kind: 'friend_request', at, statement: rest, senderId: null }

  const hint = HINT.exec(rest)
  if (hint === null) return null
  return { kind: 'friend_request', at, statement: rest.slice(0, hint.index), senderId: Number(hint[1]) }
}

/** RC §8.3.2: the last id is the relay's; the name in front of it is free text, even another notice (808). */
function parseNotice(at: string, content: string): RelayBlock | null {
  const end = NOTICE_END.exec(content)
  if (end === null || !content.startsWith(NOTICE_START)) return null
  return {
    kind: 'notice',
    at,
    peerId: Number(end[1]),
    peerName: content.slice(NOTICE_START.length, end.index),
    content,
  }
}
