import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { InboundKind } from '../../../scripts/core/config/webhooks.ts'
import { eventHeaders, signedBody } from '../../../scripts/protocol/webhook/event-body.ts'
import type { InboundKeys } from '../../../scripts/protocol/webhook/inbound-check.ts'
import { signBody, standardSignature } from '../../../scripts/protocol/webhook/signatures.ts'

export const NOW = 1_773_570_600
export const KEY = 'what-both-sides-know'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
export const PUBLIC = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex')
export const KEYS: InboundKeys = { secret: KEY, publicKey: PUBLIC }

export interface Request {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** One way to sign, as its sender does it. */
export interface Way {
  readonly name: string
  readonly kind: InboundKind
  signed(text: Buffer, options?: { secret?: string; at?: number }): Request
  /** Without any one of them it is none. */
  readonly headers: readonly string[]
  /** What its signature does not cover can be changed by whoever can read it. */
  readonly covers: { readonly body: boolean; readonly time: boolean }
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function discordSignature(at: string, body: Uint8Array, key = privateKey): string {
  return sign(null, Buffer.concat([Buffer.from(at), body]), key).toString('hex')
}

export const WAYS: readonly Way[] = [
  {
    name: 'the token of Telegram',
    kind: 'telegram',
    signed: (body, { secret = KEY } = {}) => ({ headers: { 'x-telegram-bot-api-secret-token': secret }, body }),
    headers: ['x-telegram-bot-api-secret-token'],
    covers: { body: false, time: false },
  },
  {
    name: 'the signature of Discord',
    kind: 'discord',
    signed: (body, { secret, at = NOW } = {}) => {
      const key = secret === undefined ? privateKey : generateKeyPairSync('ed25519').privateKey
      const headers = {
        'x-signature-ed25519': discordSignature(String(at), body, key),
        'x-signature-timestamp': String(at),
      }
      return { headers, body }
    },
    headers: ['x-signature-ed25519', 'x-signature-timestamp'],
    covers: { body: true, time: true },
  },
  {
    name: 'the signature of Slack',
    kind: 'slack',
    signed: (body, { secret = KEY, at = NOW } = {}) => {
      const digits = createHmac('sha256', secret).update(`v0:${at}:`).update(body).digest('hex')
      return { headers: { 'x-slack-signature': `v0=${digits}`, 'x-slack-request-timestamp': String(at) }, body }
    },
    headers: ['x-slack-signature', 'x-slack-request-timestamp'],
    covers: { body: true, time: true },
  },
  {
    name: 'a signature of the body in a header',
    kind: 'generic',
    signed: (body, { secret = KEY } = {}) => ({ headers: { 'x-webhook-signature': signBody(secret, body) }, body }),
    headers: ['x-webhook-signature'],
    covers: { body: true, time: false },
  },
  {
    name: 'Standard Webhooks',
    kind: 'generic',
    signed: (body, { secret = KEY, at = NOW } = {}) => {
      const signature = standardSignature(secret, { id: 'msg_1', timestamp: at, body })
      const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(at), 'webhook-signature': signature }
      return { headers, body }
    },
    headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    covers: { body: true, time: true },
  },
  {
    name: 'all that we send ourselves',
    kind: 'generic',
    signed: (text, { secret = KEY, at = NOW } = {}) => {
      const body = Buffer.from(signedBody(Buffer.from(text), secret))
      const sent = { id: 'evt_1', event: 'message.received', attempt: 1, timestampSeconds: at, secret, body }
      return { headers: lowerCase(eventHeaders(sent)), body }
    },
    headers: ['webhook-id', 'webhook-timestamp'],
    covers: { body: true, time: true },
  },
  {
    name: 'the body’s own member',
    kind: 'generic',
    signed: (text, { secret = KEY } = {}) => ({
      headers: {},
      body: Buffer.from(signedBody(Buffer.from(text), secret)),
    }),
    headers: [],
    covers: { body: true, time: false },
  },
]
