import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseIlink } from '../../../scripts/protocol/ilink/json.ts'
import { downloadUrl } from '../../../scripts/protocol/ilink/media.ts'
import { readMessage, type WechatMessage } from '../../../scripts/protocol/ilink/message.ts'

function read(value: unknown): WechatMessage {
  const message = readMessage(typeof value === 'string' ? parseIlink(value) : value)
  assert.ok(message !== null)
  return message
}

const withItems = (...item_list: unknown[]) => read({ message_type: 1, item_list })
const text = (words: unknown) => ({ type: 1, text_item: { text: words } })
const HEX = '000102030405060708090a0b0c0d0e0f'
const FORM_A = 'AAECAwQFBgcICQoLDA0ODw=='
const FORM_B = 'MDAwMTAyMDMwNDA1MDYwNzA4MDkwYTBiMGMwZDBlMGY='

describe('a message (IL §10)', () => {
  test('is read with all that stands beside its items', () => {
    const message = read(
      `{"seq":9,"message_id":7123456789012254024,"from_user_id":"oXyZ@im.wechat","to_user_id":"ab@im.bot","client_id":"c",
        "create_time_ms":1773570600123,"group_id":"","message_type":1,"context_token":"tok","item_list":[{"type":1,"text_item":{"text":"你好"}}]}`,
    )
    assert.deepEqual(message, {
      messageId: '7123456789012254024',
      clientId: 'c',
      seq: '9',
      from: 'oXyZ@im.wechat',
      to: 'ab@im.bot',
      atMs: 1773570600123,
      isEcho: false,
      groupId: null,
      contextToken: 'tok',
      text: '你好',
      items: [{ kind: 'text', text: '你好', id: null, quote: null }],
      media: [],
      quote: null,
    })
  })

  test('may say nothing', () => {
    const silent = { messageId: null, clientId: null, seq: null, from: null, to: null, atMs: null, contextToken: null }
    const empty = { groupId: null, text: '', items: [], media: [], quote: null }
    assert.deepEqual(read({}), { ...silent, ...empty, isEcho: true })
  })

  for (const value of [null, 7, 'x', [], undefined]) {
    test(`is not ${JSON.stringify(value)}`, () => assert.equal(readMessage(value), null))
  }

  for (const [type, isEcho] of [
    [1, false],
    [2, true],
    [0, true],
    [3, true],
    ['1', true],
    [undefined, true],
  ] as const) {
    test(`is ${isEcho ? 'no word' : 'the word'} of a person with message_type ${JSON.stringify(type)}`, () => {
      assert.equal(read({ message_type: type }).isEcho, isEcho)
    })
  }

  test('of a group says so', () => {
    assert.equal(read({ group_id: 'g@chatroom' }).groupId, 'g@chatroom')
  })

  for (const [given, atMs] of [
    [1773570600123, 1773570600123],
    ['1773570600123', 1773570600123],
    [0, null],
    [-5, null],
    [1.5, null],
    [253402300800000, null],
    ['soon', null],
    [{}, null],
  ] as const) {
    test(`has the time ${atMs} with ${JSON.stringify(given)}`, () =>
      assert.equal(read({ create_time_ms: given }).atMs, atMs))
  }
})

describe('the words of a message (IL §11)', () => {
  test('are those of all its texts', () => {
    assert.equal(withItems(text('a'), text('b\nc'), text('')).text, 'a\nb\nc\n')
  })

  test('are what the server heard too', () => {
    const { text: words, media } = withItems(text('a'), {
      type: 3,
      voice_item: { text: '明天见', media: { full_url: 'https://c/x' } },
    })
    assert.equal(words, 'a\n明天见')
    assert.equal(media[0]?.transcript, '明天见')
  })

  test('are none where the server heard nothing: then the sound itself is there', () => {
    const { text: words, media } = withItems({ type: 3, voice_item: { text: '', media: { full_url: 'https://c/x' } } })
    assert.equal(words, '')
    assert.deepEqual([media[0]?.kind, media[0]?.transcript, media[0]?.fullUrl], ['voice', null, 'https://c/x'])
  })
})

