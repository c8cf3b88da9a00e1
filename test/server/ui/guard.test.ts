import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { describe, test } from 'node:test'
import { startSite } from './site.ts'
import { type Reply, requestHead } from './wire.ts'

const PATHS = ['/', '/views/main.js', '/openwechat_im_client/conversations.md', '/openwechat_im_client/config.json']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']

function assertProtected(reply: Reply): void {
  const { headers } = reply
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'self'; /)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('referrer-policy'), 'no-referrer')
  assert.equal(headers.get('x-frame-options'), 'DENY')
  assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin')
  assert.equal(headers.get('access-control-allow-origin'), undefined)
  assert.notEqual(headers.get('cache-control'), undefined)
}

describe('who may ask', () => {
  test('every combination of host, origin, site, method and path is answered by the same few rules', async t => {
    const site = await startSite(t)
    const { port } = site
    const wire = site.wire()
    const own = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`]
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `localhost.:${port}`,
      '',
    ]
    const sites = [undefined, 'same-origin', 'none', 'same-site', 'cross-site']
    for (const host of [...own, ...foreign]) {
      const isOwn = own.includes(host)
      const origins = [undefined, `http://${host.toLowerCase()}`, `https://${host}`, 'http://evil.example', 'null']
      for (const [i, origin] of origins.entries()) {
        for (const fetchSite of sites) {
          for (const method of isOwn ? METHODS : ['GET', 'POST']) {
            for (const path of PATHS) {
              const headers = {
                Host: host,
                ...(origin === undefined ? {} : { Origin: origin }),
                ...(fetchSite === undefined ? {} : { 'Sec-Fetch-Site': fetchSite }),
              }
              const reply = await wire.ask(requestHead(method, path, headers), { isHead: method === 'HEAD' })
              const isForeign = i > 1 || fetchSite === 'same-site' || fetchSite === 'cross-site'
              const isRead = method === 'GET' || method === 'HEAD'
              const found = path.endsWith('config.json') ? 404 : 200
              const expected = !isOwn ? 421 : isForeign ? 403 : !isRead ? 405 : found
              assert.equal(reply.status, expected, `${method} ${path} ${JSON.stringify(headers)}`)
              assertProtected(reply)
              if (expected === 405) assert.equal(reply.headers.get('allow'), 'GET, HEAD')
              if (expected !== 200) assert.doesNotMatch(reply.raw, /shown|the page|the view/)
            }
          }
        }
      }
    }
  })

  test('a host that is missing or named twice is none of ours', async t => {
    const site = await startSite(t)
    const twice = `GET / HTTP/1.1\r\nHost: ${site.host}\r\nHost: evil.example\r\n\r\n`
    assert.equal((await site.wire().ask(twice)).status, 421)
    const missing = await site.wire().ask('GET / HTTP/1.1\r\n\r\n')
    assert.equal(missing.status, 400)
    assert.equal((await site.wire().ask('GET / HTTP/1.0\r\n\r\n')).status, 421)
  })

  test('somebody who follows a link of another page is told how to come in', async t => {
    const site = await startSite(t)
    const reply = await site.wire().get('/', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document' })
    assert.equal(reply.status, 403)
    assert.match(reply.headers.get('content-type') ?? '', /^text\/plain/)
    assert.match(reply.body.toString(), /address bar[\s\S]*地址栏/)
  })

  test('a target for a proxy, a tunnel, and no HTTP at all are refused with every header', async t => {
    const site = await startSite(t)
    const cases: readonly (readonly [string, number])[] = [
      [requestHead('GET', `http://${site.host}/`, { Host: site.host }), 400],
      [requestHead('GET', 'http://evil.example/', { Host: site.host }), 400],
      [requestHead('OPTIONS', '*', { Host: site.host }), 400],
      [requestHead('CONNECT', site.host, { Host: site.host }), 405],
      ['nonsense\r\n\r\n', 400],
      [requestHead('GET', '/', { Host: site.host, 'X-Long': 'x'.repeat(40_000) }), 431],
      [requestHead('POST', '/', { Host: site.host, Expect: '100-continue', 'Content-Length': '5' }), 405],
      [requestHead('GET', '/', { Host: site.host, Expect: 'miracles' }), 200],
    ]
    for (const [head, status] of cases) {
      const reply = await site.wire().ask(head)
      assert.equal(reply.status, status, head.slice(0, 80))
      assertProtected(reply)
    }
  })

  test('what becomes no request never gets into an answer that is under way', async t => {
    const site = await startSite(t)
    const socket = createConnection({ port: site.port, host: '127.0.0.1' })
    t.after(() => socket.destroy())
    let received = ''
    socket.on('data', piece => {
      received += String(piece)
      if (received.includes('event: state') && !received.includes('sent')) socket.write('nonsense\r\n\r\n')
    })
    socket.write(requestHead('GET', '/live', { Host: site.host }))
    await once(socket, 'close')
    assert.match(received, /event: state/)
    assert.doesNotMatch(received, /400 Bad Request/)
  })
})

describe('whoever is slow', () => {
  test('with the head of a request is sent away', async t => {
    const site = await startSite(t, { limits: { headMs: 50, requestMs: 50, checkEveryMs: 20 } })
    const reply = await site.wire().ask('GET / HTTP/1.1\r\nHost: ')
    assert.equal(reply.status, 408)
    assertProtected(reply)
  })

  test('and says nothing at all is hung up on', async t => {
    const site = await startSite(t, { limits: { silenceMs: 50 } })
    const socket = createConnection({ port: site.port, host: '127.0.0.1' })
    socket.resume()
    await once(socket, 'close')
    assert.equal(socket.bytesRead, 0)
  })
})
