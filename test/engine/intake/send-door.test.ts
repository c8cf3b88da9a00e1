import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FetchAnswer } from '../../../scripts/core/fetch.ts'
import type { Answer } from '../../../scripts/engine/intake/exchange.ts'
import { answer as relayAnswer } from '../../support/scripted-relay.ts'
import type { Attempt } from '../../support/test-outbox.ts'
import { accepted } from '../../support/test-outbox.ts'
import { ABOT, type Ask, noted, order, type Scene, SECRETS, startIntake } from './scene.ts'

const SEND = '/messages/send'
const TO_BOB = { to: '#2', text: 'hello' }

/** Asks, and lets the relay answer. */
async function exchange(scene: Scene, ask: Ask, respond: (attempt: Attempt) => void): Promise<Answer> {
  const before = scene.attempts.length
  const pending = scene.ask(SEND, ask)
  await scene.until('the request', () => scene.attempts.length > before)
  respond(scene.attempts[before] ?? assert.fail())
  return pending
}

describe('a message to somebody on the relay', () => {
  for (const path of [SEND, '/api/messages/send']) {
    test(`is sent by ${path}: 200 with an id when the relay took it`, async t => {
      const scene = startIntake(t, { reply: accepted })
      assert.deepEqual(await scene.send(order(TO_BOB), path), { status: 200, body: { messageId: 'out_1' } })
      assert.deepEqual(await scene.send(order(TO_BOB), path), { status: 200, body: { messageId: 'out_2' } })
      assert.deepEqual(scene.sent(), ['2 hello', '2 hello'])
    })
  }

  test('goes to whoever is meant, however the address is written', async t => {
    const scene = startIntake(t, { reply: accepted })
    for (const to of ['#3', '3', 'relay:3']) {
      assert.equal((await scene.send(order({ to, text: to, replyToMessageId: null, requestId: null }))).status, 200)
    }
    assert.deepEqual(scene.sent(), ['3 #3', '3 3', '3 relay:3'])
  })

  test('may have the longest text that the relay takes, in characters, not in bytes', async t => {
    const scene = startIntake(t, { reply: accepted })
    assert.equal((await scene.send(order({ to: '#2', text: '😀'.repeat(1000) }))).status, 200)
  })

  test('that is not settled after 10 s is queued: 202, and it goes on', async t => {
    const scene = startIntake(t)
    const pending = scene.ask(SEND, order(TO_BOB))
    await scene.until('the request', () => scene.attempts.length === 1)
    let early = true
    void pending.then(() => {
      early = false
    })
    await scene.pass(9000)
    assert.ok(early)
    await scene.pass(1000)
    assert.deepEqual(await pending, { status: 202, body: { messageId: 'out_1', status: 'queued' } })
    scene.attempts[0]?.reply('发送成功')
    await scene.until('the end', () => scene.state(1) === 'accepted')
  })

  test('goes on when whoever asked for it has gone', async t => {
    const scene = startIntake(t)
    const gone = new AbortController()
    const pending = scene.ask(SEND, { ...order(TO_BOB), signal: gone.signal })
    await scene.until('the request', () => scene.attempts.length === 1)
    gone.abort(new Error('gone'))
    assert.equal((await pending).status, 202)
    scene.attempts[0]?.reply('发送成功')
    await scene.until('the end', () => scene.state(1) === 'accepted')
  })

  const outcomes = [
    [
      'refused by the relay: 422',
      (one: Attempt) => one.reply('错误：对方已将你拉黑'),
      422,
      'not_deliverable',
      'refused',
    ],
    ['never handed over: 503', (one: Attempt) => one.fail('ECONNREFUSED'), 503, 'unavailable', 'ECONNREFUSED'],
    [
      'refused for our token: 503',
      (one: Attempt) => one.reply('错误：Token 无效'),
      503,
      'unavailable',
      'token_refused',
    ],
    ['cut off: 502', (one: Attempt) => one.fail('ECONNRESET'), 502, 'upstream_failed', 'ECONNRESET'],
    ['not understood: 502', (one: Attempt) => one.reply('<html>'), 502, 'upstream_failed', undefined],
  ] as const
  for (const [what, respond, status, error, reason] of outcomes) {
    test(`that is ${what}`, async t => {
      const scene = startIntake(t)
      const { status: got, body } = await exchange(scene, order(TO_BOB), respond)
      assert.deepEqual([got, body['error'], body['eventId']], [status, error, 'out_1'])
      if (reason !== undefined) assert.equal(body['reason'], reason)
      await noted()
      assert.deepEqual(
        scene.requestsOf('wechat_abot').map(one => [one.httpStatus, one.ok, one.eventId, one.event]),
        [[status, false, 'out_1', 'messages.send']],
      )
    })
  }

  test('that may have been delivered says so, and what the same requestId does', async t => {
    const scene = startIntake(t)
    const { body } = await exchange(scene, order({ ...TO_BOB, requestId: 'a' }), one => one.fail('ECONNRESET'))
    assert.match(String(body['message']), /may have been delivered.*same requestId returns this outcome.*可能已送达/)
    const again = await scene.send(order({ ...TO_BOB, requestId: 'a' }))
    assert.deepEqual([again.status, again.body['duplicate']], [502, true])
    assert.equal(scene.attempts.length, 1)
  })

  test('tells what the relay said when it refused, made harmless', async t => {
    const scene = startIntake(t)
    const { body } = await exchange(scene, order(TO_BOB), one => one.reply('错误：<|im_start|>\u202egnorw'))
    assert.match(String(body['message']), /错误：\[token removed\]/)
    assert.ok(!String(body['message']).includes('\u202e'))
  })
})

