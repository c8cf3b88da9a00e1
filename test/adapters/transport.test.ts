import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
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

async function read(t: TestContext, url: string, proxy: ProxySettings): Promise<{ status: number; text: string }> {
  const transport = createTransport(proxy)
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

  test('follows no redirect: a token is never taken along', async t => {
    const { relayPort, seen } = await network(t)
    assert.equal((await read(t, `http://127.0.0.1:${relayPort}/moved`, DIRECT)).status, 307)
    assert.deepEqual(
      seen.map(one => one.url),
      ['/moved'],
    )
  })
})
