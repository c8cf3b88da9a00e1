import { type Address, addressKey } from '../../core/address.ts'
import type { Flags, MessageType, Party, Via } from '../../core/message.ts'
import { compactJson, membersOf, parseJson } from './json-text.ts'
import { isBodySignature, signBody, standardSignature } from './signatures.ts'

/** What a webhook carries, byte for byte (OI §5.4). */
export interface WebhookEvent {
  readonly name: string
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly at: string
  readonly data: Readonly<Record<string, unknown>>
}

/** `S`: what is signed. */
export function eventText({ name, at, data }: WebhookEvent): string {
  return JSON.stringify({ event: name, timestamp: at, data }, wellFormed)
}

/** Half a character can not be written in UTF-8: who parses and dumps the text would get other bytes, or none. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value
}

/** What a message event tells of, as the store has it. */
export interface EventMessage {
  readonly seq: number
  readonly via: Via
  readonly type: MessageType
  readonly from: Party | null
  /** null: it was sent to us. */
  readonly to: Party | null
  readonly content: string
  readonly flags: Flags
}

/** @param error one word of ours, for `message.error` */
export function messageData(
  message: EventMessage,
  { eventId, error }: { eventId: string; error: string | null },
): Record<string, unknown> {
  const { from, to, seq, type, content, flags } = message
  const peer = to ?? from
  return {
    channel: peer?.address.scheme ?? channelOf(message.via),
    user: peer === null ? UNVERIFIED : userOf(peer.address),
    message: content,
    sessionId: peer === null ? UNVERIFIED : sessionOf(peer.address),
    id: eventId,
    seq,
    direction: to === null ? 'in' : 'out',
    type,
    name: peer?.name ?? '',
    ...(error === null ? {} : { error }),
    ...(Object.keys(flags).length === 0 ? {} : { flags }),
  }
}

const UNVERIFIED = 'unverified'

function channelOf(via: Via): Address['scheme'] {
  return via === 'wechat' || via === 'webhook' ? via : 'relay'
}

function userOf(address: Address): string {
  return address.scheme === 'relay' ? `#${address.id}` : addressKey(address)
}

function sessionOf(address: Address): string {
  return address.scheme === 'relay' ? `peer:${address.id}` : addressKey(address)
}

type Bytes = Uint8Array<ArrayBuffer>

/** The body: `S`, and, with a secret, its signature as the last member. */
export function signedBody(S: Bytes, secret: string | null): Bytes {
  if (secret === null) return S
  return Buffer.concat([S.subarray(0, -1), Buffer.from(`${TAIL_BEGINS}${signBody(secret, S)}"}`)])
}

const TAIL_BEGINS = ',"signature":"'
/** With `sha256=`, 64 digits and what closes it. */
const TAIL_BYTES = 87

export interface SentEvent {
  readonly id: string
  readonly event: string
  /** 1 for the first try. */
  readonly attempt: number
  /** Of this try. */
  readonly timestampSeconds: number
  readonly secret: string | null
  readonly body: Uint8Array
}

/** Those of one try, but for the type of the body. */
export function eventHeaders(sent: SentEvent): Record<string, string> {
  const { id, event, attempt, timestampSeconds, secret, body } = sent
  const headers: Record<string, string> = {
    'X-Webhook-Id': id,
    'X-Webhook-Event': event,
    'X-Webhook-Attempt': String(attempt),
    'X-Webhook-Timestamp': String(timestampSeconds),
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
  }
  if (secret !== null) {
    headers['X-Webhook-Signature'] = signBody(secret, body)
    headers['webhook-signature'] = standardSignature(secret, { id, timestamp: timestampSeconds, body })
  }
  return headers
}

export interface SplitBody {
  readonly S: Uint8Array
  readonly signature: string
}

/** Undoes `signedBody`, for bodies of others too. null: it holds no signature of this kind. */
export function splitSigned(body: Uint8Array): SplitBody | null {
  return cutTail(body) ?? cutMember(body)
}

/** The bytes as they came: whoever signs as we do is not parsed before the signature is known to be right. */
function cutTail(body: Uint8Array): SplitBody | null {
  const cut = body.length - TAIL_BYTES
  if (cut < 1) return null
  const tail = Buffer.from(body.subarray(cut)).toString('latin1')
  const signature = tail.slice(TAIL_BEGINS.length, -2)
  if (!tail.startsWith(TAIL_BEGINS) || !tail.endsWith('"}') || !isBodySignature(signature)) return null
  return { S: Buffer.concat([body.subarray(0, cut), Buffer.from('}')]), signature }
}

/**
 * For senders that put it elsewhere, or write blanks and escapes that they did not sign: the text without that member, as a
 * compact dump has it. By its tokens, since values would do away with members of the same name and digits of long numbers:
 * those could then be changed without anybody noticing.
 */
function cutMember(body: Uint8Array): SplitBody | null {
  const text = jsonOf(body)
  if (text === null) return null
  const members = membersOf(text)
  const [own, ...more] = members.filter(({ key }) => key === 'signature')
  if (own === undefined || more.length > 0) return null
  const signature: unknown = JSON.parse(text.slice(own.valueFrom, own.to))
  if (!isBodySignature(signature)) return null
  const rest = members.filter(member => member !== own).map(({ from, to }) => compactJson(text.slice(from, to)))
  return { S: Buffer.from(`{${rest.join(',')}}`), signature }
}

/** null: it is none, or its bytes could be others without the text being another. */
function jsonOf(body: Uint8Array): string | null {
  const text = strictUtf8(body)
  return text !== null && parseJson(text) !== undefined ? text : null
}

function strictUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
