import { createCipheriv, createDecipheriv, hash } from 'node:crypto'

/** Media of WeChat: AES-128-ECB with PKCS#7, one key for each file (IL §7, §8). */

type Bytes = Uint8Array<ArrayBuffer>

const KEY_BYTES = 16
const BLOCK_BYTES = 16

export function encryptMedia(plain: Uint8Array, key: Uint8Array): Bytes {
  const cipher = createCipheriv('aes-128-ecb', key, null)
  return Buffer.concat([cipher.update(plain), cipher.final()])
}

/** What is whole blocks is followed by one more. */
export function cipherSize(plainBytes: number): number {
  return Math.ceil((plainBytes + 1) / BLOCK_BYTES) * BLOCK_BYTES
}

export interface Decrypted {
  /** What the key makes of it, with the padding where that is none. */
  readonly bytes: Uint8Array
  /** One wrong key of 256 has one too. Without it, the key is wrong or the end is missing. */
  readonly isPadded: boolean
}

/** null: no ciphertext is that long. */
export function decryptMedia(cipher: Uint8Array, key: Uint8Array): Decrypted | null {
  if (cipher.length === 0 || cipher.length % BLOCK_BYTES !== 0) return null
  const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  const bytes = decipher.update(cipher)
  decipher.final()
  const padding = paddingOf(bytes)
  return padding === null ? { bytes, isPadded: false } : { bytes: bytes.subarray(0, -padding), isPadded: true }
}

/** PKCS#7: 1 to 16 bytes, each of them their number. */
function paddingOf(bytes: Uint8Array): number | null {
  const count = bytes.at(-1) ?? 0
  if (count < 1 || count > BLOCK_BYTES) return null
  return bytes.subarray(-count).every(byte => byte === count) ? count : null
}

/**
 * A key as 32 hex digits, from any of the ways in which it is written: those digits, the base64 of the bytes (A), or the
 * base64 of the digits (B). null: it is none.
 */
export function keyHex(text: string): string | null {
  const spelled = text.trim()
  if (HEX_KEY.test(spelled)) return spelled.toLowerCase()
  if (spelled.length > LONGEST_SPELLING || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(spelled)) return null
  const bytes = Buffer.from(spelled, 'base64')
  if (bytes.length === KEY_BYTES) return bytes.toString('hex')
  const digits = bytes.toString('latin1')
  return HEX_KEY.test(digits) ? digits.toLowerCase() : null
}

const HEX_KEY = /^[0-9A-Fa-f]{32}$/
/** B with its padding. */
const LONGEST_SPELLING = 44

/** Form B, in which every key goes out: with A, people got empty messages (IL §7). */
export function keyForItem(key: Uint8Array): string {
  return Buffer.from(hexOf(key)).toString('base64')
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function md5Hex(bytes: Uint8Array): string {
  return hash('md5', bytes)
}
