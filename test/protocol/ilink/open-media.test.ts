import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { MediaKind } from '../../../scripts/protocol/ilink/kinds.ts'
import { openMedia } from '../../../scripts/protocol/ilink/open-media.ts'
import { cipherSize, encryptMedia, md5Hex } from '../../../scripts/protocol/media-crypto.ts'

const HEX = '000102030405060708090a0b0c0d0e0f'
const KEY = Buffer.from(HEX, 'hex')
/** With this one, no end of anything below looks like an end. */
const OTHER = 'ff'.repeat(16)
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100)])
const TEXT = Buffer.from('a letter without any signature, of 50 bytes or more')

const told = (kind: MediaKind, more: object = {}) => ({
  kind,
  plainBytes: null,
  md5: null,
  keys: [HEX],
  hasUnusableKey: false,
  ...more,
})

function outcome(download: Uint8Array, expected: ReturnType<typeof told>) {
  const opened = openMedia(download, expected)
  return opened.kind === 'opened' ? [opened.proof, opened.wasEncrypted] : opened.kind
}

describe('a download is opened (IL §8)', () => {
  for (const [what, plain, expected, proof] of [
    ['an image by its signature', PNG, told('image'), 'signature'],
    ['an image with the second key', PNG, told('image', { keys: [OTHER, HEX] }), 'signature'],
    ['a file by its size', TEXT, told('file', { plainBytes: TEXT.length }), 'size'],
    ['a file by its checksum', TEXT, told('file', { plainBytes: 7, md5: md5Hex(TEXT) }), 'md5'],
    ['a file by its signature though its size was not true', PNG, told('file', { plainBytes: 7 }), 'signature'],
    ['a file of which nothing was said', TEXT, told('file'), 'padding'],
    ['a sound in an unknown form', TEXT, told('voice'), 'padding'],
    ['an empty file', Buffer.alloc(0), told('file', { plainBytes: 0 }), 'size'],
  ] as const) {
    test(what, () => {
      const opened = openMedia(encryptMedia(plain, KEY), expected)
      assert.ok(opened.kind === 'opened')
      assert.deepEqual([opened.proof, opened.wasEncrypted], [proof, true])
      assert.deepEqual(Buffer.from(opened.bytes), plain)
    })
  }

  for (const [what, download, expected, proof] of [
    ['an image without a key', PNG, told('image', { keys: [] }), 'signature'],
    ['an image with a key that is none', PNG, told('image', { keys: [], hasUnusableKey: true }), 'signature'],
    ['an image with a key that was not used', PNG, told('image'), 'signature'],
    ['a document with a key that was not used', PNG, told('file', { plainBytes: PNG.length }), 'signature'],
    ['a file without a key, by its size', TEXT, told('file', { keys: [], plainBytes: TEXT.length }), 'size'],
  ] as const) {
    test(`it may be in plain: ${what}`, () => assert.deepEqual(outcome(download, expected), [proof, false]))
  }
})

describe('a download is not opened', () => {
  const image = encryptMedia(PNG, KEY)
  const file = encryptMedia(TEXT, KEY)
  const looksWhole = encryptMedia(Buffer.concat([PNG.subarray(0, 15), Buffer.alloc(17, 1)]), KEY)
  for (const [what, download, expected, kind] of [
    ['a key that does not fit an image', image, told('image', { keys: [OTHER] }), 'wrong_key'],
    ['keys that do not fit', image, told('image', { keys: [OTHER, 'ee'.repeat(16)] }), 'wrong_key'],
    ['a key that does not fit a file', file, told('file', { keys: [OTHER], plainBytes: TEXT.length }), 'wrong_key'],
    ['a key that is none', image, told('image', { keys: [], hasUnusableKey: true }), 'wrong_key'],
    ['an image that is something else', file, told('image'), 'wrong_key'],
    ['a film that is an image', image, told('video'), 'wrong_key'],
    ['ciphertext without a key', image, told('image', { keys: [] }), 'no_key'],
    ['a file without a key and a size', file, told('file', { keys: [] }), 'no_key'],
    ['an end that is missing', image.subarray(0, -16), told('image'), 'truncated'],
    ['a piece of a block', image.subarray(0, -1), told('image'), 'truncated'],
    ['nothing', Buffer.alloc(0), told('image'), 'truncated'],
    ['fewer bytes than were said', file.subarray(0, -16), told('file', { plainBytes: TEXT.length }), 'truncated'],
    // Its last byte says that one byte is padding.
    ['a beginning that looks whole', looksWhole.subarray(0, 16), told('file', { plainBytes: 32 }), 'truncated'],
    ['half of what is in plain', TEXT.subarray(0, 9), told('file', { keys: [], plainBytes: TEXT.length }), 'truncated'],
    ['half of a document in plain', PNG.subarray(0, 32), told('file', { plainBytes: PNG.length }), 'truncated'],
  ] as const) {
    test(`with ${what}: ${kind}`, () => assert.equal(outcome(download, expected), kind))
  }
})

test('a file is opened as itself or not at all, whatever comes', () => {
  const key = fc.uint8Array({ minLength: 16, maxLength: 16 })
  const cut = fc.integer({ min: 0, max: 60 })
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), key, key, cut, (plain, own, used, missing) => {
      const cipher = encryptMedia(plain, own)
      const keys = [Buffer.from(used).toString('hex')]
      const expected = told('file', { plainBytes: plain.length, md5: md5Hex(plain), keys })
      const opened = openMedia(cipher.subarray(0, Math.max(0, cipher.length - missing)), expected)
      if (opened.kind === 'opened') assert.deepEqual(Buffer.from(opened.bytes), Buffer.from(plain))
      else assert.equal(opened.kind === 'truncated', cipherSize(plain.length) > cipher.length - missing)
    }),
    { numRuns: 500 },
  )
})