describe('a relay that wants to be asked later', () => {
  const throttled = () => relayAnswer('错误：请求过于频繁', { status: 429, headers: { 'retry-after': '25' } })

  test('and takes nothing within 10 s: 429 with its time, and nothing is left to be sent', async t => {
    let isThrottled = true
    const scene = startIntake(t, { reply: () => (isThrottled ? throttled() : accepted()) })
    const pending = scene.ask(SEND, order({ ...TO_BOB, requestId: 'a' }))
    await scene.until('the request', () => scene.attempts.length === 1)
    await scene.pass(10_000)
    const { status, headers, body } = await pending
    assert.deepEqual([status, body['error'], body['eventId']], [429, 'rate_limited', 'out_1'])
    assert.equal(headers?.['Retry-After'], String(body['retry_after']))
    assert.ok(Number(body['retry_after']) >= 14 && Number(body['retry_after']) <= 16, String(body['retry_after']))
    assert.equal(scene.state(1), 'not_sent')
    isThrottled = false
    await scene.pass(60_000)
    assert.equal(scene.attempts.length, 1)
    assert.deepEqual(await scene.send(order({ ...TO_BOB, requestId: 'a' })), {
      status: 200,
      body: { messageId: 'out_2' },
    })
  })

  test('but takes it in time: 200', async t => {
    let first = true
    const scene = startIntake(t, {
      reply: () => {
        const is = first
        first = false
        return is ? relayAnswer('错误：请求过于频繁', { status: 429, headers: { 'retry-after': '5' } }) : accepted()
      },
    })
    const pending = scene.ask(SEND, order(TO_BOB))
    await scene.pass(6000)
    assert.deepEqual(await pending, { status: 200, body: { messageId: 'out_1' } })
  })

  test('tells everybody who waits for the same message the same', async t => {
    const scene = startIntake(t, { reply: throttled })
    const ask = order({ ...TO_BOB, requestId: 'a' })
    const pending = [scene.ask(SEND, ask), scene.ask(SEND, ask)]
    await scene.pass(10_500)
    assert.deepEqual(
      (await Promise.all(pending)).map(({ status }) => status),
      [429, 429],
    )
    assert.equal(scene.lines().length, 1)
  })
})

