import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { accountOf, userKey } from '../../../scripts/protocol/ilink/account.ts'
import {
  readDone,
  readSent,
  readTypingTicket,
  readUploaded,
  readUploadGrant,
} from '../../../scripts/protocol/ilink/answers.ts'
import { sanitiseBotAgent } from '../../../scripts/protocol/ilink/bot-agent.ts'
import { CHUNK_RULES, splitText } from '../../../scripts/protocol/ilink/chunking.ts'
import { readQrCode, readQrStatus } from '../../../scripts/protocol/ilink/login.ts'
import { filterMarkdown } from '../../../scripts/protocol/ilink/markdown.ts'
import { openMedia } from '../../../scripts/protocol/ilink/open-media.ts'
import { partsOf } from '../../../scripts/protocol/ilink/parts.ts'
import { findPart } from '../../../scripts/protocol/ilink/quotes.ts'
import { readUpdates } from '../../../scripts/protocol/ilink/updates.ts'
import { keyHex } from '../../../scripts/protocol/media-crypto.ts'
import { hostileText } from '../../support/arbitraries.ts'
import { reply } from './replies.ts'

const READERS = [readQrCode, readQrStatus, readUpdates, readSent, readDone, readUploadGrant, readTypingTicket]

/** Every name that is looked at, so that the values get to where they are read. */
const NAMES = [
  'ret', 'errcode', 'errmsg', 'qrcode', 'qrcode_img_content', 'status', 'redirect_host', 'bot_token', 'ilink_bot_id', 'baseurl', 'base_url',
  'ilink_user_id', 'msgs', 'get_updates_buf', 'longpolling_timeout_ms', 'message_id', 'client_id', 'seq', 'from_user_id', 'create_time_ms', 'message_type',
  'group_id', 'context_token', 'item_list', 'type', 'msg_id', 'ref_msg', 'title', 'message_item', 'svr_id', 'partial_text', 'start', 'end', 'startindex',
  'endindex', 'quotemd5', 'text_item', 'image_item', 'voice_item', 'file_item', 'video_item', 'tool_call_start_item', 'tool_call_result_item', 'text', 'media',
  'aeskey', 'aes_key', 'encrypt_query_param', 'full_url', 'file_name', 'len', 'md5', 'upload_full_url', 'upload_param', 'typing_ticket', '__proto__', 'toString',
] // biome-ignore format: a table of names

const value = fc.letrec(tie => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      null,
      true,
      0,
      1,
      2,
      3,
      4,
      5,
      11,
      12,
      99,
      -14,
      -2,
      1.5,
      1e308,
      '',
      '0',
      '-14',
      'confirmed',
      'https://e.com',
      '\ud800',
    ),
    hostileText(2),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('any'), { maxKeys: 8 }),
  ),
})).any

describe('an answer of anything', () => {
  test('makes no reader throw', () => {
    fc.assert(
      fc.property(value, fc.boolean(), (body, complete) => {
        for (const read of READERS) assert.equal(typeof read(reply(body, { complete })).kind, 'string')
      }),
      { numRuns: 3000 },
    )
  })

  test('makes no reader throw as bytes either', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      hostileText().map(text => Buffer.from(text)),
    )
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 999 }), fc.boolean(), (body, status, complete) => {
        for (const read of READERS) assert.equal(typeof read({ status, body, complete }).kind, 'string')
      }),
      { numRuns: 500 },
    )
  })

  test('with a yes of any kind cut anywhere makes no reader throw', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.boolean(), (msgs, end, complete) => {
        const body = Buffer.from(JSON.stringify({ ret: 0, msgs: [msgs, { item_list: [msgs] }] }))
        const cut = body.subarray(0, end % body.length)
        assert.equal(readUpdates({ status: 200, body: cut, complete }).kind, 'transport')
      }),
      { numRuns: 500 },
    )
  })

  test('gives every message of a batch a key', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), msgs => {
        const read = readUpdates(reply({ msgs }))
        assert.ok(read.kind === 'ok')
        assert.equal(read.messages.length, msgs.length)
        for (const { key } of read.messages) assert.match(key, /^(?:id|client|seq|items|content|raw):./s)
      }),
      { numRuns: 500 },
    )
  })
})

test('texts and uploads of anything are read', () => {
  const text = hostileText()
  const header = fc.option(text)
  fc.assert(
    fc.property(
      text,
      header,
      header,
      fc.integer({ min: 100, max: 599 }),
      (words, encryptedParam, errorMessage, status) => {
        for (const read of [accountOf, userKey, sanitiseBotAgent, keyHex, filterMarkdown]) read(words)
        assert.equal(typeof readUploaded({ status, encryptedParam, errorMessage, text: words }).kind, 'string')
      },
    ),
    { numRuns: 500 },
  )
})

