import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { abotSink } from '../../../scripts/adapters/wechat-abot/push.ts'
import type { PushOutcome } from '../../../scripts/core/sink.ts'
import { enqueue } from '../../../scripts/store/deliveries.ts'
import { insertEvent } from '../../../scripts/store/events.ts'
import { pushTo } from '../../engine/delivery/real-sink.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { type Answer, type ReceivedRequest, startReceiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'

const SECRET = 's3cret-of-16-chars'
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** The first request gets that answer, every other one 200. */
async function afterOne(t: TestContext, answer: Answer) {
  const receiver = await startReceiver(t)
  receiver.answer((_, number) => (number === 1 ? answer : 200))
  return { ...(await pushTo(t, sinkAt(receiver.url))), receiver }
}

function sinkAt(webhookUrl: string, webhookSecret = SECRET) {
  return abotSink({ webhookUrl, webhookSecret })
}

function hmac(text: string | Buffer): string {
  return `sha256=${createHmac('sha256', SECRET).update(text).digest('hex')}`
}

describe('what is pushed', () => {
  // Keys in an odd order, blanks, an escape that nobody needs, an id beyond 2^53: whoever parsed and dumped it would change it.
  const BYTES = '{ "NewMsgId":7773749793478223190, "b":1,"a":"\\u4f60 \\/" ,"Content":{"string":"wxid_a:\\n你好"}}'

  /** A sink of its own bytes, as `engine/routes` gives them: the event has others. */
  async function pushedTwice(t: TestContext): Promise<readonly ReceivedRequest[]> {
    const to = await afterOne(t, 503)
    await to.run.writer.write(database => {
      const about = { eventId: 'evt_1', name: 'message.received', at: '2026-03-09T10:00:00Z', lane: 'a' } as const
      const event = insertEvent(database, { ...about, seq: 1, body: Buffer.from('{}') })
      enqueue(database, { sink: 'wechat_abot', event, lane: 'a', body: Buffer.from(BYTES), notBefore: 0 })
    })
    to.run.loop.kick()
    await to.tried(1)
    await waitFor('told', () => to.run.states.length === 1)
    await to.toNextTry()
    await to.tried(2)
    assert.equal(to.receiver.requests.length, 2)
    return to.receiver.requests
  }

  test('is what came in, byte for byte, on each try', async t => {
    for (const { body } of await pushedTwice(t)) assert.equal(body.toString('utf8'), BYTES)
  })

  test('is signed anew for each try, under one id', async t => {
    const [first, second] = await pushedTwice(t)
    for (const request of [first, second]) {
      const timestamp = headerOf(request, 'timestamp')
      assert.equal(headerOf(request, 'signature'), hmac(BYTES))
      assert.equal(headerOf(request, 'signature-v2'), hmac(`${timestamp}.${BYTES}`))
      assert.equal(request?.headers['content-type'], 'application/json')
    }
    assert.equal(Number(headerOf(second, 'timestamp')), Number(headerOf(first, 'timestamp')) + 1)
    assert.notEqual(headerOf(first, 'signature-v2'), headerOf(second, 'signature-v2'))
    assert.deepEqual([headerOf(first, 'event-id'), headerOf(second, 'event-id')], ['evt_1', 'evt_1'])
  })

  function headerOf(request: ReceivedRequest | undefined, name: string): string {
    return String(request?.headers[`x-wechat-abot-${name}`])
  }
})

