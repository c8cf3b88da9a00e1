import { type FileFamily, type FileSignature, signatureOf } from '../file-signature.ts'
import { cipherSize, decryptMedia, md5Hex } from '../media-crypto.ts'
import type { MediaKind } from './kinds.ts'
import type { MediaReference } from './media.ts'

/** What a download turns out to be (IL §8). Its own bytes decide, whatever was said of it. */
export type OpenedMedia =
  | {
      readonly kind: 'opened'
      readonly bytes: Uint8Array
      readonly signature: FileSignature | null
      readonly proof: Proof
      readonly wasEncrypted: boolean
    }
  /** No key opens it: the same download gives the same again, so the sender has to send it in another form. */
  | { readonly kind: 'wrong_key' }
  /** It is ciphertext, or of no known kind, and came without a key. */
  | { readonly kind: 'no_key' }
  /** Its end is missing: another download may bring it. */
  | { readonly kind: 'truncated' }

/** What tells that these are the sender's bytes; `padding` alone is wrong once in 256 times. */
export type Proof = 'md5' | 'size' | 'signature' | 'padding'

type Expected = Pick<MediaReference, 'kind' | 'plainBytes' | 'md5' | 'keys' | 'hasUnusableKey'>

export function openMedia(download: Uint8Array, expected: Expected): OpenedMedia {
  const { kind, keys, hasUnusableKey } = expected
  const isShort = isTooShort(download, expected)
  let isCut = isShort
  for (const key of keys) {
    const decrypted = decryptMedia(download, Buffer.from(key, 'hex'))
    const { bytes, isPadded } = decrypted ?? { bytes: download, isPadded: false }
    const signature = signatureOf(bytes)
    const proof = isPadded ? proofOf(bytes, signature, expected) : null
    // By its length it is not all there, and one end of 256 looks as if it were the end.
    if (proof !== null && (!isShort || proof === 'md5')) {
      return { kind: 'opened', bytes, signature, proof, wasEncrypted: true }
    }
    // No ciphertext is that long, or it begins as it should: then the key is right, and the end is not there.
    isCut ||= decrypted === null || (!isPadded && fits(signature, kind))
  }
  const signature = signatureOf(download)
  const proof = proofInPlain(download, signature, expected)
  if (proof !== null) return { kind: 'opened', bytes: download, signature, proof, wasEncrypted: false }
  if (isCut) return { kind: 'truncated' }
  return keys.length > 0 || hasUnusableKey ? { kind: 'wrong_key' } : { kind: 'no_key' }
}

/** Only of files the length is known beforehand; what is said of pictures may be said of another size of them. */
function isTooShort(download: Uint8Array, { plainBytes, keys }: Expected): boolean {
  if (plainBytes === null) return download.length === 0
  return download.length < (keys.length > 0 ? cipherSize(plainBytes) : plainBytes)
}

function proofOf(bytes: Uint8Array, signature: FileSignature | null, expected: Expected): Proof | null {
  const { kind, plainBytes } = expected
  if (hasChecksum(bytes, expected)) return 'md5'
  if (bytes.length === plainBytes) return 'size'
  if (fits(signature, kind)) return 'signature'
  // A text has no signature, and nobody says how long a voice is. Pictures and films do have one.
  const isOpen = kind === 'voice' || (kind === 'file' && plainBytes === null)
  return isOpen ? 'padding' : null
}

/** Of ciphertext with its end missing, the size may be right too. */
function proofInPlain(bytes: Uint8Array, signature: FileSignature | null, expected: Expected): Proof | null {
  const { kind, plainBytes, keys } = expected
  if (hasChecksum(bytes, expected)) return 'md5'
  if (bytes.length === plainBytes && keys.length === 0) return 'size'
  return fits(signature, kind) && bytes.length >= (plainBytes ?? 0) ? 'signature' : null
}

function hasChecksum(bytes: Uint8Array, { md5 }: Expected): boolean {
  return md5 !== null && md5Hex(bytes) === md5
}

const FAMILIES: Readonly<Record<Exclude<MediaKind, 'file'>, FileFamily>> = {
  image: 'image',
  video: 'video',
  voice: 'audio',
}

/** A file may be anything. */
function fits(signature: FileSignature | null, kind: MediaKind): boolean {
  return signature !== null && (kind === 'file' || signature.family === FAMILIES[kind])
}
