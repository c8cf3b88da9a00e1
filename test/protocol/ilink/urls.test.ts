import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  API_BASE,
  CALLS,
  CDN_BASE,
  callUrl,
  cdnDownloadUrl,
  cdnUploadUrl,
  hostIn,
  mediaUrl,
  ownUrl,
  qrStatusUrl,
} from '../../../scripts/protocol/ilink/urls.ts'
import { hostileText } from '../../support/arbitraries.ts'

describe('where requests go (IL §1)', () => {
  for (const [call, url] of [
    ['getQrCode', '/get_bot_qrcode?bot_type=3'],
    ['getUpdates', '/getupdates'],
    ['sendMessage', '/sendmessage'],
    ['getUploadUrl', '/getuploadurl'],
    ['getConfig', '/getconfig'],
    ['sendTyping', '/sendtyping'],
    ['notifyStart', '/msg/notifystart'],
    ['notifyStop', '/msg/notifystop'],
  ] as const) {
    test(`${call}: ${url}`, () => {
      assert.equal(callUrl(API_BASE, call), `https://ilinkai.weixin.qq.com/ilink/bot${url}`)
      assert.equal(CALLS[call].method, 'POST')
    })
  }

  test('the state of a QR code: by GET, with what the phone showed if it did', () => {
    const path = `${API_BASE}/ilink/bot/get_qrcode_status`
    assert.equal(CALLS.getQrStatus.method, 'GET')
    assert.equal(qrStatusUrl(API_BASE, { qrcode: 'a+b/c=' }), `${path}?qrcode=a%2Bb%2Fc%3D`)
    assert.equal(
      qrStatusUrl(API_BASE, { qrcode: 'q', verifyCode: '12&qrcode=x' }),
      `${path}?qrcode=q&verify_code=12%26qrcode%3Dx`,
    )
  })

  test('the patience is longer than what is held', () => {
    assert.ok(CALLS.getQrStatus.timeoutMs > 35_000)
    assert.ok(CALLS.getUpdates.timeoutMs > 35_000)
  })

  test('under a path, with a slash at its end or without', () => {
    for (const base of ['https://hub.example/wx', 'https://hub.example/wx/']) {
      assert.equal(callUrl(base, 'getUpdates'), 'https://hub.example/wx/ilink/bot/getupdates')
    }
  })

  test('to the CDN with a parameter', () => {
    assert.equal(
      cdnUploadUrl(CDN_BASE, { param: 'a+/=&', fileKey: '0a' }),
      'https://novac2c.cdn.weixin.qq.com/c2c/upload?encrypted_query_param=a%2B%2F%3D%26&filekey=0a',
    )
    assert.equal(cdnDownloadUrl(CDN_BASE, 'p'), `${CDN_BASE}/download?encrypted_query_param=p`)
  })
})

describe('an address where our token goes', () => {
  for (const [given, used] of [
    ['https://sz.ilinkai.weixin.qq.com', 'https://sz.ilinkai.weixin.qq.com'],
    [' https://sz.ilinkai.weixin.qq.com/ ', 'https://sz.ilinkai.weixin.qq.com'],
    ['https://hub.example:8443/wx/', 'https://hub.example:8443/wx'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['http://sz.ilinkai.weixin.qq.com', null],
    ['http://127.0.0.1.example.org', null],
    ['https://user:word@example.org', null],
    ['https://example.org/?a=b', null],
    ['https://example.org/#a', null],
    ['ftp://example.org', null],
    ['file:///etc/passwd', null],
    ['example.org', null],
    ['', null],
    [7, null],
    [null, null],
    [`https://example.org/${'a'.repeat(9000)}`, null],
  ] as const) {
    test(`is one that nobody listens in on: ${JSON.stringify(given).slice(0, 50)}`, () => {
      assert.equal(ownUrl(given), used)
    })
  }
})

describe('an address of media', () => {
  for (const [given, used] of [
    ['https://cdn.example/c2c/download?x=1&y=%2F', 'https://cdn.example/c2c/download?x=1&y=%2F'],
    ['http://cdn.example/a', 'http://cdn.example/a'],
    ['file:///etc/passwd', null],
    ['https://a:b@cdn.example/a', null],
    ['', null],
    [{}, null],
  ] as const) {
    test(`is one of the web: ${JSON.stringify(given)}`, () => assert.equal(mediaUrl(given), used))
  }
})

describe('a host to go on at', () => {
  for (const [given, used] of [
    ['sz.ilinkai.weixin.qq.com', 'sz.ilinkai.weixin.qq.com'],
    ['127.0.0.1:4711', '127.0.0.1:4711'],
    ['evil.example/path', null],
    ['user@evil.example', null],
    ['evil.example?', null],
    ['a b', null],
    ['.', null],
    ['', null],
    [undefined, null],
  ] as const) {
    test(`is a name and nothing more: ${JSON.stringify(given)}`, () => assert.equal(hostIn(given), used))
  }

  test('stays the whole host of the address that it is put into', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText(4), fc.domain(), fc.ipV4()), text => {
        const host = hostIn(text)
        const url = host === null ? null : URL.parse(`https://${host}/ilink`)
        if (url !== null) assert.deepEqual([url.username, url.pathname, url.search], ['', '/ilink', ''])
      }),
      { numRuns: 500 },
    )
  })
})