/** A reader that looks at one of them twice for each of its characters would not come back within the test's time. */
describe('a megabyte, or half of one,', () => {
  const MEGABYTE = 1024 * 1024
  const filled = (bit: string, length = MEGABYTE) => bit.repeat(Math.ceil(length / bit.length))

  for (const [what, body] of [
    ['lists within lists', `{"ret":0,"msgs":${'['.repeat(MEGABYTE / 2)}${']'.repeat(MEGABYTE / 2)}}`],
    ['objects within objects', `{"msgs":[${'{"item_list":'.repeat(70_000)}0${'}'.repeat(70_000)}]}`],
    [
      'items that quote items',
      `{"msgs":[{"item_list":[${'{"ref_msg":{"message_item":'.repeat(30_000)}0${'}}'.repeat(30_000)}]}]}`,
    ],
    ['messages', `{"msgs":[${filled('{},')}0]}`],
    ['numbers', `{"msgs":[${filled('1,')}0]}`],
    ['items', `{"msgs":[{"item_list":[${filled('{"msg_id":1},')}0]}]}`],
    ['ids', `{${filled('"seq":12345678901234567890,')}"ret":0}`],
    ['digits', `{"seq":${filled('9')}}`],
    ['one text', `{"msgs":[{"item_list":[{"type":1,"text_item":{"text":"${filled('词')}"}}]}]}`],
    ['one name', `{"${filled('a')}":1}`],
    ['escapes in a name', `{"${filled('\\u0041')}":1}`],
    ['one errmsg', `{"ret":-2,"errmsg":"${filled('<|')}"}`],
    ['nothing but beginnings', filled('{"msgs":[')],
    ['nothing but quotation marks', filled('"')],
    ['nothing but blanks', filled(' ')],
  ] as const) {
    test(`of ${what} is read`, () => {
      readUpdates(reply(body))
      readUpdates(reply(body, { complete: false }))
    })
  }

  for (const bit of [
    '*',
    '***',
    '*a ',
    '*词* ',
    '_词',
    '***词 ',
    '`',
    '`a``',
    '```\n',
    '\\',
    '\\*',
    '![',
    '![a](',
    '![a](b ',
    '![a]( ',
    '[',
    '](',
    '](a ',
    '](\t',
    '(',
    ')',
    '<a',
    '<',
    'https://',
    'https://*',
    '##### ',
    '\n##### ',
    '\n',
    '\n \t',
    ' ',
    'a',
    '[a](https://e.com/_词_) *词* ',
  ]) {
    // biome-ignore format: a table of bits
    test(`of ${JSON.stringify(bit)} is filtered`, () => {
      // Behind something to filter: without that, nobody would look at the rest.
      const text = `*词* ![a](b)${filled(bit, MEGABYTE / 2)}`
      assert.ok(filterMarkdown(text).length <= text.length - 8)
    })
  }

  for (const bit of ['```\n', '````\n```\n', '`', '\n', ' ', 'a', '词', '😀', '。', 'a b\n\n']) {
    test(`of ${JSON.stringify(bit)} is cut`, () => {
      const text = filled(bit, MEGABYTE / 2)
      assert.equal(splitText(text, CHUNK_RULES.measured).join(''), text)
      partsOf(text, CHUNK_RULES.large, { numbered: false })
    })
  }

  test('of nested brackets is filtered', () => {
    for (const [open, close] of [
      ['![a](', ')'],
      ['![', '](a)'],
      ['[a](', ')'],
      ['[a](x ', ')'],
      ['*词', '词*'],
    ]) {
      const half = MEGABYTE / 8
      filterMarkdown(`${open?.repeat(half)} ${close?.repeat(half)}`)
      filterMarkdown(`*词*${open?.repeat(half)}${' '.repeat(half)}x${close?.repeat(half)}`)
    }
  })

  test('of anything else is looked at once', () => {
    const long = { qrcode: 'a', qrcode_img_content: filled('a'), status: 'confirmed', ilink_bot_id: filled(' ') }
    for (const read of [readQrCode, readQrStatus]) assert.notEqual(read(reply(long)).kind, 'ok')
    for (const bit of ['-', '@', '(', 'a/1 ', '(a) ', ' ', 'A']) {
      const text = filled(bit)
      for (const read of [accountOf, userKey, sanitiseBotAgent, keyHex]) read(text)
    }
    const part = { start: 'a', end: 'a', startIndex: 1e9, endIndex: 1e9, md5: null }
    assert.equal(findPart(filled('a'), part), null)
    assert.equal(findPart('a'.repeat(65_536), { ...part, start: 'a'.repeat(1024), end: 'a'.repeat(1024) }), null)
    const told = { kind: 'image', plainBytes: null, md5: null, keys: ['00'.repeat(16)], hasUnusableKey: false } as const
    assert.equal(openMedia(Buffer.alloc(MEGABYTE), told).kind, 'wrong_key')
  })
})
