import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FetchAnswer } from '../../../scripts/core/fetch.ts'
import { profile } from '../../support/blocks.ts'
import { answer } from '../../support/scripted-relay.ts'
import { accepted, forever, runOutbox } from '../../support/test-outbox.ts'

const later = () => answer('错误：请求过于频繁', { status: 429, headers: { 'retry-after': '20' } })

describe('a message that is taken back', () => {
  test('while the relay wants to be left alone, is shown as not sent and never goes out', async t => {
    let isThrottled = true
    const { submit, until, pass, outbox, attempts, state, lines } = runOutbox(t, {
      reply: () => (isThrottled ? later() : accepted()),
    })
    assert.equal(outbox.throttledMs(), 0)
    const first = await submit(2, 'one')
    await until('the refusal', () => attempts.length === 1)
    await until('it to wait', () => state(first.id) === 'queued', 0)
    const second = await submit(3, 'two')
    const waits = outbox.outcomeOf(second.id, forever)
    assert.ok(outbox.throttledMs() > 19_000 && outbox.throttledMs() <= 20_000, String(outbox.throttledMs()))
    assert.equal(await outbox.withdraw(second, 'rate_limited'), true)
    assert.equal(await outbox.withdraw(second, 'rate_limited'), false)
    const { state: ended, detail } = await waits
    assert.deepEqual([ended, detail.reason], ['not_sent', 'rate_limited'])
    assert.deepEqual(lines(), ['relay:3 two {"state":"not_sent"}'])
    isThrottled = false
    await until('the first', () => state(first.id) === 'accepted', 100)
    await pass(60_000)
    assert.deepEqual(
      attempts.map(one => one.content),
      ['one', 'one'],
    )
    assert.equal(outbox.throttledMs(), 0)
  })

  test('too late goes out: nobody can say any more that it did not', async t => {
    const name = Promise.withResolvers<FetchAnswer>()
    const { submit, until, outbox, attempts, state, requests } = runOutbox(t, {
      reply: accepted,
      lookUp: () => name.promise,
    })
    const entry = await submit(2, 'hello')
    await until('the look-up of the name', () => requests.length === 1)
    assert.equal(state(entry.id), 'queued')
    assert.equal(await outbox.withdraw(entry, 'rate_limited'), false)
    name.resolve(answer(profile({ id: 2, name: 'bob', description: null })))
    await until('the end', () => state(entry.id) === 'accepted')
    assert.equal(attempts.length, 1)
    assert.equal(await outbox.withdraw(entry, 'rate_limited'), false)
    assert.equal(state(entry.id), 'accepted')
  })
})
