import { utcSeconds } from '../../core/clock.ts'
import type { GroupRules, WechatAbotConfig } from '../../core/config/wechat-abot.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { membersOf, objectOf, parseJson } from '../webhook/json-text.ts'
import { signBody } from '../webhook/signatures.ts'

/** Messages as the WeChat side of `wechat_abot` delivers them (OI §4). They are passed on as they came; this only looks. */
export type AbotReading = { readonly kind: 'not_json' } | { readonly kind: 'empty' } | AbotMessage

export interface AbotMessage {
  readonly kind: 'message'
  /** Whose inbox it came to; empty: it does not say. */
  readonly account: string
  /** Decimal digits, all of them: they are longer than JavaScript's numbers. */
  readonly msgId: string | null
  readonly newMsgId: string | null
  /** A second message with the same is the same message (OI §4.3); null: none is, whatever its content. */
  readonly key: string | null
  /** The person, or the group; empty: it does not say. */
  readonly from: string
  readonly to: string
  readonly isGroup: boolean
  /** The person; in a group, the one who wrote. */
  readonly sender: string | null
  /** In a group, without the sender in front of it. */
  readonly text: string
  /** 1 is text. */
  readonly type: number | null
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly at: string | null
  /** Ids of those whom it calls. */
  readonly mentions: readonly string[]
}

export function readAbotMessage(bytes: Uint8Array): AbotReading {
  if (bytes.length === 0) return { kind: 'empty' }
  const json = decodeUtf8(bytes).replace(/^\ufeff/, '')
  const root = objectOf(parseJson(json))
  if (root === null) return { kind: 'not_json' }
  const data = objectOf(root['Data'])
  const field = (name: string) => data?.[name] ?? root[name]

  const account = stringOf(field('ToUserName'))
  const from = stringOf(field('FromUserName'))
  const ids = idsIn(json)
  const id = ids.newMsgId ?? ids.msgId
  return {
    kind: 'message',
    account,
    ...ids,
    key: id === null || account.length > LONGEST_ACCOUNT ? null : `${account}/${id}`,
    from,
    to: account,
    isGroup: isGroup(from) || isGroup(account),
    ...splitContent(stringOf(field('Content')), from),
    type: Number.isSafeInteger(field('MsgType')) ? Number(field('MsgType')) : null,
    at: timeOf(field('CreateTime')),
    mentions: mentionsIn(stringOf(field('MsgSource'))),
  }
}

/** Keys are kept for days, and a person's id is a few dozen characters. */
const LONGEST_ACCOUNT = 256

function isGroup(id: string): boolean {
  return id.endsWith('@chatroom')
}

/** `<sender>:\n<text>` in what a group sends, and nowhere else (OI §4.5). */
function splitContent(content: string, from: string): Pick<AbotMessage, 'sender' | 'text'> {
  if (!isGroup(from)) return { sender: from === '' ? null : from, text: content }
  const end = content.indexOf(':\n')
  const sender = content.slice(0, Math.max(end, 0))
  return /^\S{1,64}$/u.test(sender) ? { sender, text: content.slice(end + 2) } : { sender: null, text: content }
}

/** By their digits: the numbers that JSON.parse makes of them are not them any more. */
function idsIn(json: string): { msgId: string | null; newMsgId: string | null } {
  const root = sourcesIn(json, 0)
  const data = root.get('Data')
  const within = data === undefined ? root : sourcesIn(json, data.from)
  const idOf = (name: string) => digitsOf(within.get(name)?.text) ?? digitsOf(root.get(name)?.text)
  return { msgId: idOf('MsgId'), newMsgId: idOf('NewMsgId') }
}

/** Of several of one name the last one counts, as for JSON.parse. */
function sourcesIn(json: string, at: number): ReadonlyMap<string, { readonly from: number; readonly text: string }> {
  const members = membersOf(json, at)
  return new Map(members.map(({ key, valueFrom, to }) => [key, { from: valueFrom, text: json.slice(valueFrom, to) }]))
}

/** 0 is what those send who have none. */
function digitsOf(source: string | undefined): string | null {
  return /^"?(-?[1-9]\d{0,39})"?$/.exec(source ?? '')?.[1] ?? null
}

