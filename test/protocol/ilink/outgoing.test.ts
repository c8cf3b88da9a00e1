import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { baseInfo } from '../../../scripts/protocol/ilink/headers.ts'
import { MEDIA_KINDS, mediaKindOf } from '../../../scripts/protocol/ilink/kinds.ts'
import {
  clientId,
  configBody,
  mediaItem,
  notifyBody,
  qrCodeBody,
  sendBody,
  textItem,
  typingBody,
  uint32,
  updatesBody,
  uploadBody,
} from '../../../scripts/protocol/ilink/outgoing.ts'

const BASE = baseInfo({ clientVersion: '2.4.9', botAgent: 'A/1' })
const BASE_JSON = { channel_version: '2.4.9', bot_agent: 'A/1' }
const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const USER = 'oXyZ@im.wechat'

describe('the body of a message (IL §6)', () => {
  const message = { to: USER, clientId: 'c1', state: 'finish', contextToken: 'tok' } as const

  test('has exactly one item and the token that came last', () => {
    assert.deepEqual(JSON.parse(sendBody({ ...message, item: textItem('你好') }, BASE)), {
      msg: {
        from_user_id: '',
        to_user_id: USER,
        client_id: 'c1',
        message_type: 2,
        message_state: 2,
        item_list: [{ type: 1, text_item: { text: '你好' } }],
        context_token: 'tok',
      },
      base_info: BASE_JSON,
    })
  })

  test('says that more follows, and for which turn', () => {
    const { msg } = JSON.parse(sendBody({ ...message, state: 'generating', runId: 'r', item: textItem('a') }, BASE))
    assert.equal(msg.message_state, 1)
    assert.equal(msg.run_id, 'r')
  })

  test('has no token where none ever came, and no item where there is no text', () => {
    const { msg } = JSON.parse(sendBody({ ...message, contextToken: null, item: textItem('') }, BASE))
    assert.equal('context_token' in msg, false)
    assert.equal('item_list' in msg, false)
  })

  test('writes half a character as one that can be written', () => {
    assert.match(sendBody({ ...message, item: textItem('a\ud83d') }, BASE), /"text":"a\ufffd"/)
  })
})

describe('media in a message (IL §7)', () => {
  const uploaded = { name: 'a.pdf', key: KEY, plainBytes: 12345, param: 'enc' }
  const media = {
    encrypt_query_param: 'enc',
    aes_key: 'MDAwMTAyMDMwNDA1MDYwNzA4MDkwYTBiMGMwZDBlMGY=',
    encrypt_type: 1,
  }
  for (const [kind, item] of [
    ['image', { type: 2, image_item: { media, mid_size: 12352 } }],
    ['video', { type: 5, video_item: { media, video_size: 12352 } }],
    ['file', { type: 4, file_item: { media, file_name: 'a.pdf', len: '12345' } }],
  ] as const) {
    test(`are a ${kind}`, () => assert.deepEqual(mediaItem({ ...uploaded, kind }), item))
  }
})

describe('an upload is asked for (IL §7)', () => {
  const upload = { to: USER, fileKey: Buffer.alloc(16, 0xab), key: KEY, plain: Buffer.from('hello iLink') }

  test('with the sizes and the checksum of what is uploaded', () => {
    assert.deepEqual(JSON.parse(uploadBody({ ...upload, kind: 'file' }, BASE)), {
      filekey: 'ab'.repeat(16),
      media_type: 3,
      to_user_id: USER,
      rawsize: 11,
      rawfilemd5: '574c7bab561fa405b5f7982f5a6f421a',
      filesize: 16,
      no_need_thumb: true,
      aeskey: '000102030405060708090a0b0c0d0e0f',
      base_info: BASE_JSON,
    })
  })

  for (const [kind, upload_, item] of [
    ['image', 1, 2],
    ['video', 2, 5],
    ['file', 3, 4],
    ['voice', 4, 3],
  ] as const) {
    test(`as ${kind} by one number, and is sent by another one`, () => {
      assert.equal(JSON.parse(uploadBody({ ...upload, kind }, BASE)).media_type, upload_)
      assert.equal(MEDIA_KINDS[kind].item, item)
    })
  }
})

describe('a file goes out', () => {
  for (const [name, kind] of [
    ['a.PNG', 'image'],
    ['a.b.jpeg', 'image'],
    ['a.mp4', 'video'],
    ['a.mov', 'video'],
    ['a.mp3', 'file'],
    ['a.wav', 'file'],
    ['a.pdf', 'file'],
    ['a.svg', 'file'],
    ['png', 'file'],
    ['a.png.exe', 'file'],
    ['', 'file'],
  ] as const) {
    test(`as ${kind}: ${name}`, () => assert.equal(mediaKindOf(name), kind))
  }
})

describe('the other bodies', () => {
  const USER_FIELD = { ilink_user_id: USER }
  for (const [what, body, expected] of [
    ['poll from a cursor', updatesBody('c', BASE), { get_updates_buf: 'c', base_info: BASE_JSON }],
    ['poll from the beginning', updatesBody('', BASE), { get_updates_buf: '', base_info: BASE_JSON }],
    ['say who is there', notifyBody(BASE), { base_info: BASE_JSON }],
    [
      'ask for a ticket',
      configBody({ user: USER, contextToken: 'tok' }, BASE),
      { ...USER_FIELD, context_token: 'tok', base_info: BASE_JSON },
    ],
    [
      'ask for a ticket without a token',
      configBody({ user: USER, contextToken: null }, BASE),
      { ...USER_FIELD, base_info: BASE_JSON },
    ],
    [
      'begin to type',
      typingBody({ user: USER, ticket: 't', isTyping: true }, BASE),
      { ...USER_FIELD, typing_ticket: 't', status: 1, base_info: BASE_JSON },
    ],
    [
      'stop typing',
      typingBody({ user: USER, ticket: 't', isTyping: false }, BASE),
      { ...USER_FIELD, typing_ticket: 't', status: 2, base_info: BASE_JSON },
    ],
    ['ask for the first QR code', qrCodeBody([]), { local_token_list: [] }],
    [
      'ask for a QR code with the ten latest tokens',
      qrCodeBody(Array.from({ length: 12 }, (_, i) => `t${i}`)),
      { local_token_list: Array.from({ length: 10 }, (_, i) => `t${i}`) },
    ],
  ] as const) {
    test(what, () => assert.deepEqual(JSON.parse(body), expected))
  }
})

describe('the id that we give a message', () => {
  for (const [random, id] of [
    [0, 'openclaw-weixin:1773570600000-00000000'],
    [0.5, 'openclaw-weixin:1773570600000-80000000'],
    [1 - 2 ** -33, 'openclaw-weixin:1773570600000-ffffffff'],
    [4011803513 / 2 ** 32, 'openclaw-weixin:1773570600000-ef1f4379'],
  ] as const) {
    test(`is ${id}`, () => assert.equal(clientId(1773570600000, random), id))
  }

  test('is made of 32 bits of chance', () => {
    assert.equal(uint32(0), 0)
    assert.equal(uint32(1 - 2 ** -53), 4294967295)
  })
})
