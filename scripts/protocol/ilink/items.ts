import { type JsonObject, objectOf } from '../webhook/json-text.ts'
import { countIn, idIn, textIn } from './fields.ts'
import { MEDIA_KINDS, type MediaKind, TEXT_ITEM, TOOL_CALL_RESULT_ITEM, TOOL_CALL_START_ITEM } from './kinds.ts'
import { type MediaReference, readMedia } from './media.ts'
import { type Quote, readQuote } from './quotes.ts'

/** One part of a message (IL §10). */
export type ReceivedItem = ItemBody & {
  readonly id: string | null
  readonly quote: Quote | null
}

export type ItemBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'media'; readonly media: MediaReference }
  /** What another bot does just now. */
  | { readonly kind: 'tool'; readonly name: string | null; readonly callId: string | null; readonly status: ToolStatus }
  /** Something is there, and nobody here knows what. */
  | { readonly kind: 'unknown'; readonly type: number | null }

export type ToolStatus = 'started' | 'completed' | 'failed' | 'blocked' | 'unknown'

export function readItem(value: unknown): ReceivedItem {
  const item = objectOf(value) ?? {}
  return { ...readBody(item), id: idIn(item['msg_id']), quote: readQuote(item['ref_msg'], nested => readBody(nested)) }
}

function readBody(item: JsonObject): ItemBody {
  const type = countIn(item['type'])
  const kind = kindOf(type) ?? kindByBody(item)
  if (kind === null) return { kind: 'unknown', type }
  const body = objectOf(item[BODIES[kind]])
  switch (kind) {
    case 'text': {
      const text = body?.['text']
      return typeof text === 'string' ? { kind, text } : { kind: 'unknown', type }
    }
    case 'tool_start':
    case 'tool_result':
      return readTool(kind, body ?? {})
    default:
      // With nothing in it, it still was one: that can be said, if not shown.
      return { kind: 'media', media: readMedia(kind, body ?? {}) }
  }
}

type BodyKind = MediaKind | 'text' | 'tool_start' | 'tool_result'

const BODIES: Readonly<Record<BodyKind, string>> = {
  text: 'text_item',
  image: MEDIA_KINDS.image.body,
  video: MEDIA_KINDS.video.body,
  file: MEDIA_KINDS.file.body,
  voice: MEDIA_KINDS.voice.body,
  tool_start: 'tool_call_start_item',
  tool_result: 'tool_call_result_item',
}
const BODY_KINDS = Object.keys(BODIES) as BodyKind[]

const BY_TYPE: ReadonlyMap<number, BodyKind> = new Map([
  [TEXT_ITEM, 'text'],
  [MEDIA_KINDS.image.item, 'image'],
  [MEDIA_KINDS.video.item, 'video'],
  [MEDIA_KINDS.file.item, 'file'],
  [MEDIA_KINDS.voice.item, 'voice'],
  [TOOL_CALL_START_ITEM, 'tool_start'],
  [TOOL_CALL_RESULT_ITEM, 'tool_result'],
])

function kindOf(type: number | null): BodyKind | null {
  return type === null ? null : (BY_TYPE.get(type) ?? null)
}

/** A type that is new to us may come with a body that is not. */
function kindByBody(item: JsonObject): BodyKind | null {
  return BODY_KINDS.find(kind => objectOf(item[BODIES[kind]]) !== null) ?? null
}

function readTool(kind: 'tool_start' | 'tool_result', body: JsonObject): ItemBody {
  const name = textIn(body['tool_name'])
  const callId = textIn(body['tool_call_id'])
  return { kind: 'tool', name, callId, status: kind === 'tool_start' ? 'started' : statusOf(body['status']) }
}

function statusOf(status: unknown): ToolStatus {
  return status === 'completed' || status === 'failed' || status === 'blocked' ? status : 'unknown'
}