describe('the answer', () => {
  for (const status of [200, 201, 202, 204, 299]) {
    test(`${status}: delivered`, async t => {
      const to = await afterOne(t, status)
      await to.run.queue('a1', 'a2')
      await to.tried(2)
      assert.deepEqual(to.counts(), { waiting: 0, delivered: 2, dead: 0 })
      assert.deepEqual(to.run.states, [])
    })
  }

  const later: readonly (readonly [string, Answer, string])[] = [
    ...[408, 429, 500, 501, 502, 503, 504, 507, 599].map(status => [String(status), status, `http_${status}`] as const),
    ['none, the connection being cut', 'reset', 'connection_closed'],
    ['no HTTP', { raw: 'hello\r\n' }, 'not_http'],
  ]
  for (const [name, answer, reason] of later) {
    test(`${name}: once more after a second, and what is behind it waits`, async t => {
      const to = await afterOne(t, answer)
      await to.run.queue('a1', 'a2')
      await to.tried(1)
      await waitFor('told', () => to.run.states.length === 1)
      assert.deepEqual([to.run.states[0]?.state, to.run.states[0]?.reason], ['failing', reason])
      assert.equal(await to.toNextTry(), 1000)
      await to.tried(3)
      assert.deepEqual(to.tries(), [
        ['a1', 1, reason],
        ['a1', 2, null],
        ['a2', 1, null],
      ])
    })
  }

  for (const status of [300, 301, 302, 303, 307, 308, 400, 402, 403, 405, 409, 410, 413, 415, 422, 451]) {
    test(`${status}: given up, the state says so, and the next one goes out`, async t => {
      const other = await startReceiver(t)
      const to = await afterOne(t, { status, headers: { Location: other.url } })
      await to.run.queue('a1', 'a2')
      await to.tried(2)
      assert.deepEqual(to.dead(), [['a1', `http_${status}`]])
      assert.deepEqual(to.counts(), { waiting: 0, delivered: 1, dead: 1 })
      assert.equal(to.run.states[0]?.state, 'refused')
      assert.equal(other.requests.length, 0)
    })
  }

  test('none in 5 s: once more', async t => {
    const to = await afterOne(t, 'hang')
    await to.run.queue('a1')
    await waitFor('asked', () => to.receiver.requests.length === 1)
    to.run.clock.advance(4999)
    assert.equal(to.rows().length, 0)
    to.run.clock.advance(1)
    await to.tried(1)
    assert.deepEqual(to.tries(), [['a1', 1, 'timeout']])
    await waitFor('told', () => to.run.states.length === 1)
    await to.toNextTry()
    await to.tried(2)
    assert.deepEqual(to.counts(), { waiting: 0, delivered: 1, dead: 0 })
  })

  test('nobody listening: once more, until somebody does', async t => {
    const gone = await startReceiver(t)
    await gone.close()
    const to = await pushTo(t, sinkAt(gone.url))
    await to.run.queue('a1')
    await to.tried(1)
    assert.deepEqual(to.tries(), [['a1', 1, 'ECONNREFUSED']])
    assert.deepEqual(to.counts(), { waiting: 1, delivered: 0, dead: 0 })
  })

  test('Retry-After wins, up to an hour', async t => {
    for (const [header, wait] of [
      ['30', 30_000],
      ['86400', HOUR],
      ['0', 1000],
    ] as const) {
      const to = await afterOne(t, { status: 429, headers: { 'Retry-After': header } })
      await to.run.queue('a1')
      await to.tried(1)
      await waitFor('told', () => to.run.states.length === 1)
      assert.equal(await to.toNextTry(), wait)
    }
  })
})

describe('a day without an answer', () => {
  test('1, 2, 4 … 300 s, then a dead letter', async t => {
    const receiver = await startReceiver(t, 503)
    const to = await pushTo(t, sinkAt(receiver.url))
    await to.run.queue('a1')
    const waits: number[] = []
    for (let tries = 1; to.run.dead.length === 0; tries++) {
      await to.tried(tries)
      await waitFor('told', () => to.run.states.length >= tries)
      if (to.run.dead.length === 0) waits.push(await to.toNextTry())
    }
    assert.deepEqual(
      waits.slice(0, 11).map(ms => ms / 1000),
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300],
    )
    assert.ok(to.run.clock.monotonic() >= DAY && to.run.clock.monotonic() < DAY + 301_000)
    assert.deepEqual(to.dead(), [['a1', 'http_503']])
    assert.deepEqual(
      [...new Set(receiver.requests.map(({ headers }) => headers['x-wechat-abot-event-id']))],
      ['evt_a1'],
    )
  })

  test('chance takes away a fifth, or adds one', async t => {
    for (const [random, wait] of [
      [0, 800],
      [1 - 1e-9, 1200],
    ] as const) {
      const receiver = await startReceiver(t, 503)
      const to = await pushTo(t, sinkAt(receiver.url), { clock: { ...createFakeClock(), random: () => random } })
      await to.run.queue('a1')
      await to.tried(1)
      await waitFor('told', () => to.run.states.length === 1)
      assert.equal(await to.toNextTry(), wait)
    }
  })
})

