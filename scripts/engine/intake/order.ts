import type { Bilingual } from '../../core/i18n.ts'
import { ABOT_ACCOUNT } from '../abot-address.ts'
import {
  LONGEST_REQUEST_ID,
  LONGEST_TEXT,
  LONGEST_WECHAT_TEXT,
  type RelayAddress,
  recipientIn,
  textFault,
  type WechatAddress,
} from '../outgoing.ts'
import { type Answer, type Body, failure } from './exchange.ts'

/** What `/messages/send` is asked to do (OI §4.4), read from its body. */
export interface Order {
  /** As it was written. */
  readonly to: string
  readonly recipient: OrderRecipient
  readonly text: string
  /** Relays know no answers: it only tells messages of one request id apart. */
  readonly replyTo: string | undefined
  readonly requestId: string | undefined
}

export type OrderRecipient =
  | { readonly kind: 'relay'; readonly address: RelayAddress }
  | { readonly kind: 'wechat'; readonly address: WechatAddress }
  /** Somebody on WeChat, by the account that knows them. */
  | { readonly kind: 'wechat_user'; readonly user: string }
  /** Ids of WeChat's that no bot can write to. */
  | { readonly kind: 'unreachable' }

/** @param idempotencyKey the header */
export function readOrder(body: Body, idempotencyKey: string | undefined): Order | Answer {
  const members = objectIn(body)
  if (members === null) return bad('bad_json', { en: 'The body is no JSON object.', zh: '正文不是 JSON 对象。' })
  const { to, text, replyToMessageId: replyTo = null, requestId = null } = members
  if (isNothing(to) || typeof text !== 'string' || text === '') return MISSING
  const recipient = typeof to === 'string' ? recipientOf(to) : null
  if (recipient === null || typeof to !== 'string') return BAD_RECIPIENT
  const id = requestIdOf(requestId, idempotencyKey)
  if (id.kind === 'bad') return id.answer
  if (replyTo !== null && typeof replyTo !== 'string') {
    return bad('bad_request', { en: 'replyToMessageId is a text.', zh: 'replyToMessageId 应为文本。' })
  }
  return (
    badText(text, recipient.kind === 'relay' ? LONGEST_TEXT : LONGEST_WECHAT_TEXT) ?? {
      to,
      recipient,
      text,
      replyTo: replyTo ?? undefined,
      requestId: id.value,
    }
  )
}

export function isOrder(read: Order | Answer): read is Order {
  return 'recipient' in read
}

function objectIn(body: Body): Readonly<Record<string, unknown>> | null {
  try {
    // A letter that is none would become another one on its way: nobody asked for that.
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

/** Ids as WeChat writes them, and our own way to write an address. */
function recipientOf(to: string): OrderRecipient | null {
  const recipient = recipientIn(to)
  if (recipient.kind === 'relay') return recipient
  if (recipient.kind === 'wechat')
    return recipient.address.account === ABOT_ACCOUNT ? { kind: 'unreachable' } : recipient
  if (recipient.kind === 'elsewhere') return null
  if (/^\S{1,200}@im\.wechat$/u.test(to)) return { kind: 'wechat_user', user: to }
  return /^(?:wxid_\S{1,200}|\S{1,200}@chatroom)$/u.test(to) ? { kind: 'unreachable' } : null
}

type RequestId =
  | { readonly kind: 'good'; readonly value: string | undefined }
  | { readonly kind: 'bad'; readonly answer: Answer }

/** It may stand in the body or in a header; in both only when they say the same. */
function requestIdOf(own: unknown, header: string | undefined): RequestId {
  const isGood = (id: unknown) => typeof id === 'string' && id !== '' && id.length <= LONGEST_REQUEST_ID
  if ((own !== null && !isGood(own)) || (header !== undefined && !isGood(header))) {
    return { kind: 'bad', answer: BAD_REQUEST_ID }
  }
  if (own !== null && header !== undefined && own !== header) return { kind: 'bad', answer: TWO_REQUEST_IDS }
  return { kind: 'good', value: typeof own === 'string' ? own : header }
}

function badText(text: string, longest: number): Answer | null {
  const fault = textFault(text, longest)
  switch (fault?.kind) {
    case undefined:
      return null
    case 'empty':
      return MISSING
    case 'half_character':
      return bad('bad_text', { en: 'The text holds half a character.', zh: '文本中含有不完整的字符。' })
    case 'too_long':
      return bad('text_too_long', {
        en: `The text has ${fault.length} characters; ${longest} are taken at most.`,
        zh: `文本有 ${fault.length} 个字符；最多接受 ${longest} 个。`,
      })
  }
}

function bad(error: string, text: Bilingual): Answer {
  return failure(400, error, text)
}

/** The words of the sample that plugins were written against (OI §4.4). */
const MISSING = bad('missing to/text', { en: 'Both to and text are needed.', zh: '需要同时提供 to 和 text。' })

const BAD_RECIPIENT = bad('bad_recipient', {
  en: 'This is nobody’s address: write #2, or an id of WeChat.',
  zh: '这不是有效的地址：请写成 #2 或微信编号。',
})

const BAD_REQUEST_ID = bad('bad_request', {
  en: `A request id is a text of 1 to ${LONGEST_REQUEST_ID} characters.`,
  zh: `请求编号为 1 到 ${LONGEST_REQUEST_ID} 个字符的文本。`,
})

const TWO_REQUEST_IDS = bad('bad_request', {
  en: 'requestId and Idempotency-Key are not the same.',
  zh: 'requestId 与 Idempotency-Key 不一致。',
})
