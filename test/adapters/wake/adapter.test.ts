import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { poke } from '../../../scripts/adapters/wake/adapter.ts'
import type { FetchLike } from '../../../scripts/core/fetch.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { answer, networkError } from '../../support/scripted-relay.ts'
import { waitFor } from '../../support/wait-for.ts'
import { configFor, HOOK_WORD, pokeOnce, says, startGateway } from './gateway.ts'

const OK = { ok: true, mode: 'now', eventOutcome: 'queued' }

describe('on the wire', () => {
  test('a wake is its text, for now', async t => {
    const gateway = await startGateway(t, says(200, OK))
    const { bytes } = await gateway.poke({ text: '3 unread messages' })
    const [request] = gateway.requests
    assert.equal(`${request?.method} ${request?.path}`, 'POST /hooks/wake')
    assert.deepEqual(JSON.parse(request?.body ?? ''), { text: '3 unread messages', mode: 'now' })
    assert.equal(request?.headers['authorization'], `Bearer ${HOOK_WORD}`)
    assert.equal(request?.headers['content-type'], 'application/json')
    assert.equal(bytes, request?.body.length)
  })

  test('a wake of one agent in one session names both', async t => {
    const gateway = await startGateway(t, says(200, OK))
    await gateway.poke({ config: { agentId: 'reader', sessionKey: 'hook:openwechat' } })
    const body = JSON.parse(gateway.requests[0]?.body ?? '')
    assert.deepEqual([body.agentId, body.sessionKey], ['reader', 'hook:openwechat'])
  })

  test('a turn of an agent has a message, our name and a key against repetition', async t => {
    const gateway = await startGateway(t, says(200, { ok: true, runId: 'r' }))
    await gateway.poke({ config: { mode: 'agent', agentId: 'reader' }, text: '1 unread message', eventId: 'wake-7' })
    const [request] = gateway.requests
    assert.equal(request?.path, '/hooks/agent')
    assert.equal(request?.headers['idempotency-key'], 'wake-7')
    assert.deepEqual(JSON.parse(request?.body ?? ''), {
      message: '1 unread message',
      name: 'openwechat-im-client',
      deliver: true,
      agentId: 'reader',
    })
  })

  test('a mapping gets a small object, and decides by itself who reads', async t => {
    const gateway = await startGateway(t, says(200, { ok: true, runId: 'r' }))
    const config = { mode: 'mapping', mapping: 'openwechat', agentId: 'reader', sessionKey: 'hook:x' } as const
    await gateway.poke({ config, text: '1 unread message', eventId: 'wake-7' })
    const [request] = gateway.requests
    assert.equal(request?.path, '/hooks/openwechat')
    assert.equal(request?.headers['idempotency-key'], 'wake-7')
    assert.deepEqual(JSON.parse(request?.body ?? ''), {
      source: 'openwechat-im-client',
      id: 'wake-7',
      text: '1 unread message',
    })
  })

  test('the token is in no address', async t => {
    const gateway = await startGateway(t, says(200, OK))
    for (const mode of ['wake', 'agent', 'mapping'] as const) await gateway.poke({ config: { mode, mapping: 'm' } })
    for (const { path, body } of gateway.requests) assert.doesNotMatch(`${path}${body}`, new RegExp(HOOK_WORD))
  })
})

