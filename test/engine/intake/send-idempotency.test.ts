import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Attempt, accepted } from '../../support/test-outbox.ts'
import { turns } from '../../support/wait-for.ts'
import { order, startIntake } from './scene.ts'

const SEND = '/messages/send'
const hello = { to: '#2', text: 'hello', requestId: 'k1' }

describe('the same request id with the same message', () => {
  test('gives the stored answer, and nothing is sent again', async t => {
    const scene = startIntake(t, { reply: accepted })
    assert.deepEqual(await scene.send(order(hello)), { status: 200, body: { messageId: 'out_1' } })
    const again = { status: 200, body: { messageId: 'out_1', duplicate: true } }
    assert.deepEqual(await scene.send(order(hello)), again)
    assert.deepEqual(await scene.send(order(hello), '/api/messages/send'), again)
    scene.clock.advance(23 * 3_600_000)
    assert.deepEqual(await scene.send(order(hello)), again)
    assert.equal(scene.attempts.length, 1)
  })

  test('may come in a header, or in both places', async t => {
    const scene = startIntake(t, { reply: accepted })
    const { requestId, ...bare } = hello
    const header = { 'idempotency-key': requestId }
    const answers = [
      await scene.send(order(bare, header)),
      await scene.send(order(hello)),
      await scene.send(order(hello, header)),
    ]
    assert.deepEqual(
      answers.map(({ body }) => body['duplicate'] ?? false),
      [false, true, true],
    )
    for (const key of ['k2', '', 'x'.repeat(257)]) {
      const other = await scene.send(order(hello, { 'idempotency-key': key }))
      assert.deepEqual([other.status, other.body['error']], [400, 'bad_request'])
    }
    assert.equal(scene.attempts.length, 1)
  })

  test('of as many characters as are allowed tells them all apart', async t => {
    const scene = startIntake(t, { reply: accepted })
    const long = 'x'.repeat(255)
    for (const requestId of [`${long}a`, `${long}b`, '2:k', 'k', '1:k', 'k#2', ' ', '你']) {
      const answer = await scene.send(order({ ...hello, requestId }))
      assert.deepEqual([answer.status, answer.body['duplicate']], [200, undefined], requestId)
    }
  })

  test('waits for the one that is under way', async t => {
    const scene = startIntake(t)
    const first = scene.ask(SEND, order(hello))
    await scene.until('the request', () => scene.attempts.length === 1)
    const second = scene.ask(SEND, order(hello))
    await turns()
    scene.attempts[0]?.reply('发送成功')
    assert.deepEqual(await first, { status: 200, body: { messageId: 'out_1' } })
    assert.deepEqual(await second, { status: 200, body: { messageId: 'out_1', duplicate: true } })
    assert.equal(scene.attempts.length, 1)
  })

  test('of twenty at once sends one', async t => {
    const scene = startIntake(t, { reply: accepted })
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.send(order(hello))))
    assert.ok(answers.every(({ status, body }) => status === 200 && body['messageId'] === 'out_1'))
    assert.equal(answers.filter(({ body }) => body['duplicate'] === true).length, 19)
    assert.equal(scene.attempts.length, 1)
  })

  test('is known to another run', async t => {
    const first = startIntake(t, { reply: accepted })
    await first.send(order(hello))
    const next = startIntake(t, { path: first.folder.path, reply: accepted })
    assert.equal((await next.send(order(hello))).body['duplicate'], true)
    assert.equal(next.attempts.length, 0)
  })

  test('tries again when nothing of it had left, and then counts that one', async t => {
    const outcomes: ((one: Attempt) => void)[] = [
      one => one.fail('ECONNREFUSED'),
      one => one.fail('ECONNREFUSED'),
      one => one.reply('发送成功'),
    ]
    const scene = startIntake(t)
    const statuses: unknown[] = []
    for (const [i, respond] of outcomes.entries()) {
      const pending = scene.ask(SEND, order(hello))
      await scene.until('the request', () => scene.attempts.length === i + 1)
      respond(scene.attempts[i] ?? assert.fail())
      const { status, body } = await pending
      statuses.push([status, body['messageId'] ?? body['eventId'], body['duplicate']])
    }
    const { status, body } = await scene.send(order(hello))
    statuses.push([status, body['messageId'], body['duplicate']])
    assert.deepEqual(statuses, [
      [503, 'out_1', undefined],
      [503, 'out_2', undefined],
      [200, 'out_3', undefined],
      [200, 'out_3', true],
    ])
  })
})

describe('the same request id with another message', () => {
  const others = [
    { ...hello, text: 'hello!' },
    { ...hello, to: '#3' },
    { ...hello, replyToMessageId: 'm1' },
  ]
  test('is a conflict, later and at once', async t => {
    const scene = startIntake(t, { reply: accepted })
    await scene.send(order(hello))
    for (const other of others) {
      const answer = await scene.send(order(other))
      assert.deepEqual([answer.status, answer.body['error']], [409, 'idempotency_conflict'])
      const requestId = `at once ${JSON.stringify(other)}`
      const both = [hello, other].map(one => scene.send(order({ ...one, requestId })))
      assert.deepEqual(
        (await Promise.all(both)).map(({ status }) => status),
        [200, 409],
      )
    }
    assert.equal(scene.attempts.length, 1 + others.length)
  })

  test('is one too where only what it answers is another', async t => {
    const scene = startIntake(t, { reply: accepted })
    const answering = { ...hello, replyToMessageId: 'm1' }
    assert.equal((await scene.send(order(answering))).status, 200)
    assert.equal((await scene.send(order(answering))).body['duplicate'], true)
    assert.equal((await scene.send(order({ ...hello, replyToMessageId: 'm2' }))).status, 409)
    assert.equal((await scene.send(order(hello))).status, 409)
  })
})

test('without a request id nothing is ever taken for a repetition', async t => {
  const scene = startIntake(t, { reply: accepted })
  const ok = { to: '#2', text: 'ok' }
  const answers = await Promise.all([scene.send(order(ok)), scene.send(order(ok))])
  assert.deepEqual(
    answers.map(({ body }) => body),
    [{ messageId: 'out_1' }, { messageId: 'out_2' }],
  )
  assert.deepEqual(scene.sent(), ['2 ok', '2 ok'])
})
