import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Address } from '../../../scripts/core/address.ts'
import { ConfigError } from '../../../scripts/core/errors.ts'
import type { FetchAnswer } from '../../../scripts/core/fetch.ts'
import { keepBytes } from '../../../scripts/store/kept-files.ts'
import { AGENT, unreadCount } from '../../../scripts/store/positions.ts'
import { profile } from '../../support/blocks.ts'
import { answer } from '../../support/scripted-relay.ts'
import { accepted, forever, runOutbox } from '../../support/test-outbox.ts'
import { turns } from '../../support/wait-for.ts'

describe('the order of what is sent', () => {
  test('to one person is the order of writing: the next goes when the one before has an answer', async t => {
    const { submit, until, pass, attempts, sent, state } = runOutbox(t)
    const [one, two, three] = [await submit(2, 'one'), await submit(2, 'two'), await submit(2, 'three')]
    await until('the first', () => attempts.length === 1)
    await pass(2000)
    assert.deepEqual(sent(), ['2 one'])
    attempts[0]?.reply('发送成功')
    await until('the second', () => attempts.length === 2)
    assert.equal(state(one.id), 'accepted')
    attempts[1]?.fail('ECONNRESET')
    await until('the third', () => attempts.length === 3)
    attempts[2]?.reply('错误：对方已将你拉黑')
    await until('the end', () => state(three.id) === 'refused')
    assert.equal(state(two.id), 'unknown')
    assert.deepEqual(sent(), ['2 one', '2 two', '2 three'])
  })

  test('between people does not matter: four at once, and no more', async t => {
    const { submit, until, pass, attempts, sent } = runOutbox(t)
    for (let to = 2; to <= 7; to++) await submit(to, 'hello')
    await until('four', () => attempts.length === 4)
    await pass(2000)
    assert.equal(attempts.length, 4)
    attempts[2]?.reply('发送成功')
    await until('the fifth', () => attempts.length === 5)
    assert.deepEqual(sent(), ['2 hello', '3 hello', '4 hello', '5 hello', '6 hello'])
  })

  test('who does not answer holds up nobody else', async t => {
    const { submit, until, attempts, state } = runOutbox(t, {
      reply: to => (to === 2 ? undefined : accepted()) as FetchAnswer,
    })
    const [stuck, behind] = [await submit(2, 'hangs'), await submit(2, 'behind it')]
    const others = await Promise.all(Array.from({ length: 10 }, (_, i) => submit(3 + (i % 3), `number ${i}`)))
    await until('all others', () => others.every(one => state(one.id) === 'accepted'))
    assert.deepEqual([state(stuck.id), state(behind.id)], ['sending', 'queued'])
    assert.equal(attempts.filter(one => one.to === 2).length, 1)
  })
})

describe('before a request is made', () => {
  test('it is committed that it may have been', async t => {
    const seen: unknown[] = []
    const scene = runOutbox(t, {
      reply() {
        seen.push(scene.committed(1))
        return accepted()
      },
    })
    const entry = await scene.submit(2, 'hello')
    assert.equal(scene.committed(entry.id), 'queued')
    await scene.until('the end', () => scene.state(entry.id) === 'accepted')
    assert.deepEqual(seen, ['sending'])
  })

  test('a recipient without a name is looked up, once; and one that can not be is written to all the same', async t => {
    const { submit, until, state, requests } = runOutbox(t, {
      reply: accepted,
      lookUp: id => (id === 2 ? answer(profile({ id, name: 'bob', description: null })) : answer('', { status: 502 })),
    })
    const entries = [await submit(2, 'one'), await submit(2, 'two'), await submit(3, 'three')]
    await until('the end', () => entries.every(one => state(one.id) === 'accepted'))
    assert.deepEqual(requests.filter(one => one === 'GET /users/2').length, 1)
  })

  test('a copy that has gone from the disk is told, and nothing is sent', async t => {
    const { submit, until, state, attempts, folder, outbox } = runOutbox(t)
    const kept = { ...(await keepBytes(folder, Buffer.from('x'), 'bin')), name: 'x.txt' }
    rmSync(join(folder.path, kept.path))
    const entry = await submit(2, '', { file: kept })
    await until('the end', () => state(entry.id) === 'not_sent')
    assert.equal((await outbox.outcomeOf(entry.id, forever)).detail.reason, 'file_missing')
    assert.equal(attempts.length, 0)
  })

  test('whoever writes has read what they answer', async t => {
    const { submit, writer, ingest } = runOutbox(t)
    for (const id of [2, 3]) {
      const from = { address: { scheme: 'relay', id } as Address, name: 'x' }
      const parsed = { type: 'chat', at: '2026-03-09T10:00:00Z', from, content: 'hi', flags: {} } as const
      await ingest.ingest({ via: 'stream', body: Buffer.from('x'), messages: [{ parsed }] })
    }
    assert.equal(unreadCount(writer.database, AGENT), 2)
    await submit(2, 'hello')
    assert.equal(unreadCount(writer.database, AGENT), 1)
  })

  test('who is not registered is told so, and nothing is kept', async t => {
    const { submit, register, writer } = runOutbox(t)
    register(false)
    await assert.rejects(submit(2, 'hello'), ConfigError)
    assert.deepEqual(writer.database.all('SELECT * FROM outbox'), [])
  })
})

describe('whoever waits for the outcome', () => {
  test('hears of it at once, or that it still waits after the time given', async t => {
    const { submit, outbox, until, attempts, clock } = runOutbox(t)
    const entry = await submit(2, 'hello')
    const early = outbox.outcomeOf(entry.id, { ...forever, waitMs: 1000 })
    await until('the request', () => attempts.length === 1)
    await turns()
    clock.advance(1000)
    assert.equal((await early).state, 'sending')
    const late = outbox.outcomeOf(entry.id, forever)
    attempts[0]?.reply('发送成功')
    assert.equal((await late).state, 'accepted')
  })

  test('may go away, and the message goes on', async t => {
    const { submit, outbox, until, attempts, state } = runOutbox(t)
    const entry = await submit(2, 'hello')
    const gone = new AbortController()
    const waiting = outbox.outcomeOf(entry.id, { ...forever, signal: gone.signal })
    gone.abort(new Error('gone'))
    await assert.rejects(waiting, /gone/)
    await until('the request', () => attempts.length === 1)
    attempts[0]?.reply('发送成功')
    await until('the end', () => state(entry.id) === 'accepted')
  })
})