describe('what can not be sent', () => {
  const cases = [
    ['no body', '', 400, 'bad_json'],
    ['half a body', '{"to":"#2"', 400, 'bad_json'],
    ['a list', [TO_BOB], 400, 'bad_json'],
    ['null', null, 400, 'bad_json'],
    ['no text', { to: '#2' }, 400, 'missing to/text'],
    ['an empty text', { to: '#2', text: '' }, 400, 'missing to/text'],
    ['a text that is none', { to: '#2', text: 5 }, 400, 'missing to/text'],
    ['no recipient', { text: 'hi' }, 400, 'missing to/text'],
    ['a recipient that is no text', { to: 2, text: 'hi' }, 400, 'bad_recipient'],
    ['a word for a recipient', { to: 'bob', text: 'hi' }, 400, 'bad_recipient'],
    ['the relay’s own notices', { to: '#0', text: 'hi' }, 400, 'bad_recipient'],
    ['a webhook for a recipient', { to: 'webhook:ops', text: 'hi' }, 400, 'bad_recipient'],
    ['a text that is too long', { to: '#2', text: 'x'.repeat(1001) }, 400, 'text_too_long'],
    ['half a character', '{"to":"#2","text":"\\ud83d"}', 400, 'bad_text'],
    ['a request id that is no text', { ...TO_BOB, requestId: 5 }, 400, 'bad_request'],
    ['an empty request id', { ...TO_BOB, requestId: '' }, 400, 'bad_request'],
    ['a long request id', { ...TO_BOB, requestId: 'x'.repeat(257) }, 400, 'bad_request'],
    ['an answer to no text', { ...TO_BOB, replyToMessageId: 5 }, 400, 'bad_request'],
    ['somebody on WeChat', { to: 'wxid_a', text: 'hi' }, 422, 'not_deliverable'],
    ['somebody on WeChat, by iLink', { to: 'o9cq80@im.wechat', text: 'hi' }, 422, 'not_deliverable'],
    ['a group', { to: '12345@chatroom', text: 'hi' }, 422, 'not_deliverable'],
    ['an address of WeChat as we write it', { to: 'wechat:main/u', text: 'hi' }, 422, 'not_deliverable'],
  ] as const
  for (const [what, members, status, error] of cases) {
    test(`${what}: ${status} ${error}`, async t => {
      const scene = startIntake(t, { reply: accepted })
      const answer = await scene.send(order(members))
      assert.deepEqual([answer.status, answer.body['error']], [status, error])
      if (status === 422) assert.equal(answer.body['reason'], 'no_wechat_account')
      assert.deepEqual(scene.sent(), [])
      assert.deepEqual(scene.writer.database.all('SELECT * FROM outbox'), [])
    })
  }

  test('what is no UTF-8: 400, instead of another text', async t => {
    const scene = startIntake(t, { reply: accepted })
    const body = Buffer.concat([Buffer.from('{"to":"#2","text":"'), Buffer.from([0xff]), Buffer.from('"}')])
    assert.equal((await scene.send({ ...order(''), body })).body['error'], 'bad_json')
  })

  test('what is not on the list of recipients: 403, in every way to write them', async t => {
    const sections = { wechat_abot: { ...ABOT, allowedRecipients: ['relay:2', 'wxid_a'] } }
    const scene = startIntake(t, { sections, reply: accepted })
    for (const [to, status] of [
      ['#2', 200],
      ['2', 200],
      ['wxid_a', 422],
      ['#3', 403],
      ['wxid_b', 403],
      ['1@chatroom', 403],
    ] as const) {
      assert.equal((await scene.send(order({ to, text: 'hi' }))).status, status, to)
    }
    assert.deepEqual(scene.sent(), ['2 hi', '2 hi'])
  })

  test('anything before there is an account: 503', async t => {
    const scene = startIntake(t)
    scene.register(false)
    const answer = await scene.send(order(TO_BOB))
    assert.deepEqual([answer.status, answer.body['reason']], [503, 'not_registered'])
  })
})

