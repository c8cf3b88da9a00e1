import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { signatureOf } from '../../scripts/protocol/file-signature.ts'
import {
  cipherSize,
  decryptMedia,
  encryptMedia,
  hexOf,
  keyForItem,
  keyHex,
  md5Hex,
} from '../../scripts/protocol/media-crypto.ts'

const HEX = '000102030405060708090a0b0c0d0e0f'
const KEY = Buffer.from(HEX, 'hex')

describe('the encryption of media (IL §7)', () => {
  for (const [plain, cipher] of [
    ['', '954f64f2e4e86e9eee82d20216684899'],
    ['hello iLink', 'a0fbc309391fd73f5514ff68f6d2eec4'],
    ['0123456789abcdef', '281567ab2f4cf0d73d3198225b8b8393954f64f2e4e86e9eee82d20216684899'],
  ] as const) {
    test(`of ${JSON.stringify(plain)} is ${cipher}`, () => {
      assert.equal(hexOf(encryptMedia(Buffer.from(plain), KEY)), cipher)
      const opened = decryptMedia(Buffer.from(cipher, 'hex'), KEY)
      assert.deepEqual([opened?.isPadded, Buffer.from(opened?.bytes ?? []).toString()], [true, plain])
    })
  }

  for (const [plain, cipher] of [
    [0, 16],
    [15, 16],
    [16, 32],
    [12345, 12352],
  ] as const) {
    test(`makes ${cipher} bytes of ${plain}`, () => {
      assert.equal(cipherSize(plain), cipher)
      assert.equal(encryptMedia(Buffer.alloc(plain), KEY).length, cipher)
    })
  }

  test('is undone with the same key, and is as long as was said', () => {
    const key = fc.uint8Array({ minLength: 16, maxLength: 16 })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), key, (plain, one) => {
        const cipher = encryptMedia(plain, one)
        assert.equal(cipher.length, cipherSize(plain.length))
        const opened = decryptMedia(cipher, one)
        assert.deepEqual(opened, { bytes: Buffer.from(plain), isPadded: true })
      }),
    )
  })

  test('shows a wrong key by the end, except once in 256 times', () => {
    const cipher = encryptMedia(Buffer.from('hello iLink'), KEY)
    const padded = Array.from({ length: 2000 }, () => decryptMedia(cipher, randomBytes(16))?.isPadded)
    const share = padded.filter(Boolean).length / padded.length
    assert.ok(share < 0.03, `${share}`)
    assert.equal(decryptMedia(cipher, Buffer.alloc(16))?.isPadded, false)
  })

  for (const [length, isOne] of [
    [0, false],
    [1, false],
    [15, false],
    [17, false],
    [16, true],
  ] as const) {
    test(`is ${isOne ? 'one' : 'none'} of ${length} bytes`, () => {
      assert.equal(decryptMedia(Buffer.alloc(length), KEY) !== null, isOne)
    })
  }

  for (const [end, isPadded] of [
    ['00', false],
    ['01', true],
    ['11', false],
    ['11'.repeat(16), false],
    ['0202', true],
    ['0102', false],
    ['10'.repeat(16), true],
    [`0f${'10'.repeat(15)}`, false],
  ] as const) {
    test(`${isPadded ? 'is' : 'is not'} padded with ${end}`, () => {
      const block = Buffer.from(end.padStart(32, 'ff'), 'hex')
      // A whole block of it comes before the one that is added here.
      const cipher = encryptMedia(block, KEY).subarray(0, 16)
      assert.equal(decryptMedia(cipher, KEY)?.isPadded, isPadded)
    })
  }
})

