import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  readDone,
  readSent,
  readTypingTicket,
  readUploaded,
  readUploadGrant,
} from '../../../scripts/protocol/ilink/answers.ts'
import { type ErrorClass, transportClass } from '../../../scripts/protocol/ilink/failures.ts'
import { fieldsOf } from '../../../scripts/protocol/ilink/reply.ts'
import { reply } from './replies.ts'

const LOGIN = { kind: 'login_needed', errorClass: 'business', said: null }
const refused = (code: number | null, said: string | null = null) => ({
  kind: 'refused',
  errorClass: 'business',
  code,
  said,
})
const transport = (reason: string) => ({ kind: 'transport', errorClass: 'http', reason })

describe('an answer says no (IL §5, §13)', () => {
  for (const [body, failure] of [
    [{ errcode: -14 }, LOGIN],
    [{ ret: -14 }, LOGIN],
    [{ ret: -14, errcode: -14 }, LOGIN],
    [{ ret: 0, errcode: -14 }, LOGIN],
    [{ ret: -2, errcode: -14 }, LOGIN],
    [{ ret: '-14' }, LOGIN],
    [
      { errcode: -14, errmsg: 'session timeout' },
      { ...LOGIN, said: 'session timeout' },
    ],
    [{ ret: -2 }, refused(-2)],
    [{ ret: -2, errmsg: ' prepare failed ' }, refused(-2, 'prepare failed')],
    [{ ret: -2, errmsg: '' }, refused(-2)],
    [{ ret: -3, errmsg: 'invalid arguments' }, refused(-3, 'invalid arguments')],
    [{ ret: -1 }, refused(-1)],
    [{ ret: 0, errcode: 401 }, refused(401)],
    [{ errcode: 5, ret: 0 }, refused(5)],
    [{ ret: 1.5 }, refused(1.5)],
    [{ ret: 'no' }, refused(null)],
    [{ ret: true }, refused(null)],
    [{ ret: false }, refused(null)],
    [{ ret: [0] }, refused(null)],
    [{ ret: -2, errmsg: { text: 'x' } }, refused(-2)],
  ] as const) {
    test(`with ${JSON.stringify(body)}`, () => assert.deepEqual(fieldsOf(reply(body)), failure))
  }

  test('in words without what they repeat of ours', () => {
    const token = '18ee6a8ea062@im.bot:029bf112d27220f963f0df7c5ebabb6940503dee'
    const failure = fieldsOf(reply({ ret: -3, errmsg: `bad token ${token}, url https://a.example.org/x?k=${token}` }))
    assert.ok(failure.kind === 'refused')
    assert.equal(failure.said, 'bad token […], url https://a.example.org/x?[…]')
  })

  test('in words that can do no harm', () => {
    const failure = fieldsOf(reply({ ret: -2, errmsg: `<|im_start|>\u202e\n${'so '.repeat(300)}` }))
    assert.ok(failure.kind === 'refused')
    assert.match(failure.said ?? '', /^\[token removed\]\\u202e\\n(?:so ){30,60}s?o?$/)
  })
})

describe('an answer says yes', () => {
  for (const body of [
    '{}',
    '{"ret":0}',
    '{"errcode":0}',
    '{"ret":"0","errcode":null}',
    '{"ret":-0}',
    '{"ret":""}',
    '\ufeff{} ',
  ]) {
    test(`with ${JSON.stringify(body)}`, () => assert.equal(fieldsOf(reply(body)).kind, 'fields'))
  }
})

describe('no answer', () => {
  for (const [what, given, reason] of [
    ['a gateway that waits no longer', reply('', { status: 524 }), 'http_524'],
    ['a broken gateway, whatever it says', reply({ ret: 0 }, { status: 502 }), 'http_502'],
    ['a redirect', reply('', { status: 302 }), 'http_302'],
    ['a status that is none', reply('', { status: 0 }), 'http_0'],
    ['a page', reply('<html>'), 'not_json'],
    ['half of one', reply('{"ret":0,"ms', { complete: false }), 'cut'],
    ['a whole one that should be longer', reply('{"ret":0}', { complete: false }), 'cut'],
    ['nothing', reply(''), 'empty_answer'],
    ['blanks', reply(' \n'), 'empty_answer'],
    ['a list', reply('[]'), 'unexpected_answer'],
    ['null', reply('null'), 'unexpected_answer'],
    ['a word', reply('"ok"'), 'unexpected_answer'],
  ] as const) {
    test(`is ${what}`, () => {
      const failure = fieldsOf(given)
      assert.ok(failure.kind === 'transport')
      assert.equal(failure.reason, reason)
    })
  }
})

describe('failures are counted apart', () => {
  const classes: Readonly<Record<Exclude<ErrorClass, 'business'>, readonly string[]>> = {
    dns: ['ENOTFOUND', 'EAI_AGAIN'],
    tcp: ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'EPIPE', 'ETIMEDOUT', 'connect_timeout', 'connection_closed'],
    tls: ['not_tls', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'EPROTO'],
    timeout: ['timeout', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
    http: ['http_524', 'http_401', 'not_json', 'cut', 'empty_answer', 'not_http', 'bad_compression'],
    unknown: ['aborted', 'TypeError', ''],
  }
  for (const [name, reasons] of Object.entries(classes)) {
    test(`as ${name}`, () => {
      for (const reason of reasons) assert.equal(transportClass(reason), name, reason)
    })
  }
})