/** Times of four-digit years only. */
const LATEST_SECONDS = 253_402_300_799

function timeOf(value: unknown): string | null {
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  const isTime = typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds > 0
  return isTime && seconds <= LATEST_SECONDS ? utcSeconds(seconds * 1000) : null
}

const LIST = { begins: '<atuserlist>', ends: '</atuserlist>' }

function mentionsIn(msgSource: string): string[] {
  const from = msgSource.indexOf(LIST.begins)
  const to = msgSource.indexOf(LIST.ends, from)
  if (from === -1 || to === -1) return []
  const list = msgSource.slice(from + LIST.begins.length, to).trim()
  const ids = list.replace(/^<!\[CDATA\[/, '').replace(/\]\]>$/, '')
  return ids.split(',').flatMap(id => id.trim() || [])
}

/** WeChat wraps its strings: `{"string": "…"}`. */
function stringOf(value: unknown): string {
  const text = objectOf(value)?.['string'] ?? value
  return typeof text === 'string' ? text : ''
}

export interface NewAbotMessage {
  /** Our seq, or the id that it has elsewhere. */
  readonly id: number | string
  readonly from: string
  readonly to: string
  readonly text: string
  readonly atSeconds: number
}

/** A message from elsewhere in the same shape. To be made once, and those bytes kept for every try (OI §4.1). */
export function buildAbotMessage({ id, from, to, text, atSeconds }: NewAbotMessage): Uint8Array<ArrayBuffer> {
  const digits = /^(?:0|[1-9]\d*)$/.test(String(id)) ? String(id) : JSON.stringify(String(id).toWellFormed())
  const rest = JSON.stringify({
    FromUserName: { string: from.toWellFormed() },
    ToUserName: { string: to.toWellFormed() },
    MsgType: 1,
    Content: { string: text.toWellFormed() },
    CreateTime: Math.trunc(atSeconds),
  })
  return Buffer.from(`{"MsgId":${digits},"NewMsgId":${digits},${rest.slice(1)}`)
}

/** Both signatures of a push: the second one covers the time of the try too (OI §4.1). */
export function abotSignatures(secret: string, body: Uint8Array, timestampSeconds: number): Record<string, string> {
  return {
    'X-Wechat-Abot-Signature': signBody(secret, body),
    'X-Wechat-Abot-Timestamp': String(timestampSeconds),
    'X-Wechat-Abot-Signature-V2': signBody(secret, Buffer.concat([Buffer.from(`${timestampSeconds}.`), body])),
  }
}

/** Whether it is pushed: what somebody wrote to us alone is (OI §4.5), what we wrote ourselves never (OI §8). */
export function passesTrigger(
  message: Pick<AbotMessage, 'isGroup' | 'from' | 'to' | 'sender' | 'text' | 'mentions'>,
  { trigger, byGroup, allowlist }: GroupRules,
  self: Pick<WechatAbotConfig, 'ownId' | 'ownNames'>,
): boolean {
  if (self.ownId !== null && message.sender === self.ownId) return false
  if (!message.isGroup) return true
  const group = isGroup(message.from) ? message.from : message.to
  switch (byGroup[group] ?? trigger) {
    case 'all':
      return true
    case 'mention':
      return isMentioned(message, self)
    case 'allowlist':
      return message.sender !== null && allowlist.includes(message.sender)
    case 'off':
      return false
  }
}

function isMentioned(
  { text, mentions }: Pick<AbotMessage, 'text' | 'mentions'>,
  { ownId, ownNames }: Pick<WechatAbotConfig, 'ownId' | 'ownNames'>,
): boolean {
  if (ownId !== null && mentions.includes(ownId)) return true
  return ownNames.some(name => name !== '' && callsByName(text, `@${name}`))
}

/** WeChat ends a call with U+2005; people type any blank. */
function callsByName(text: string, call: string): boolean {
  for (let at = text.indexOf(call); at !== -1; at = text.indexOf(call, at + 1)) {
    if (/^\s$/.test(text[at + call.length] ?? '')) return true
  }
  return false
}