describe('a key', () => {
  for (const [what, text] of [
    ['A, the base64 of its bytes', 'AAECAwQFBgcICQoLDA0ODw=='],
    ['A without its end', 'AAECAwQFBgcICQoLDA0ODw'],
    ['B, the base64 of its digits', 'MDAwMTAyMDMwNDA1MDYwNzA4MDkwYTBiMGMwZDBlMGY='],
    ['its digits', HEX],
    ['its digits in capitals', HEX.toUpperCase()],
    ['B with blanks around it', ' MDAwMTAyMDMwNDA1MDYwNzA4MDkwYTBiMGMwZDBlMGY=\n'],
  ] as const) {
    test(`is read from ${what}`, () => assert.equal(keyHex(text), HEX))
  }

  for (const text of [
    '',
    'AAEC',
    HEX.slice(1),
    `${HEX}0`,
    Buffer.from('not a key but 32 characters long').toString('base64'),
    Buffer.alloc(24, 0xfb).toString('base64'),
    'AAECAwQFBgcICQoLDA0O!w==',
    '=',
    'x'.repeat(1_000_000),
  ]) {
    test(`is none: ${JSON.stringify(text.slice(0, 50))}`, () => assert.equal(keyHex(text), null))
  }

  test('goes out as B', () => {
    assert.equal(keyForItem(KEY), 'MDAwMTAyMDMwNDA1MDYwNzA4MDkwYTBiMGMwZDBlMGY=')
  })

  test('is read in every way in which it is written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
        const hex = hexOf(bytes)
        for (const text of [hex, keyForItem(bytes), Buffer.from(bytes).toString('base64')])
          assert.equal(keyHex(text), hex)
      }),
    )
  })
})

test('a checksum is MD5 in small letters', () => {
  assert.equal(md5Hex(Buffer.from('')), 'd41d8cd98f00b204e9800998ecf8427e')
  fc.assert(
    fc.property(fc.uint8Array(), bytes => assert.equal(md5Hex(bytes), createHash('md5').update(bytes).digest('hex'))),
  )
})

describe('a file by its first bytes', () => {
  const at4 = (text: string) => Buffer.from(`\0\0\0\x18${text}\0\0`, 'latin1').toString('hex')
  const text = (words: string) => Buffer.from(words, 'latin1').toString('hex')
  for (const [hex, extension, family] of [
    ['89504e470d0a1a0a0000', 'png', 'image'],
    ['ffd8ffe000104a46', 'jpg', 'image'],
    [text('GIF89a'), 'gif', 'image'],
    [text('RIFF\n\0\0\0WEBPVP8 '), 'webp', 'image'],
    [`${text('BM')}aabbccdd000000003600000028000000`, 'bmp', 'image'],
    [at4('ftypheic'), 'heic', 'image'],
    [at4('ftypavif'), 'avif', 'image'],
    [text('wxgf\x01'), 'wxgf', 'image'],
    [at4('ftypisom'), 'mp4', 'video'],
    [at4('ftypmp42'), 'mp4', 'video'],
    [at4('ftypqt  '), 'mov', 'video'],
    [at4('ftypM4A '), 'm4a', 'audio'],
    [text('\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm'), 'webm', 'video'],
    [text('\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska'), 'mkv', 'video'],
    [text('RIFF\n\0\0\0AVI '), 'avi', 'video'],
    [text('\x02#!SILK_V3\x0c'), 'silk', 'audio'],
    [text('#!SILK_V3\x0c'), 'silk', 'audio'],
    [text('#!AMR\n'), 'amr', 'audio'],
    [text('RIFF\n\0\0\0WAVEfmt '), 'wav', 'audio'],
    [text('OggS\0\x02'), 'ogg', 'audio'],
    [text('ID3\x03\0'), 'mp3', 'audio'],
    [text('%PDF-1.7'), 'pdf', 'document'],
    [text('PK\x03\x04\x14'), 'zip', 'document'],
    ['1f8b0800', 'gz', 'document'],
  ] as const) {
    test(`is ${extension}: ${hex.slice(0, 24)}`, () => {
      assert.deepEqual(signatureOf(Buffer.from(hex, 'hex')), { extension, family })
    })
  }

  for (const words of [
    '',
    'hello',
    'BMW is a car, and not a picture',
    '<svg>',
    'PK',
    '\x89PN',
    'not a GIF89a',
    ' %PDF-',
  ]) {
    test(`is not known: ${JSON.stringify(words)}`, () => assert.equal(signatureOf(Buffer.from(words, 'latin1')), null))
  }

  test('is next to never known by chance', () => {
    const found = Array.from({ length: 20_000 }, () => signatureOf(randomBytes(64))).filter(one => one !== null)
    assert.ok(found.length <= 1)
  })
})