describe('a gateway', () => {
  test('that leads elsewhere is not followed', async t => {
    const gateway = await startGateway(t, says(307, '', { location: '/elsewhere' }))
    const { kind, reason, advice } = await gateway.poke()
    assert.deepEqual([kind, reason], ['refused', 'http_307'])
    assert.match(advice?.en ?? '', /put the final address into wake\.url/)
    assert.equal(gateway.requests.length, 1)
  })

  test('that is not there is told from one that broke off', async t => {
    const outcome = await pokeOnce(t, { config: { url: `http://127.0.0.1:${await closedPort()}/hooks` } })
    assert.deepEqual([outcome.kind, outcome.reason, outcome.httpStatus], ['unavailable', 'ECONNREFUSED', null])
    assert.equal(outcome.mayHaveArrived, false)
    assert.match(outcome.advice?.en ?? '', /^Nothing listens at 127\.0\.0\.1:\d+: start the OpenClaw gateway/)
  })

  test('that breaks off may have taken it', async t => {
    const gateway = await startGateway(t, response => response.destroy())
    const outcome = await gateway.poke()
    assert.deepEqual([outcome.kind, outcome.httpStatus, outcome.mayHaveArrived], ['unavailable', null, true])
  })

  test('that breaks off within its answer has taken it, and is doubted', async t => {
    const gateway = await startGateway(t, response => {
      response.writeHead(200, { 'content-length': '100' }).write('{"ok":')
      setImmediate(() => response.destroy())
    })
    const { kind, reason } = await gateway.poke()
    assert.deepEqual([kind, reason], ['taken', 'unexpected_answer'])
  })

  test('that never ends its answer is read up to 64 kB', async t => {
    let written = 0
    const gateway = await startGateway(t, response => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384))) written += 16_384
      }
      response.on('drain', more)
      more()
    })
    assert.equal((await gateway.poke()).reason, 'unexpected_answer')
    assert.ok(written < 64 * 1024 * 1024)
  })

  for (const [mode, limitMs] of [
    ['wake', 5000],
    ['agent', 20_000],
    ['mapping', 20_000],
  ] as const) {
    test(`that says nothing is given up after ${limitMs / 1000} s in mode ${mode}, and may have taken it`, async t => {
      const clock = createFakeClock()
      const gateway = await startGateway(t, () => undefined)
      const asked = gateway.poke({ clock, config: { mode, mapping: 'm' } })
      await waitFor('the request', () => gateway.requests.length === 1)
      clock.advance(limitMs - 1)
      assert.equal(clock.pending(), 1, 'still waiting')
      clock.advance(1)
      const outcome = await asked
      assert.deepEqual([outcome.kind, outcome.reason, outcome.mayHaveArrived], ['unavailable', 'timeout', true])
    })
  }

  test('that speaks no TLS is told so', async t => {
    const { port } = await startGateway(t, says(200, OK))
    const outcome = await pokeOnce(t, { config: { url: `https://127.0.0.1:${port}/hooks` } })
    assert.deepEqual([outcome.kind, outcome.reason, outcome.mayHaveArrived], ['unavailable', 'not_tls', false])
    assert.match(outcome.advice?.en ?? '', /says https/)
  })

  test('that is called localhost is found on the IPv4 address', async t => {
    const gateway = await startGateway(t, says(200, OK))
    assert.equal((await gateway.poke({ config: { url: `http://localhost:${gateway.port}/hooks` } })).kind, 'taken')
  })
})

describe('the name localhost', () => {
  async function asking(url: string, fail: (address: string) => Error | null) {
    const asked: string[] = []
    const fetch: FetchLike = address => {
      asked.push(address)
      const error = fail(address)
      return error === null ? Promise.resolve(answer(JSON.stringify(OK))) : Promise.reject(error)
    }
    const clock = createFakeClock()
    const log = createLogger({ clock, level: 'silent', write: () => undefined })
    const signal = new AbortController().signal
    const { kind } = await poke(configFor(url), { text: 't', eventId: 'e' }, { fetch, clock, log, signal })
    return { asked, kind }
  }

  test('that leads to an address where nobody is, is asked on the IPv4 one', async () => {
    const { asked, kind } = await asking('http://localhost:18789/hooks', address =>
      address.includes('localhost') ? networkError('ECONNREFUSED') : null,
    )
    assert.deepEqual(asked, ['http://localhost:18789/hooks/wake', 'http://127.0.0.1:18789/hooks/wake'])
    assert.equal(kind, 'taken')
  })

  test('is asked once where the request may have arrived', async () => {
    const { asked } = await asking('http://localhost:18789/hooks', () => networkError('ECONNRESET'))
    assert.equal(asked.length, 1)
  })

  test('is the only one with a second address', async () => {
    const { asked } = await asking('http://127.0.0.1:18789/hooks', () => networkError('ECONNREFUSED'))
    assert.equal(asked.length, 1)
  })
})

test('who stops gets no outcome', async t => {
  const stopping = new AbortController()
  const gateway = await startGateway(t, () => stopping.abort(new DOMException('over', 'AbortError')))
  await assert.rejects(gateway.poke({ signal: stopping.signal }), { name: 'AbortError', message: 'over' })
})

/** Nobody listens there any more. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 1
}
