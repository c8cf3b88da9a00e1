/** Messages as text: RC §4.2 (inbox), §4.3 (preview), §6 (event). Strangers' text goes in unescaped, as the contract says. */

import type { Message, Person } from './messages.ts'

/** SEP and EQ of the contract. */
export const thinLine = '─'.repeat(40)
export const thickLine = '═'.repeat(40)

/** Beijing has been UTC+8 without summer time since 1992 (RC §10). */
const BEIJING_OFFSET_MS = 8 * 60 * 60 * 1000

/** `TS` of the contract: whole seconds, cut, without a zone mark. */
export function beijingTime(epochMs: number): string {
  return new Date(epochMs + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ')
}

/** `NAME（ID:n）`, the way a person is named everywhere. */
export function nameWithId(person: Person): string {
  return `${person.name}（ID:${person.id}）`
}

/** The text of the notice that both sides get; its own time is the real one, the notice says +1 s (RC §10). */
export function friendshipNotice(friend: Person, at: number): string {
  return `您与 ${nameWithId(friend)}已成功建立好友关系。（${beijingTime(at)} 北京时间）`
}

/** `block` of RC §4.2. */
export function blockText(message: Message): string {
  const time = `时间：${beijingTime(message.at)}`
  const body = `内容：${message.content}`
  if (message.kind === 'notice' || message.from === null) return ['类型：系统通知', time, body].join('\n')
  const lines = [
    message.kind === 'request' ? '类型：好友申请' : '类型：聊天消息',
    time,
    `发件人：${nameWithId(message.from)}${message.from.description === null ? '' : ` | ${message.from.description}`}`,
    body,
  ]
  if (message.attachment !== null) lines.push(`附件：${message.attachment}`)
  if (message.kind === 'request') lines.push(`操作提示：回复对方（to_id:${message.from.id}）任意消息即可建立好友关系`)
  return lines.join('\n')
}

/** `event` of RC §6: lines end at LF only; a CR is data and goes through. */
export function eventText(payload: string): string {
  return `event: message\n${payload
    .split('\n')
    .map(line => `data: ${line}\n`)
    .join('')}\n`
}

export interface InboxPage {
  readonly blocks: readonly string[]
  /** How many there were before this read, under the same filter. */
  readonly total: number
  readonly limit: number
  readonly fromId: number | null
}

/** The reply of `GET /messages`, RC §4.2. */
export function inboxText({ blocks, total, limit, fromId }: InboxPage): string {
  // "from_id=0 or an empty filter result without an id says 收件箱为空."
  if (blocks.length === 0) return fromId ? `来自 ID:${fromId} 的消息为空` : '收件箱为空'
  const left = total - blocks.length
  const tail = left > 0 ? `（约 ${Math.ceil(left / limit)} 次可读完，每次 ${limit} 条）` : '（已全部读取）'
  const summary = `收件箱共 ${total} 条 | 本次读取并清除 ${blocks.length} 条 | 剩余 ${left} 条${tail}`
  const numbered = blocks.map((block, index) => `[${index + 1}]\n${block}`)
  return [
    fromId === null ? summary : `来自 ID:${fromId} ${summary}`,
    thickLine,
    numbered.join(`\n${thinLine}\n`),
    thickLine,
  ].join('\n')
}

/** The second part of a send reply, RC §4.3: "Its blocks are glued without separators, the first one to the SEP line." */
export function previewText(blocks: readonly string[], total: number): string {
  if (blocks.length === 0) return ''
  const more = total > blocks.length ? `，还有 ${total - blocks.length} 条` : ''
  const numbered = blocks.map((block, index) => `[${index + 1}]\n${block}`).join('\n')
  return `\n\n收件箱共 ${total} 条，预览前 ${blocks.length} 条${more}：\n${thickLine}\n${thinLine}${numbered}\n${thickLine}`
}
