import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readQrCode, readQrStatus } from '../../../scripts/protocol/ilink/login.ts'
import { reply } from './replies.ts'

const LINK = 'https://liteapp.weixin.qq.com/q/7GiQu1?qrcode=abc&bot_type=3'

describe('a QR code (IL §3)', () => {
  test('is a key and a link, with a ret or without', () => {
    const body = { qrcode: 'abc', qrcode_img_content: LINK }
    const read = { kind: 'ok', qrcode: 'abc', link: LINK }
    assert.deepEqual(readQrCode(reply(body)), read)
    assert.deepEqual(readQrCode(reply({ ...body, ret: 0 })), read)
  })

  test('is none where the server says no', () => {
    const failure = readQrCode(reply({ ret: -1, errmsg: 'busy', qrcode: 'abc', qrcode_img_content: LINK }))
    assert.deepEqual(failure, { kind: 'refused', errorClass: 'business', code: -1, said: 'busy' })
  })

  for (const body of [
    {},
    { qrcode: 'abc' },
    { qrcode_img_content: LINK },
    { qrcode: '', qrcode_img_content: LINK },
    { qrcode: 'abc', qrcode_img_content: `${LINK}\u001b[2J` },
    { qrcode: 'abc', qrcode_img_content: `https://x/${'a'.repeat(3000)}` },
    { qrcode: '\ud800', qrcode_img_content: LINK },
    { qrcode: { a: 1 }, qrcode_img_content: LINK },
  ]) {
    test(`is none in ${JSON.stringify(body).slice(0, 60)}`, () => {
      const failure = readQrCode(reply(body))
      assert.deepEqual(failure, { kind: 'transport', errorClass: 'http', reason: 'unexpected_answer' })
    })
  }
})

describe('the state of a QR code (IL §3)', () => {
  const confirmed = {
    status: 'confirmed',
    bot_token: '0123456789ab@im.bot:secret',
    ilink_bot_id: '0123456789ab@im.bot',
    baseurl: 'https://sz.ilinkai.weixin.qq.com',
    ilink_user_id: 'oXyZ@im.wechat',
  }
  const credentials = {
    token: '0123456789ab@im.bot:secret',
    botId: '0123456789ab@im.bot',
    baseUrl: 'https://sz.ilinkai.weixin.qq.com',
    userId: 'oXyZ@im.wechat',
  }

  for (const [body, status] of [
    [{ ret: 0, status: 'wait' }, { kind: 'wait' }],
    [{ status: 'scaned' }, { kind: 'scaned' }],
    [{ status: 'scanned' }, { kind: 'scaned' }],
    [{ status: 'need_verifycode' }, { kind: 'need_verifycode' }],
    [{ status: 'verify_code_blocked' }, { kind: 'verify_code_blocked' }],
    [{ status: 'expired' }, { kind: 'expired' }],
    [{ status: 'binded_redirect' }, { kind: 'binded_redirect' }],
    [
      { status: 'scaned_but_redirect', redirect_host: 'sz.ilinkai.weixin.qq.com' },
      { kind: 'scaned_but_redirect', host: 'sz.ilinkai.weixin.qq.com' },
    ],
    [{ status: 'scaned_but_redirect' }, { kind: 'scaned_but_redirect', host: null }],
    [
      { status: 'scaned_but_redirect', redirect_host: 'a/../b' },
      { kind: 'scaned_but_redirect', host: null },
    ],
    [confirmed, { kind: 'confirmed', credentials }],
    [{ status: 'ascended' }, { kind: 'unknown' }],
    [{ status: 5 }, { kind: 'unknown' }],
    [{ status: '__proto__' }, { kind: 'unknown' }],
    [{}, { kind: 'unknown' }],
  ] as const) {
    test(`is read from ${JSON.stringify(body).slice(0, 70)}`, () => assert.deepEqual(readQrStatus(reply(body)), status))
  }

  for (const [changes, expected] of [
    [{ baseurl: undefined, base_url: 'https://b.example/' }, { baseUrl: 'https://b.example' }],
    [{ baseurl: 'https://a.example', base_url: 'https://b.example' }, { baseUrl: 'https://a.example' }],
    [{ baseurl: undefined }, { baseUrl: null }],
    [{ baseurl: '' }, { baseUrl: null }],
    [{ baseurl: 'http://sniffer.example' }, { baseUrl: null }],
    [{ ilink_user_id: undefined }, { userId: null }],
    [{ bot_token: ' a:b\n' }, { token: 'a:b' }],
  ] as const) {
    test(`brings credentials with ${JSON.stringify(changes)}`, () => {
      assert.deepEqual(readQrStatus(reply({ ...confirmed, ...changes })), {
        kind: 'confirmed',
        credentials: { ...credentials, ...expected },
      })
    })
  }

  for (const [changes, missing] of [
    [{ ilink_bot_id: undefined }, 'ilink_bot_id'],
    [{ ilink_bot_id: '' }, 'ilink_bot_id'],
    [{ bot_token: undefined }, 'bot_token'],
    [{ bot_token: 'two lines\nof it' }, 'bot_token'],
    [{ bot_token: 7 }, 'bot_token'],
  ] as const) {
    test(`is no login with ${JSON.stringify(changes)}`, () => {
      assert.deepEqual(readQrStatus(reply({ ...confirmed, ...changes })), { kind: 'incomplete', missing })
    })
  }

  test('is not known where there is no answer', () => {
    const failure = readQrStatus(reply('', { status: 524 }))
    assert.deepEqual(failure, { kind: 'transport', errorClass: 'http', reason: 'http_524' })
  })
})
