import { hash } from 'node:crypto'
import { decodeUtf8 } from '../../core/utf8.ts'
import type { Failure } from './failures.ts'
import { countIn, listIn, textIn } from './fields.ts'
import { elementsOf, parseIlink, type Span } from './json.ts'
import { contentKey, messageKey, readMessage, type WechatMessage } from './message.ts'
import { fieldsOf, type IlinkReply } from './reply.ts'

/** What a poll brings (IL §5). */
export interface Updates {
  readonly kind: 'ok'
  readonly messages: readonly ReceivedMessage[]
  /** null: the old one stays. */
  readonly cursor: string | null
  /** How long the next poll is held; null: they do not say. Our own patience has to be longer. */
  readonly holdMs: number | null
}

export interface ReceivedMessage {
  /** null: nobody understands it. */
  readonly message: WechatMessage | null
  /** The same for the same message, however often it is handed out: never anything made up. */
  readonly key: string
  /** One more that tells it, where the ids change from one handing out to the next; null: it tells nothing. */
  readonly contentKey: string | null
  /** Its bytes within the body; all of them where they can not be told apart. */
  readonly span: Span
}

/** An answer that was cut is a failure, but what came whole of it was handed out and will not be again. */
export type CutUpdates = Failure & { readonly messages: readonly ReceivedMessage[] }

/** Longer than any server holds, and short enough to see that it is gone. */
const LONGEST_HOLD_MS = 300_000

export function readUpdates(reply: IlinkReply): Updates | CutUpdates {
  const read = fieldsOf(reply)
  if (read.kind !== 'fields') {
    const isCut = read.kind === 'transport' && (read.reason === 'cut' || read.reason === 'not_json')
    return { ...read, messages: isCut ? salvage(reply.body) : [] }
  }
  const { fields } = read
  const holdMs = countIn(fields['longpolling_timeout_ms']) ?? 0
  return {
    kind: 'ok',
    messages: received(listIn(fields['msgs']), reply.body),
    cursor: textIn(fields['get_updates_buf']),
    holdMs: holdMs === 0 ? null : Math.min(holdMs, LONGEST_HOLD_MS),
  }
}

function received(values: readonly unknown[], body: Uint8Array): ReceivedMessage[] {
  const whole = { from: 0, to: body.length }
  const spans = values.length === 0 ? [] : messageSpans(body)
  const areKnown = spans.length === values.length
  return values.map((value, i) => {
    const span = areKnown ? spans[i] : undefined
    return receivedAs(value, body, span ?? whole, span === undefined ? `:${i}` : '')
  })
}

/** @param place tells it from others with the same bytes */
function receivedAs(value: unknown, body: Uint8Array, span: Span, place = ''): ReceivedMessage {
  const message = readMessage(value)
  const own = message === null ? null : messageKey(message)
  return {
    message,
    key: own ?? `raw:${hash('sha256', body.subarray(span.from, span.to))}${place}`,
    contentKey: message === null ? null : contentKey(message),
    span,
  }
}

function salvage(body: Uint8Array): ReceivedMessage[] {
  return messageSpans(body).flatMap(span => {
    const one = receivedAs(parseIlink(decodeUtf8(body.subarray(span.from, span.to))), body, span)
    return one.message === null ? [] : [one]
  })
}

function messageSpans(body: Uint8Array): Span[] {
  return elementsOf(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'msgs')
}
