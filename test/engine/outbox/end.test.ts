import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answer } from '../../support/scripted-relay.ts'
import { accepted, forever, runOutbox } from '../../support/test-outbox.ts'
import { turns } from '../../support/wait-for.ts'

describe('a run that ends in the middle', () => {
  test('by a kill: what may have been sent is unknown, and what waited is sent by the next one, once', async t => {
    const first = runOutbox(t)
    const [a, b] = [await first.submit(2, 'under way'), await first.submit(2, 'waits')]
    await first.until('the request', () => first.attempts.length === 1)
    const second = runOutbox(t, { path: first.folder.path, reply: accepted })
    await second.outbox.start()
    assert.equal(second.state(a.id), 'unknown')
    assert.match(second.lines()[0] ?? '', /relay:2 under way .*"state":"unknown"/)
    assert.equal((await second.outbox.outcomeOf(a.id, forever)).detail.reason, 'interrupted')
    await second.until('the other', () => second.state(b.id) === 'accepted')
    assert.deepEqual(second.sent(), ['2 waits'])
  })

  test('by a stop that hears the answer out', async t => {
    const { submit, outbox, until, attempts, state, clock } = runOutbox(t)
    const [a, b] = [await submit(2, 'under way'), await submit(2, 'waits')]
    await until('the request', () => attempts.length === 1)
    const stopped = outbox.stop()
    clock.advance(34_000)
    attempts[0]?.reply('发送成功')
    await stopped
    assert.deepEqual([state(a.id), state(b.id)], ['accepted', 'queued'])
    assert.equal(clock.pending(), 0)
  })

  test('by a stop that waits 35 s in vain: unknown', async t => {
    const { submit, outbox, until, attempts, state, clock } = runOutbox(t)
    const entry = await submit(2, 'hangs')
    await until('the request', () => attempts.length === 1)
    const stopped = outbox.stop()
    let ended = false
    void stopped.then(() => {
      ended = true
    })
    clock.advance(34_000)
    await turns()
    assert.equal(ended, false)
    clock.advance(1000)
    await stopped
    assert.equal(state(entry.id), 'unknown')
    assert.equal(clock.pending(), 0)
  })

  test('by a stop while nothing is under way, at once', async t => {
    const { outbox, clock } = runOutbox(t)
    await outbox.stop()
    assert.equal(clock.pending(), 0)
  })

  test('by a stop during which the relay asks for patience: it waits for the next run, and no timer is left', async t => {
    const { submit, outbox, until, attempts, state, clock, folder } = runOutbox(t)
    const entry = await submit(2, 'later')
    await until('the request', () => attempts.length === 1)
    const stopped = outbox.stop()
    attempts[0]?.reply('错误：请求过于频繁', { status: 429, headers: { 'retry-after': '300' } })
    await stopped
    assert.equal(state(entry.id), 'queued')
    assert.equal(clock.pending(), 0)
    const next = runOutbox(t, { path: folder.path, reply: accepted })
    await next.outbox.start()
    await next.until('it to be sent', () => next.state(entry.id) === 'accepted')
  })

  test('by a stop while the recipient is looked up: nothing was sent, so the next run does it', async t => {
    const { submit, outbox, until, requests, attempts, state, clock, logs } = runOutbox(t, {
      lookUp: (_, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    })
    const entry = await submit(2, 'not yet')
    await until('the question', () => requests.length === 1)
    const stopped = outbox.stop()
    clock.advance(35_000)
    await stopped
    assert.equal(state(entry.id), 'queued')
    assert.equal(attempts.length, 0)
    assert.equal(clock.pending(), 0)
    assert.doesNotMatch(logs.join(''), /"level":"error"/)
  })

  test('by a stop while the relay wants to be left alone: what has not had its turn was not sent', async t => {
    const { submit, outbox, until, requests, attempts, state, clock } = runOutbox(t, {
      lookUp: () => answer('错误：请求过于频繁', { status: 429, headers: { 'retry-after': '200' } }),
    })
    const entry = await submit(2, 'not yet')
    await until('it to stand in line', () => requests.length === 1)
    await turns()
    const stopped = outbox.stop()
    clock.advance(35_000)
    await stopped
    assert.equal(attempts.length, 0)
    assert.equal(state(entry.id), 'queued')
    assert.equal(clock.pending(), 0)
  })
})

describe('another account', () => {
  test('gets nothing of what waited for the one before: it is told as not sent', async t => {
    const first = runOutbox(t)
    await first.submit(2, 'under way')
    const entry = await first.submit(2, 'waits')
    await first.until('the request', () => first.attempts.length === 1)
    await turns()
    const second = runOutbox(t, { path: first.folder.path, token: 'b'.repeat(32) })
    await second.outbox.start()
    await second.until('the end', () => second.state(entry.id) === 'not_sent')
    assert.equal((await second.outbox.outcomeOf(entry.id, forever)).detail.reason, 'another_account')
    assert.deepEqual(second.requests, [])
    assert.match(second.lines().at(-1) ?? '', /relay:2 waits .*"state":"not_sent"/)
  })

  test('or none for now: what waits is kept until somebody is registered again', async t => {
    const { submit, outbox, until, state, attempts, register, clock, logs } = runOutbox(t, { reply: accepted })
    register(true)
    await outbox.start()
    const pending = submit(2, 'hello')
    register(false)
    const entry = await pending
    clock.advance(20_000)
    await turns()
    assert.equal(state(entry.id), 'queued')
    assert.equal(attempts.length, 0)
    register(true)
    await until('it to be sent', () => state(entry.id) === 'accepted', 1000)
    assert.doesNotMatch(logs.join(''), /hello|[ab]{32}/)
  })
})
