import { createHmac, createPublicKey, verify } from 'node:crypto'
import type { InboundKind } from '../../core/config/webhooks.ts'
import { splitSigned } from './event-body.ts'
import { equalSecrets, verifyBody, verifyStandard } from './signatures.ts'

/** Who sent it, for each kind of sender (OI §5.5). Without the key to check with, nobody did. */
export interface InboundKeys {
  readonly secret: string | null
  /** Ed25519, 64 hexadecimal digits. */
  readonly publicKey: string | null
}

export interface InboundRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** As received. */
  readonly body: Uint8Array
}

export type InboundCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'no_key' | 'no_signature' | 'bad_signature' | 'stale_timestamp' }

type TimedRequest = InboundRequest & { readonly nowSeconds: number }

const GOOD: InboundCheck = { ok: true }
const NO_KEY: InboundCheck = { ok: false, reason: 'no_key' }
const NO_SIGNATURE: InboundCheck = { ok: false, reason: 'no_signature' }
const BAD: InboundCheck = { ok: false, reason: 'bad_signature' }
const STALE: InboundCheck = { ok: false, reason: 'stale_timestamp' }

/** For clocks that differ, and no longer: until then a request can be sent again by whoever saw it (OI §5.5). */
const TOLERANCE_SECONDS = 300

export function checkInbound(
  kind: InboundKind,
  { secret, publicKey }: InboundKeys,
  request: TimedRequest,
): InboundCheck {
  if (kind === 'discord') return checkDiscord(publicKey ?? '', request)
  if (secret === null || secret === '') return NO_KEY
  switch (kind) {
    case 'telegram':
      return checkTelegram(secret, request)
    case 'slack':
      return checkSlack(secret, request)
    case 'generic':
      return checkGeneric(secret, request)
  }
}

/** What came twice is one value with a comma in it, and so no value that anybody agreed on. */
export function headerOf({ headers }: InboundRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}

function checkTelegram(secret: string, request: InboundRequest): InboundCheck {
  const token = headerOf(request, 'x-telegram-bot-api-secret-token')
  if (token === undefined) return NO_SIGNATURE
  return equalSecrets(secret, token) ? GOOD : BAD
}

/** Ed25519 over timestamp and body. */
function checkDiscord(publicKey: string, request: TimedRequest): InboundCheck {
  if (!/^[0-9a-f]{64}$/i.test(publicKey)) return NO_KEY
  const signature = headerOf(request, 'x-signature-ed25519')
  const timestamp = headerOf(request, 'x-signature-timestamp')
  if (signature === undefined || timestamp === undefined) return NO_SIGNATURE
  if (!/^[0-9a-f]{128}$/.test(signature)) return BAD
  if (!isFresh(timestamp, request.nowSeconds)) return STALE
  const x = Buffer.from(publicKey, 'hex').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const signed = Buffer.concat([Buffer.from(timestamp), request.body])
  return verify(null, signed, key, Buffer.from(signature, 'hex')) ? GOOD : BAD
}

function checkSlack(secret: string, request: TimedRequest): InboundCheck {
  const signature = headerOf(request, 'x-slack-signature')
  const timestamp = headerOf(request, 'x-slack-request-timestamp')
  if (signature === undefined || timestamp === undefined) return NO_SIGNATURE
  if (!isFresh(timestamp, request.nowSeconds)) return STALE
  const expected = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(request.body).digest('hex')
  return equalSecrets(`v0=${expected}`, signature) ? GOOD : BAD
}

/** Each signature that it brings in its headers has to hold; without any, the one in the body does. */
function checkGeneric(secret: string, request: TimedRequest): InboundCheck {
  const whole = headerOf(request, 'x-webhook-signature')
  const standard = headerOf(request, 'webhook-signature')
  if (whole === undefined && standard === undefined) return checkOwnMember(secret, request.body)
  if (whole !== undefined && !verifyBody(secret, request.body, whole)) return BAD
  return standard === undefined ? GOOD : checkStandard(secret, standard, request)
}

function checkOwnMember(secret: string, body: Uint8Array): InboundCheck {
  const split = splitSigned(body)
  if (split === null) return NO_SIGNATURE
  return verifyBody(secret, split.S, split.signature) ? GOOD : BAD
}

function checkStandard(secret: string, signature: string, request: TimedRequest): InboundCheck {
  const id = headerOf(request, 'webhook-id')
  const timestamp = headerOf(request, 'webhook-timestamp')
  if (id === undefined || timestamp === undefined) return NO_SIGNATURE
  if (!UNDOTTED.test(id)) return BAD
  if (!isFresh(timestamp, request.nowSeconds)) return STALE
  const message = { id, timestamp: Number(timestamp), body: request.body }
  return verifyStandard(secret, message, signature) ? GOOD : BAD
}

/**
 * What is signed is `id.timestamp.body`. With a dot in the id, somebody whose words are in a body could have its first half
 * taken for the id, and the number behind it for the time.
 */
const UNDOTTED = /^[!-\-/-~]{1,256}$/

function isFresh(timestamp: string, nowSeconds: number): boolean {
  return /^[1-9]\d{0,11}$/.test(timestamp) && Math.abs(nowSeconds - Number(timestamp)) <= TOLERANCE_SECONDS
}
