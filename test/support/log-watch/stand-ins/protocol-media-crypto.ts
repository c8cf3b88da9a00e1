import {
  decryptMedia as decrypt,
  encryptMedia as encrypt,
  hexOf,
  keyForItem,
} from '../../../../scripts/protocol/media-crypto.ts'
import { noteSecret } from '../journal.ts'

export * from '../../../../scripts/protocol/media-crypto.ts'

function noteKey(key: Uint8Array): void {
  for (const form of [hexOf(key), keyForItem(key), Buffer.from(key).toString('base64')]) noteSecret('a key', form)
}

export function encryptMedia(...args: Parameters<typeof encrypt>): ReturnType<typeof encrypt> {
  noteKey(args[1])
  return encrypt(...args)
}

export function decryptMedia(...args: Parameters<typeof decrypt>): ReturnType<typeof decrypt> {
  noteKey(args[1])
  return decrypt(...args)
}