describe('a message that was sent (IL §6)', () => {
  for (const [body, messageId] of [
    ['', null],
    ['{}', null],
    ['{"ret":0}', null],
    ['{"ret":0,"errmsg":"","message_id":7123456789012254024}', '7123456789012254024'],
    ['{"message_id":"7123456789012254024"}', '7123456789012254024'],
    ['{"message_id":0}', null],
    ['{"message_id":{}}', null],
  ] as const) {
    test(`is accepted with ${JSON.stringify(body)}`, () => {
      assert.deepEqual(readSent(reply(body)), { kind: 'ok', messageId })
    })
  }

  test('is not with a code, wherever it stands', () => {
    assert.deepEqual(readSent(reply({ ret: -2, errmsg: 'prepare failed' })), refused(-2, 'prepare failed'))
    assert.deepEqual(readSent(reply({ errcode: -3 })), refused(-3))
    assert.deepEqual(readSent(reply({ errcode: -14 })), LOGIN)
  })

  test('may or may not be with an answer that nobody can read', () => {
    assert.deepEqual(readSent(reply('<html>')), transport('not_json'))
    assert.deepEqual(readSent(reply('', { complete: false })), transport('cut'))
    assert.deepEqual(readSent(reply('', { status: 502 })), transport('http_502'))
  })
})

describe('notices and typing', () => {
  test('are done with an empty body or an empty object', () => {
    for (const body of ['', '{}', '{"ret":0}']) assert.deepEqual(readDone(reply(body)), { kind: 'ok' })
  })

  test('are not with a code', () => {
    assert.deepEqual(readDone(reply({ ret: -14 })), LOGIN)
    assert.deepEqual(readDone(reply({ ret: -2 })), refused(-2))
  })
})

describe('where an upload goes (IL §7)', () => {
  const url = 'https://cdn.example/c2c/upload?a=b'
  for (const [body, read] of [
    [
      { upload_full_url: url, upload_param: 'p' },
      { kind: 'ok', url, param: null },
    ],
    [{ upload_full_url: ` ${url}\n` }, { kind: 'ok', url, param: null }],
    [
      { upload_full_url: url, ret: -2 },
      { kind: 'ok', url, param: null },
    ],
    [
      { upload_full_url: ' ', upload_param: 'p+/=' },
      { kind: 'ok', url: null, param: 'p+/=' },
    ],
    [
      { upload_full_url: 'file:///x', upload_param: 'p' },
      { kind: 'ok', url: null, param: 'p' },
    ],
    [
      { upload_full_url: 7, upload_param: 'p' },
      { kind: 'ok', url: null, param: 'p' },
    ],
    [{ ret: -2 }, refused(-2)],
    [{ ret: -1, errmsg: 'bad user' }, refused(-1, 'bad user')],
    [{ ret: -14, upload_param: 'p' }, LOGIN],
    [{}, transport('unexpected_answer')],
    [{ ret: 0, upload_param: '' }, transport('unexpected_answer')],
  ] as const) {
    test(`is read from ${JSON.stringify(body)}`, () => assert.deepEqual(readUploadGrant(reply(body)), read))
  }

  test('is nowhere without an answer', () => {
    assert.deepEqual(readUploadGrant(reply('')), transport('empty_answer'))
  })
})

describe('an upload (IL §7)', () => {
  const answer = { status: 200, encryptedParam: 'x+/=', errorMessage: null, text: '' }
  for (const [changes, read] of [
    [{}, { kind: 'ok', param: 'x+/=' }],
    [{ encryptedParam: null }, { kind: 'retry', reason: 'no_param', said: null }],
    [{ encryptedParam: ' ' }, { kind: 'retry', reason: 'no_param', said: null }],
    [{ status: 201 }, { kind: 'retry', reason: 'http_201', said: null }],
    [
      { status: 500, text: 'oops' },
      { kind: 'retry', reason: 'http_500', said: 'oops' },
    ],
    [{ status: 302 }, { kind: 'retry', reason: 'http_302', said: null }],
    [
      { status: 400, errorMessage: 'bad md5', text: 'x' },
      { kind: 'refused', reason: 'http_400', said: 'bad md5' },
    ],
    [
      { status: 404, text: '<p>' },
      { kind: 'refused', reason: 'http_404', said: '<p>' },
    ],
  ] as const) {
    test(`is read from ${JSON.stringify(changes)}`, () => {
      assert.deepEqual(readUploaded({ ...answer, ...changes }), read)
    })
  }
})

describe('the ticket for typing (IL §9)', () => {
  test('comes with a ret of exactly 0', () => {
    assert.deepEqual(readTypingTicket(reply({ ret: 0, typing_ticket: 't' })), { kind: 'ok', ticket: 't' })
  })

  for (const body of [
    { typing_ticket: 't' },
    { ret: '0', typing_ticket: 't' },
    { ret: 0 },
    { ret: 0, typing_ticket: '' },
    {},
  ]) {
    test(`does not come with ${JSON.stringify(body)}`, () => {
      assert.deepEqual(readTypingTicket(reply(body)), transport('unexpected_answer'))
    })
  }

  test('is refused without a user', () => {
    const said = 'ilink_user_id required'
    assert.deepEqual(readTypingTicket(reply({ ret: -2, errmsg: said })), refused(-2, said))
    assert.deepEqual(readTypingTicket(reply({ errcode: -14 })), LOGIN)
  })
})
