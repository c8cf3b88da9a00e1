/** AES-128-ECB with PKCS#7, as both sides of the CDN have it (IL §7). */

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

export function encrypt(key: Buffer, bytes: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/** null: not with this key. */
export function decrypt(key: Buffer, bytes: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-128-ecb', key, null)
    return Buffer.concat([decipher.update(bytes), decipher.final()])
  } catch {
    return null
  }
}

/** "`filesize` is `ceil((n+1)/16)*16` (a full extra block when n is a multiple of 16)." */
export function cipherSize(bytes: number): number {
  return Math.ceil((bytes + 1) / 16) * 16
}

export function md5(bytes: Buffer | string): string {
  return createHash('md5').update(bytes).digest('hex')
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Form A: base64 of the raw bytes; form B: base64 of their hex text (IL §7). */
export function keyText(key: Buffer, form: 'A' | 'B'): string {
  return form === 'A' ? key.toString('base64') : Buffer.from(key.toString('hex')).toString('base64')
}

/** Which form it is, and the key; null: neither. */
export function readKeyText(text: string): { form: 'A' | 'B'; key: Buffer } | null {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) return null
  if (bytes.length === 16) return { form: 'A', key: bytes }
  const hex = bytes.toString('latin1')
  return /^[0-9a-f]{32}$/.test(hex) ? { form: 'B', key: Buffer.from(hex, 'hex') } : null
}
