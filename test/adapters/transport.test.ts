import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { avoidingLinkLocal, createTransport } from '../../scripts/adapters/transport.ts'
import type { ProxySettings } from '../../scripts/core/environment.ts'
import { listen } from '../support/listen.ts'

/** A relay of one answer, and a proxy that counts whom it connected. */
async function network(t: TestContext) {
  const seen: { url: string | undefined; headers: Record<string, unknown> }[] = []
  const relay = createServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers })
    if (request.url === '/moved') response.writeHead(307, { location: '/elsewhere' })
    response.end('收件箱为空')
  })
  const connected: string[] = []
  const proxy = createServer((request, response) => {
    const target = new URL(request.url ?? '')
    connected.push(target.host)
    get(target, answer => answer.pipe(response))
  })
  return { relayPort: await listen(t, relay), proxyPort: await listen(t, proxy), seen, connected }
}

async function read(
  t: TestContext,
  url: string,
  proxy: ProxySettings,
  options: { forPushes?: boolean } = {},
): Promise<{ status: number; text: string }> {
  const transport = createTransport(proxy, options)
  t.after(() => transport.close())
  const answer = await transport.fetch(url, { method: 'GET', headers: {}, redirect: 'manual' })
  const reader = answer.body?.getReader()
  const chunks: Uint8Array[] = []
  for (;;) {
    const next = await reader?.read()
    if (next === undefined || next.done) break
    if (next.value !== undefined) chunks.push(next.value)
  }
  return { status: answer.status, text: Buffer.concat(chunks).toString() }
}

const DIRECT: ProxySettings = { http: '', https: '', except: '' }

describe('the way to the network', () => {
  test('is direct without a proxy, each request on a connection of its own', async t => {
    const { relayPort, seen, connected } = await network(t)
    assert.equal((await read(t, `http://127.0.0.1:${relayPort}/messages`, DIRECT)).text, '收件箱为空')
    assert.equal(seen[0]?.headers['connection'], 'close')
    assert.deepEqual(connected, [])
  })

  test('goes through the proxy that the environment names', async t => {
    const { relayPort, proxyPort, connected } = await network(t)
    const proxy = { ...DIRECT, http: `http://127.0.0.1:${proxyPort}` }
    assert.equal((await read(t, `http://127.0.0.1:${relayPort}/messages`, proxy)).text, '收件箱为空')
    assert.deepEqual(connected, [`127.0.0.1:${relayPort}`])
  })

  test('but not for hosts that NO_PROXY names', async t => {
    const { relayPort, proxyPort, connected } = await network(t)
    const proxy = { http: `http://127.0.0.1:${proxyPort}`, https: '', except: '127.0.0.1' }
    assert.equal((await read(t, `http://127.0.0.1:${relayPort}/messages`, proxy)).text, '收件箱为空')
    assert.deepEqual(connected, [])
  })

  test('of pushes goes past the proxy to programs of this machine, and keeps its connection', async t => {
    const { relayPort, proxyPort, seen, connected } = await network(t)
    const proxy = { http: `http://127.0.0.1:${proxyPort}`, https: '', except: 'elsewhere.example' }
    for (const host of ['127.0.0.1', 'localhost']) {
      const answer = await read(t, `http://${host}:${relayPort}/hook`, proxy, { forPushes: true })
      assert.deepEqual(answer, { status: 200, text: '收件箱为空' })
    }
    assert.deepEqual(connected, [])
    assert.equal(seen[0]?.headers['connection'], 'keep-alive')
  })

  test('of pushes follows no redirect either', async t => {
    const { relayPort, seen } = await network(t)
    assert.equal((await read(t, `http://127.0.0.1:${relayPort}/moved`, DIRECT, { forPushes: true })).status, 307)
    assert.equal(seen.length, 1)
  })

  for (const [found, allowed] of [
    [['169.254.169.254'], null],
    [['fe80::1', '169.254.0.1', 'fd00:ec2::254', '::ffff:169.254.169.254'], null],
    [
      ['169.254.169.254', '192.0.2.7', 'fe80::1', '2001:db8::7'],
      ['192.0.2.7', '2001:db8::7'],
    ],
    [
      ['10.0.0.1', '192.168.1.1'],
      ['10.0.0.1', '192.168.1.1'],
    ],
  ] as const) {
    test(`of pushes is led to ${allowed?.join(' and ') ?? 'nobody'} by a name of ${found.join(', ')}`, () => {
      const addresses = found.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
      const lookup = avoidingLinkLocal((_name, _options, callback) => callback(null, addresses))
      lookup('metadata.example', { all: true }, (error, all) => {
        assert.equal(error?.code, allowed === null ? 'ELINKLOCAL' : undefined)
        if (allowed !== null) assert.deepEqual(Array.isArray(all) && all.map(one => one.address), [...allowed])
      })
      lookup('metadata.example', {}, (error, one) => {
        assert.equal(error?.code, allowed === null ? 'ELINKLOCAL' : undefined)
        if (allowed !== null) assert.equal(one, allowed[0])
      })
    })
  }

  test('follows no redirect: a token is never taken along', async t => {
    const { relayPort, seen } = await network(t)
    assert.equal((await read(t, `http://127.0.0.1:${relayPort}/moved`, DIRECT)).status, 307)
    assert.deepEqual(
      seen.map(one => one.url),
      ['/moved'],
    )
  })
})