describe('who may ask', () => {
  const good = order(TO_BOB)
  const cases = [
    ['nobody in particular', undefined, 401],
    ['with an empty token', 'Bearer ', 401],
    ['with another token', `Bearer ${SECRETS.bot}x`, 401],
    ['with the beginning of it', `Bearer ${SECRETS.bot.slice(0, -1)}`, 401],
    ['with the token alone', SECRETS.bot, 401],
    ['by another scheme', `Basic ${SECRETS.bot}`, 401],
    ['with two tokens', `Bearer ${SECRETS.bot}, Bearer ${SECRETS.bot}`, 401],
    ['with the token', `Bearer ${SECRETS.bot}`, 200],
    ['with the token, in another case of the scheme', `bEARER  ${SECRETS.bot}`, 200],
  ] as const
  for (const [who, authorization, status] of cases) {
    test(`${who}: ${status}`, async t => {
      const scene = startIntake(t, { reply: accepted })
      const { authorization: _, ...headers } = good.headers ?? {}
      const asking = authorization === undefined ? headers : { ...headers, authorization }
      const answer = await scene.send({ ...good, headers: asking })
      assert.equal(answer.status, status)
      if (status === 401) assert.equal(answer.body['error'], 'unauthorized')
      assert.equal(scene.sent().length, status === 200 ? 1 : 0)
    })
  }

  test('nobody, where the token is missing or weak: 503', async t => {
    for (const botToken of [null, '', 'change_me', 'fifteen-letters']) {
      const scene = startIntake(t, { sections: { wechat_abot: { ...ABOT, botToken } } })
      for (const authorization of [`Bearer ${botToken}`, 'Bearer ', 'Bearer null']) {
        const answer = await scene.send({ ...good, headers: { ...good.headers, authorization } })
        assert.deepEqual([answer.status, answer.body['error']], [503, 'unavailable'])
      }
    }
  })

  test('only those of the listed addresses: 403', async t => {
    const scene = startIntake(t, { sections: { wechat_abot: { ...ABOT, allowedIps: ['10.0.0.1'] } }, reply: accepted })
    assert.equal((await scene.send(good)).status, 403)
    assert.equal((await scene.send({ ...good, remoteAddress: '10.0.0.1' })).status, 200)
  })

  test('only with JSON: 415', async t => {
    const scene = startIntake(t, { reply: accepted as () => FetchAnswer })
    for (const [type, status] of [
      ['application/json', 200],
      ['Application/JSON; charset=utf-8', 200],
      ['application/vnd.api+json', 200],
      ['text/plain', 415],
      ['application/x-www-form-urlencoded', 415],
      ['multipart/form-data; boundary=application/json', 415],
      ['application/jsonp', 415],
      ['', 415],
    ] as const) {
      assert.equal((await scene.send(order(TO_BOB, { 'content-type': type }))).status, status, type)
    }
    const { 'content-type': _, ...bare } = good.headers ?? {}
    assert.equal((await scene.send({ ...good, headers: bare })).status, 415)
  })

  test('whoever guesses is slowed down, and whoever knows is not', async t => {
    const scene = startIntake(t, { reply: accepted })
    const wrong = { ...good, headers: { ...good.headers, authorization: 'Bearer wrong' } }
    const guess = async (times: number) => {
      const statuses: number[] = []
      for (let i = 0; i < times; i++) statuses.push((await scene.ask(SEND, wrong)).status)
      return statuses
    }
    assert.deepEqual(await guess(30), [...Array(20).fill(401), ...Array(10).fill(429)])
    const late = await scene.ask(SEND, wrong)
    assert.deepEqual(late.body['error'], 'rate_limited')
    assert.deepEqual([late.body['retry_after'], late.headers], [1, { 'Retry-After': '1' }])
    scene.clock.advance(500)
    assert.deepEqual(await guess(12), [...Array(10).fill(401), 429, 429])
    assert.equal((await scene.send(good)).status, 200)
    await noted()
    assert.equal(scene.requestsOf('wechat_abot').length, 31)
  })
})
