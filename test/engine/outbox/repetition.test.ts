import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RefusedError } from '../../../scripts/core/errors.ts'
import { createFailingDatabase } from '../../support/failing-database.ts'
import { answer } from '../../support/scripted-relay.ts'
import { type Attempt, accepted, forever, outgoing, runOutbox } from '../../support/test-outbox.ts'
import { turns } from '../../support/wait-for.ts'

describe('what is repeated', () => {
  test('a message that the relay wants later, by itself, after the time that it says; all others wait with it', async t => {
    let throttled = 2
    const { submit, until, clock, attempts, state, sent } = runOutbox(t, {
      reply: () =>
        throttled-- > 0 ? answer('错误：请求过于频繁', { status: 429, headers: { 'retry-after': '20' } }) : accepted(),
    })
    const first = await submit(2, 'one')
    await until('the first refusal', () => attempts.length === 1)
    await until('it to wait', () => state(first.id) === 'queued', 0)
    const second = await submit(3, 'two')
    const before = clock.monotonic()
    await until('another try', () => attempts.length > 1, 100)
    assert.ok(clock.monotonic() - before >= 19_000)
    await until('the end', () => [first, second].every(one => state(one.id) === 'accepted'), 100)
    assert.deepEqual(sent().toSorted(), ['2 one', '2 one', '2 one', '3 two'])
  })

  const ONCE = [
    ['accepted', 'accepted', (one: Attempt) => one.reply('发送成功')],
    ['refused', 'refused', (one: Attempt) => one.reply('错误：用户不存在')],
    ['refused for its token', 'not_sent', (one: Attempt) => one.reply('错误：Token 无效')],
    ['never handed over', 'not_sent', (one: Attempt) => one.fail('ECONNREFUSED')],
    ['cut off', 'unknown', (one: Attempt) => one.fail('ECONNRESET')],
    ['answered by a proxy', 'unknown', (one: Attempt) => one.reply('', { status: 503 })],
    ['not understood', 'unknown', (one: Attempt) => one.reply('<html>')],
    ['likely delivered', 'unknown', (one: Attempt) => one.reply('错误：发送失败，请稍后重试')],
  ] as const
  for (const [how, expected, respond] of ONCE) {
    test(`one that is ${how} is not: not in an hour, and not by another run`, async t => {
      const { submit, until, clock, attempts, state, folder, lines } = runOutbox(t)
      const entry = await submit(2, 'once')
      await until('the request', () => attempts.length === 1)
      respond(attempts[0] ?? assert.fail())
      await until('the end', () => state(entry.id) === expected)
      for (let minutes = 0; minutes < 60; minutes++) {
        clock.advance(60_000)
        await turns(2)
      }
      assert.equal(attempts.length, 1)
      assert.equal(lines().length, 1)
      const next = runOutbox(t, { path: folder.path })
      await next.outbox.start()
      next.clock.advance(60_000)
      await turns()
      assert.equal(next.attempts.length, 0)
      assert.equal(next.lines().length, 1)
    })
  }

  test('nothing while the disk takes no outcome: it is committed when there is room', async t => {
    const failing = createFailingDatabase()
    const { submit, until, attempts, state, lines } = runOutbox(t, { wrap: failing.wrap })
    const entry = await submit(2, 'once')
    await until('the request', () => attempts.length === 1)
    failing.fail('full', { lasting: true, only: sql => sql.startsWith('BEGIN') })
    attempts[0]?.reply('发送成功')
    await until('it to be refused', () => failing.refused.length > 5)
    assert.equal(state(entry.id), 'sending')
    failing.lift()
    await until('the end', () => state(entry.id) === 'accepted')
    assert.equal(attempts.length, 1)
    assert.equal(lines().length, 1)
  })
})

describe('a request id', () => {
  test('gives the same answer to the same message, and sends it once', async t => {
    const { submit, outbox, until, attempts } = runOutbox(t, { reply: accepted })
    const first = await submit(2, 'hello', { requestId: 'order-17' })
    await until('the end', () => attempts.length === 1)
    const again = await submit(2, 'hello', { requestId: 'order-17' })
    assert.equal(again.id, first.id)
    assert.deepEqual(await outbox.outcomeOf(again.id, forever), await outbox.outcomeOf(first.id, forever))
    assert.equal(outbox.find(outgoing(2, 'hello', { requestId: 'order-17' }))?.id, first.id)
    await turns()
    assert.equal(attempts.length, 1)
  })

  test('waits for the first one where that is under way', async t => {
    const { submit, outbox, until, attempts } = runOutbox(t)
    const all = await Promise.all(Array.from({ length: 10 }, () => submit(2, 'hello', { requestId: 'same' })))
    assert.equal(new Set(all.map(one => one.id)).size, 1)
    const outcomes = all.map(one => outbox.outcomeOf(one.id, forever))
    await until('the request', () => attempts.length === 1)
    attempts[0]?.reply('发送成功（好友申请已发出，等待对方回复）')
    for (const entry of await Promise.all(outcomes)) {
      assert.deepEqual([entry.state, entry.detail.relationship], ['accepted', 'pending_outgoing'])
    }
    assert.equal(attempts.length, 1)
  })

  test('holds over a restart', async t => {
    const first = runOutbox(t, { reply: accepted })
    const entry = await first.submit(2, 'hello', { requestId: 'order-17' })
    await first.until('the end', () => first.state(entry.id) === 'accepted')
    const second = runOutbox(t, { path: first.folder.path })
    await second.outbox.start()
    assert.equal((await second.submit(2, 'hello', { requestId: 'order-17' })).state, 'accepted')
    assert.equal(second.attempts.length, 0)
  })

  for (const [what, other] of [
    ['another text', outgoing(2, 'hello!', { requestId: 'order-17' })],
    ['another person', outgoing(3, 'hello', { requestId: 'order-17' })],
    ['a file', outgoing(2, 'hello', { requestId: 'order-17', file: { path: 'p', name: 'n', bytes: 1 } })],
  ] as const) {
    test(`refuses ${what}, whether the first is settled or not`, async t => {
      const { submit, outbox, until, attempts, state } = runOutbox(t)
      const entry = await submit(2, 'hello', { requestId: 'order-17' })
      await assert.rejects(outbox.submit(other), RefusedError)
      assert.throws(() => outbox.find(other), RefusedError)
      await until('the request', () => attempts.length === 1)
      attempts[0]?.reply('发送成功')
      await until('the end', () => state(entry.id) === 'accepted')
      await assert.rejects(outbox.submit(other), /given to another message before/)
      await turns()
      assert.equal(attempts.length, 1)
    })
  }

  test('is refused to the second of two different messages that come together', async t => {
    const { submit, writer } = runOutbox(t, { reply: accepted })
    const both = await Promise.allSettled([
      submit(2, 'one', { requestId: 'same' }),
      submit(2, 'two', { requestId: 'same' }),
    ])
    assert.deepEqual(
      both.map(one => one.status),
      ['fulfilled', 'rejected'],
    )
    assert.equal(writer.database.all('SELECT id FROM outbox').length, 1)
  })

  test('left out, the same text twice is two messages', async t => {
    const { submit, until, sent } = runOutbox(t, { reply: accepted })
    await submit(2, 'hello')
    await submit(2, 'hello')
    await until('both', () => sent().length === 2)
  })
})