describe('401', () => {
  test('nothing is asked until the configuration changes, nothing is given up, and then it goes on in order', async t => {
    const receiver = await startReceiver(t)
    receiver.answer(({ headers, body }) => (headers['x-wechat-abot-signature'] === hmac(body) ? 200 : 401))
    const to = await pushTo(t, sinkAt(receiver.url, 'another-secret-of-ours'))
    await to.run.queue('a1', 'b1')
    await to.tried(1)
    await waitFor('held', () => to.run.states.at(-1)?.state === 'held')
    assert.deepEqual(to.run.states.at(-1), { state: 'held', reason: 'http_401', nextTryAt: null })
    await to.run.queue('a2')
    to.run.clock.advance(30 * DAY)
    to.run.loop.lookAgain()
    await to.run.pass(1000)
    assert.equal(receiver.requests.length, 1)
    assert.deepEqual(to.counts(), { waiting: 3, delivered: 0, dead: 0 })
    to.run.loop.changed(to.run.watched(sinkAt(receiver.url)))
    await to.tried(4)
    assert.deepEqual(to.tries().slice(1), [
      ['a1', 1, null],
      ['b1', 1, null],
      ['a2', 1, null],
    ])
  })

  test('that comes again after a change is told again', async t => {
    const receiver = await startReceiver(t, 401)
    const to = await pushTo(t, sinkAt(receiver.url))
    await to.run.queue('a1')
    await to.tried(1)
    await waitFor('told', () => to.run.states.length === 1)
    to.run.loop.changed(to.run.watched(sinkAt(receiver.url, 'no better than before')))
    await to.tried(2)
    await waitFor('told again', () => to.run.states.length === 2)
    assert.deepEqual(to.run.states[1], { state: 'held', reason: 'http_401', nextTryAt: null })
  })

  test('to the old secret says nothing about the one that was set meanwhile', async t => {
    const receiver = await startReceiver(t)
    const late = Promise.withResolvers<PushOutcome>()
    const to = await pushTo(t, { ...sinkAt(receiver.url), push: () => late.promise })
    await to.run.queue('a1')
    await waitFor('asked', () => to.run.seen.length === 1)
    to.run.loop.changed(to.run.watched(sinkAt(receiver.url)))
    late.resolve({ kind: 'hold', reason: 'http_401', httpStatus: 401, everyMs: null })
    await to.tried(2)
    assert.deepEqual(to.tries(), [
      ['a1', 1, 'http_401'],
      ['a1', 1, null],
    ])
    assert.deepEqual(to.run.states, [])
  })
})

describe('404', () => {
  test('is asked again every five minutes, nothing is dropped, and then everything goes out in order', async t => {
    const receiver = await startReceiver(t, 404)
    const to = await pushTo(t, sinkAt(receiver.url))
    await to.run.queue('a1', 'b1')
    for (let tries = 1; tries <= 12; tries++) {
      await to.tried(tries)
      await waitFor('told', () => to.run.states.length === tries)
      assert.equal(await to.toNextTry(), 300_000)
    }
    await to.tried(13)
    await to.run.queue('a2')
    assert.deepEqual(to.run.states.at(-1)?.reason, 'no_plugin')
    // Ten days later, and still none of them is too old.
    to.run.clock.advance(10 * DAY)
    await to.tried(14)
    assert.deepEqual(to.counts(), { waiting: 3, delivered: 0, dead: 0 })
    receiver.answer(200)
    await waitFor('told', () => to.run.states.length === 14)
    await to.toNextTry()
    await to.tried(17)
    assert.deepEqual(to.tries().slice(-3), [
      ['a1', 1, null],
      ['b1', 1, null],
      ['a2', 1, null],
    ])
  })

  test('for days does not use up the day of those that failed before', async t => {
    const receiver = await startReceiver(t, 503)
    const to = await pushTo(t, sinkAt(receiver.url))
    await to.run.queue('a1')
    await to.tried(1)
    await waitFor('told', () => to.run.states.length === 1)
    receiver.answer(404)
    await to.toNextTry()
    await to.tried(2)
    to.run.clock.advance(3 * DAY)
    await to.tried(3)
    // The gateway comes back with its plugin, and is not quite ready.
    receiver.answer((_, number) => (number === 4 ? 503 : 200))
    await waitFor('told', () => to.run.states.at(-1)?.nextTryAt !== null)
    to.run.clock.advance(300_000)
    await to.tried(4)
    assert.deepEqual(to.counts(), { waiting: 1, delivered: 0, dead: 0 })
    await waitFor('told', () => to.run.states.at(-1)?.state === 'failing')
    await to.toNextTry()
    await to.tried(5)
    assert.deepEqual(to.counts(), { waiting: 0, delivered: 1, dead: 0 })
  })
})
