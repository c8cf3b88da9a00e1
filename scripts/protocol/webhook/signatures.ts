import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** The two ways in which webhooks are signed with a shared secret: `sha256=<hex>` (OI §5.4) and Standard Webhooks. */

export function signBody(secret: string, bytes: Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`
}

/** An empty secret signs nothing: everybody knows it. */
export function verifyBody(secret: string, bytes: Uint8Array, header: string | undefined): boolean {
  return isBodySignature(header) && secret !== '' && equalSecrets(signBody(secret, bytes), header)
}

/** No other spelling, so that what was refused once is not taken in another form. */
export function isBodySignature(value: unknown): value is string {
  return typeof value === 'string' && /^sha256=[0-9a-f]{64}$/.test(value)
}

export interface StandardMessage {
  readonly id: string
  /** Unix seconds of this try. */
  readonly timestamp: number
  readonly body: Uint8Array
}

export function standardSignature(secret: string, { id, timestamp, body }: StandardMessage): string {
  const signature = createHmac('sha256', standardKey(secret)).update(`${id}.${timestamp}.`).update(body)
  return `v1,${signature.digest('base64')}`
}

/** @param header signatures with blanks between them: while a secret is being replaced, there are two. */
export function verifyStandard(secret: string, message: StandardMessage, header: string): boolean {
  if (secret === '') return false
  const expected = standardSignature(secret, message)
  return header.split(' ').some(one => equalSecrets(expected, one))
}

/** What only begins like a key in base64, or holds none, is a secret like any other: no key is ever empty. */
function standardKey(secret: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? ''
  const key = Buffer.from(encoded, 'base64')
  return key.length > 0 ? key : Buffer.from(secret)
}

/** Tells nothing of either by the time it takes, their lengths neither. What is empty equals nothing. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b)) && a !== ''
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