describe('media in a message (IL §8, §10)', () => {
  const media = { encrypt_query_param: 'p+/=', aes_key: FORM_A, encrypt_type: 1 }
  const none = {
    name: null,
    plainBytes: null,
    cipherBytes: null,
    md5: null,
    keys: [HEX],
    hasUnusableKey: false,
    fullUrl: null,
    param: 'p+/=',
    transcript: null,
    codec: null,
    sampleRate: null,
    durationMs: null,
  }

  for (const [what, item, expected] of [
    ['image', { type: 2, image_item: { media, mid_size: 32 } }, { kind: 'image', cipherBytes: 32 }],
    [
      'video',
      { type: 5, video_item: { media, video_size: '48', video_md5: 'D41D8CD98F00B204E9800998ECF8427E' } },
      { kind: 'video', cipherBytes: 48, md5: 'd41d8cd98f00b204e9800998ecf8427e' },
    ],
    [
      'file',
      { type: 4, file_item: { media, file_name: '../a.pdf', len: '12345', md5: 'x' } },
      { kind: 'file', name: '../a.pdf', plainBytes: 12345 },
    ],
    [
      'voice',
      { type: 3, voice_item: { media, encode_type: 4, sample_rate: 16000, playtime: 2300, size: 5 } },
      { kind: 'voice', codec: 'speex', sampleRate: 16000, durationMs: 2300 },
    ],
    ['voice in silk', { type: 3, voice_item: { media, encode_type: 6 } }, { kind: 'voice', codec: 'silk' }],
    ['voice in nobody knows what', { type: 3, voice_item: { media, encode_type: 99 } }, { kind: 'voice' }],
    ['file without a length', { type: 4, file_item: { media, len: '-1', filename: 'a' } }, { kind: 'file' }],
  ] as const) {
    test(`are read: ${what}`, () => assert.deepEqual(withItems(item).media, [{ ...none, ...expected }]))
  }

  for (const [what, image, expected] of [
    [
      'the upper key of an image first',
      { aeskey: 'FF'.repeat(16), media: { aes_key: FORM_B } },
      [['ff'.repeat(16), HEX], false],
    ],
    ['one key that is given twice', { aeskey: HEX, media: { aes_key: FORM_A } }, [[HEX], false]],
    ['a bare one', { media: { aes_key: HEX } }, [[HEX], false]],
    ['none', { media: {} }, [[], false]],
    ['none in empty texts', { aeskey: '', media: { aes_key: '' } }, [[], false]],
    ['one that is none', { aeskey: HEX, media: { aes_key: 'AAEC' } }, [[HEX], true]],
  ] as const) {
    test(`have their keys in order: ${what}`, () => {
      const [found] = withItems({ type: 2, image_item: image }).media
      assert.deepEqual([found?.keys, found?.hasUnusableKey], expected)
    })
  }

  test('have no upper key where they are no image', () => {
    assert.deepEqual(withItems({ type: 4, file_item: { aeskey: HEX, media: {} } }).media[0]?.keys, [])
  })

  for (const [given, url] of [
    [{ full_url: 'https://c.example/d?x=1', encrypt_query_param: 'p' }, 'https://c.example/d?x=1'],
    [{ encrypt_query_param: 'p+/=' }, 'https://cdn/c2c/download?encrypted_query_param=p%2B%2F%3D'],
    [{ full_url: 'javascript:0', encrypt_query_param: 'p' }, 'https://cdn/c2c/download?encrypted_query_param=p'],
    [{ full_url: '' }, null],
    [{}, null],
  ] as const) {
    test(`lie at ${url}`, () => {
      const [found] = withItems({ type: 2, image_item: { media: given } }).media
      assert.ok(found !== undefined)
      assert.equal(downloadUrl(found, 'https://cdn/c2c'), url)
    })
  }

  test('are all listed, in their order', () => {
    const { media: found } = withItems({ type: 4, file_item: {} }, text('a'), { type: 2, image_item: {} }, { type: 2 })
    assert.deepEqual(
      found.map(one => one.kind),
      ['file', 'image', 'image'],
    )
  })
})

describe('items that are neither', () => {
  for (const [item, kept] of [
    [
      { type: 11, tool_call_start_item: { tool_name: 'exec', tool_call_id: 'i' } },
      { kind: 'tool', name: 'exec', callId: 'i', status: 'started' },
    ],
    [
      { type: 12, tool_call_result_item: { status: 'blocked' } },
      { kind: 'tool', name: null, callId: null, status: 'blocked' },
    ],
    [
      { type: 12, tool_call_result_item: { status: 'melted' } },
      { kind: 'tool', name: null, callId: null, status: 'unknown' },
    ],
    [
      { type: 99, sticker_item: {} },
      { kind: 'unknown', type: 99 },
    ],
    [{ type: 1 }, { kind: 'unknown', type: 1 }],
    [text(5), { kind: 'unknown', type: 1 }],
    [{ type: '__proto__' }, { kind: 'unknown', type: null }],
    [{}, { kind: 'unknown', type: null }],
    [null, { kind: 'unknown', type: null }],
    ['text', { kind: 'unknown', type: null }],
    [{ text_item: { text: 'a' } }, { kind: 'text', text: 'a' }],
    [
      { type: 99, text_item: { text: 'a' } },
      { kind: 'text', text: 'a' },
    ],
  ] as const) {
    test(`stay visible: ${JSON.stringify(item).slice(0, 60)}`, () => {
      assert.deepEqual(withItems(item).items, [{ ...kept, id: null, quote: null }])
    })
  }
})
