import assert from 'node:assert/strict'
import { createServer as createSecureServer } from 'node:https'
import { describe, type TestContext, test } from 'node:test'
import { webhookSink } from '../../../scripts/adapters/webhook/push.ts'
import type { OutboundWebhook } from '../../../scripts/core/config.ts'
import { EVENT_NAMES } from '../../../scripts/core/events.ts'
import { resumeSink } from '../../../scripts/store/sinks.ts'
import { pushTo } from '../../engine/delivery/real-sink.ts'
import { type Certificate, tlsFiles } from '../../support/hostile/certificates.ts'
import { listen } from '../../support/listen.ts'
import { type Answer, startReceiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'

const WEBHOOK: OutboundWebhook = {
  name: 'ops',
  url: 'http://127.0.0.1:9/hook',
  events: EVENT_NAMES,
  secret: 'webhook-signing-secret',
  enabled: true,
  retries: 3,
  retryDelayMs: 5000,
  timeoutMs: 10_000,
  retryStatusCodes: [500, 502, 503, 504],
}

/** The first request gets that answer, every other one 200. */
async function afterOne(t: TestContext, answer: Answer, change: Partial<OutboundWebhook> = {}) {
  const receiver = await startReceiver(t)
  receiver.answer((_, number) => (number === 1 ? answer : 200))
  const to = await pushTo(t, webhookSink({ ...WEBHOOK, url: receiver.url, ...change }))
  await to.run.queue('a1', 'a2')
  return { ...to, receiver }
}

const elsewhere = (status: number): Answer => ({ status, headers: { Location: '/elsewhere' } })

describe('an answer that means yes', () => {
  const answers: readonly (readonly [string, Answer])[] = [
    ...[200, 201, 202, 203, 204, 205, 206, 226, 299].map(status => [String(status), status] as const),
    ['200 and half of its body', 'half'],
    ['200 and a body beyond every bound', { status: 200, body: 'x'.repeat(1024 * 1024) }],
    ['200 and a wish to be left alone', { status: 200, headers: { 'Retry-After': '60' } }],
  ]
  for (const [name, answer] of answers) {
    test(`${name}: delivered, and the next one goes out at once`, async t => {
      const to = await afterOne(t, answer)
      await to.tried(2)
      assert.deepEqual(to.tries(), [
        ['a1', 1, null],
        ['a2', 1, null],
      ])
      assert.deepEqual(to.counts(), { waiting: 0, delivered: 2, dead: 0 })
      assert.deepEqual(to.run.states, [])
    })
  }

  test('200 and a body that never ends: delivered when the time is over', async t => {
    const to = await afterOne(t, 'stall')
    await waitFor('asked', () => to.receiver.requests.length === 1)
    await waitFor('delivered', () => to.rows().length === 2, { meanwhile: () => to.run.clock.advance(1000) })
    assert.deepEqual(to.counts(), { waiting: 0, delivered: 2, dead: 0 })
  })
})

describe('an answer that means no', () => {
  const answers: readonly (readonly [number, Answer])[] = [
    ...[300, 301, 302, 303, 304, 305, 307, 308].map(status => [status, elsewhere(status)] as const),
    ...[400, 401, 402, 403, 404, 405, 406, 408, 409, 411, 413, 415, 418, 422, 423, 425, 426, 428, 431, 451].map(
      status => [status, status] as const,
    ),
    ...[501, 505, 507, 508, 511, 520, 599].map(status => [status, status] as const),
  ]
  for (const [status, answer] of answers) {
    test(`${status}: given up at once, nobody is followed anywhere, and the next one goes out`, async t => {
      const to = await afterOne(t, answer)
      await to.tried(2)
      assert.deepEqual(to.tries(), [
        ['a1', 1, `http_${status}`],
        ['a2', 1, null],
      ])
      assert.deepEqual(to.dead(), [['a1', `http_${status}`]])
      assert.deepEqual(to.counts(), { waiting: 0, delivered: 1, dead: 1 })
      assert.deepEqual(
        to.run.states.map(({ state, reason }) => [state, reason]),
        [
          ['refused', `http_${status}`],
          ['working', null],
        ],
      )
      assert.deepEqual(
        [...new Set(to.receiver.requests.map(({ method, path }) => `${method} ${path}`))],
        ['POST /hook'],
      )
    })
  }

  test('a redirect to another host: nothing goes there', async t => {
    const other = await startReceiver(t)
    const to = await afterOne(t, { status: 307, headers: { Location: other.url } })
    await to.tried(2)
    assert.equal(other.requests.length, 0)
    assert.deepEqual(to.dead(), [['a1', 'http_307']])
  })

  for (const retryStatusCodes of [WEBHOOK.retryStatusCodes, [410, 500]]) {
    test(`410, retried codes ${retryStatusCodes.join(' ')}: given up, and nothing goes out until the owner says so`, async t => {
      const to = await afterOne(t, 410, { retryStatusCodes })
      await to.tried(1)
      await waitFor('paused', () => to.run.states.at(-1)?.state === 'paused')
      to.run.clock.advance(86_400_000)
      await to.run.queue('a3')
      assert.deepEqual(to.counts(), { waiting: 2, delivered: 0, dead: 1 })
      assert.equal(to.run.state()?.paused, 'http_410')
      assert.equal(to.receiver.requests.length, 1)
      await to.run.writer.write(database => resumeSink(database, 'webhook:ops'))
      to.run.loop.lookAgain()
      await to.tried(3)
      assert.deepEqual(to.tries().slice(1), [
        ['a2', 1, null],
        ['a3', 1, null],
      ])
    })
  }
})

describe('an answer that means later', () => {
  const answers: readonly (readonly [string, Answer, string, Partial<OutboundWebhook>?])[] = [
    ...[429, 500, 502, 503, 504].map(status => [String(status), status, `http_${status}`] as const),
    ['429 that is in no list', 429, 'http_429', { retryStatusCodes: [] }],
    ['418 that the owner lists', 418, 'http_418', { retryStatusCodes: [418] }],
    ['404 that the owner lists', 404, 'http_404', { retryStatusCodes: [404, 599] }],
    ['599 that the owner lists', 599, 'http_599', { retryStatusCodes: [404, 599] }],
    ['a connection that is cut', 'reset', 'connection_closed'],
    ['an answer that is no HTTP', { raw: 'SSH-2.0-OpenSSH_9.6\r\n' }, 'not_http'],
    ['an empty answer', { raw: '' }, 'connection_closed'],
    ['half of a head', { raw: 'HTTP/1.1 200 OK\r\nContent-' }, 'connection_closed'],
    ['a head beyond every bound', { raw: `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n` }, 'head_too_large'],
  ]
  for (const [name, answer, reason, change = {}] of answers) {
    test(`${name}: the same once more after 5 s, and what is behind it waits`, async t => {
      const to = await afterOne(t, answer, change)
      await to.tried(1)
      await waitFor('told', () => to.run.states.length === 1)
      assert.deepEqual(to.counts(), { waiting: 2, delivered: 0, dead: 0 })
      assert.deepEqual([to.run.states[0]?.state, to.run.states[0]?.reason], ['failing', reason])
      assert.deepEqual([to.run.state()?.lastReason, to.run.state()?.lastSuccessAt], [reason, null])
      assert.equal(await to.toNextTry(), 5000)
      await to.tried(3)
      assert.deepEqual(to.tries(), [
        ['a1', 1, reason],
        ['a1', 2, null],
        ['a2', 1, null],
      ])
      assert.deepEqual(to.counts(), { waiting: 0, delivered: 2, dead: 0 })
      assert.equal(to.run.states.at(-1)?.state, 'working')
    })
  }

  test('a code that the owner lists while a message waits is tried again from then on', async t => {
    const to = await afterOne(t, 500, { retryStatusCodes: [500] })
    await to.tried(1)
    to.receiver.answer((_, number) => (number === 2 ? 418 : 200))
    const webhook = { ...WEBHOOK, url: to.receiver.url, retryStatusCodes: [418] }
    to.run.loop.changed(to.run.watched(webhookSink(webhook)))
    await to.tried(2)
    await waitFor('told', () => to.run.states.at(-1)?.reason === 'http_418')
    // The second try of the same schedule.
    assert.equal(await to.toNextTry(), 10_000)
    await to.tried(4)
    assert.deepEqual(to.counts(), { waiting: 0, delivered: 2, dead: 0 })
  })

  test('500 that the owner does not list any more is final', async t => {
    const to = await afterOne(t, 500, { retryStatusCodes: [503] })
    await to.tried(2)
    assert.deepEqual(to.dead(), [['a1', 'http_500']])
  })

  test('each try is signed anew, with the id and the body of the first', async t => {
    const to = await afterOne(t, 503)
    await to.tried(1)
    await to.toNextTry()
    await to.tried(3)
    const [first, second] = to.receiver.requests
    assert.deepEqual(second?.body, first?.body)
    const headers = (name: string) => [first?.headers[name], second?.headers[name]]
    assert.deepEqual(headers('x-webhook-id'), ['evt_a1', 'evt_a1'])
    assert.deepEqual(headers('webhook-id'), ['evt_a1', 'evt_a1'])
    assert.deepEqual(headers('x-webhook-attempt'), ['1', '2'])
    assert.equal(Number(second?.headers['webhook-timestamp']), Number(first?.headers['webhook-timestamp']) + 5)
    assert.equal(second?.headers['x-webhook-signature'], first?.headers['x-webhook-signature'])
    assert.notEqual(second?.headers['webhook-signature'], first?.headers['webhook-signature'])
  })
})

describe('no answer', () => {
  test('in time: tried again, the time being the one of the configuration', async t => {
    const to = await afterOne(t, 'hang', { timeoutMs: 3000 })
    await waitFor('asked', () => to.receiver.requests.length === 1)
    to.run.clock.advance(2999)
    assert.equal(to.rows().length, 0)
    to.run.clock.advance(1)
    await to.tried(1)
    await waitFor('told', () => to.run.states.length === 1)
    assert.equal(to.rows()[0]?.durationMs, 3000)
    await to.toNextTry()
    await to.tried(3)
    assert.deepEqual(to.tries(), [
      ['a1', 1, 'timeout'],
      ['a1', 2, null],
      ['a2', 1, null],
    ])
  })

  test('because nobody listens there: tried again until somebody does', async t => {
    const gone = await startReceiver(t)
    await gone.close()
    const to = await pushTo(t, webhookSink({ ...WEBHOOK, url: gone.url }))
    await to.run.queue('a1')
    await to.tried(1)
    assert.deepEqual(to.tries(), [['a1', 1, 'ECONNREFUSED']])
    const back = await startReceiver(t)
    to.run.loop.changed(to.run.watched(webhookSink({ ...WEBHOOK, url: back.url })))
    await to.tried(2)
    assert.deepEqual(to.counts(), { waiting: 0, delivered: 1, dead: 0 })
  })

  test('because the name leads nowhere', async t => {
    const to = await pushTo(t, webhookSink({ ...WEBHOOK, url: 'http://nobody.invalid/hook' }))
    await to.run.queue('a1')
    await to.tried(1)
    const [row] = to.rows()
    assert.match(row?.error ?? '', /^(?:ENOTFOUND|EAI_AGAIN)$/)
    assert.equal(row?.httpStatus, null)
    assert.deepEqual(to.counts(), { waiting: 1, delivered: 0, dead: 0 })
  })

  const certificates: readonly (readonly [Certificate, RegExp])[] = [
    ['self-signed', /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
    ['expired', /^(?:CERT_HAS_EXPIRED|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/],
    ['other-host', /^(?:ERR_TLS_CERT_ALTNAME_INVALID|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/],
  ]
  for (const [name, reason] of certificates) {
    test(`that we may trust, certificate ${name}: nothing is sent, and it is tried again`, async t => {
      let asked = 0
      const server = createSecureServer(tlsFiles(name), (_, response) => {
        asked++
        response.end()
      })
      const to = await pushTo(t, webhookSink({ ...WEBHOOK, url: `https://127.0.0.1:${await listen(t, server)}/` }))
      await to.run.queue('a1')
      await to.tried(1)
      assert.match(to.rows()[0]?.error ?? '', reason)
      assert.equal(asked, 0)
      assert.deepEqual(to.counts(), { waiting: 1, delivered: 0, dead: 0 })
    })
  }

  test('in TLS, where plain http is spoken', async t => {
    const receiver = await startReceiver(t)
    const to = await pushTo(t, webhookSink({ ...WEBHOOK, url: receiver.url.replace('http:', 'https:') }))
    await to.run.queue('a1')
    await to.tried(1)
    assert.deepEqual(to.tries(), [['a1', 1, 'not_tls']])
    assert.equal(receiver.requests.length, 0)
  })
})
