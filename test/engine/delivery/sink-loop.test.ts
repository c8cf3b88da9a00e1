import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PushOutcome } from '../../../scripts/core/sink.ts'
import { deadLetters, reviveDead } from '../../../scripts/store/deliveries.ts'
import { lastRequests } from '../../../scripts/store/request-log.ts'
import { resumeSink } from '../../../scripts/store/sinks.ts'
import { createFailingDatabase } from '../../support/failing-database.ts'
import { DELIVERED, FAILED, type PushSeen, runSink } from '../../support/run-sink.ts'
import { waitFor } from '../../support/wait-for.ts'

const texts = (seen: readonly PushSeen[]) => seen.map(one => one.text)

describe('the queue of a sink', () => {
  test('goes out one by one, in its order, and is empty then', async t => {
    const sink = await runSink(t)
    await sink.queue('a1', 'b1', 'a2', 'b2')
    await sink.until(4)
    await sink.pass(100)
    assert.deepEqual(texts(sink.seen), ['a1', 'b1', 'a2', 'b2'])
    assert.equal(sink.mostAtOnce, 1)
    const { waiting, delivered, dead } = sink.state() ?? {}
    assert.deepEqual({ waiting, delivered, dead }, { waiting: 0, delivered: 4, dead: 0 })
  })

  test('a hundred messages are neither lost nor doubled', async t => {
    const sink = await runSink(t)
    const all = Array.from({ length: 120 }, (_, i) => `a${i + 1}`)
    await sink.queue(...all)
    await sink.until(120)
    await sink.pass(1000)
    assert.deepEqual(texts(sink.seen), all)
    assert.equal(sink.state()?.delivered, 120)
  })

  test('what fails is tried again under the same id, at 1, 2, 4 … seconds', async t => {
    const sink = await runSink(t)
    sink.answer(push => (push.attempt < 5 ? FAILED : DELIVERED))
    await sink.queue('a1')
    await sink.until(5)
    assert.deepEqual(
      sink.seen.map(one => Math.round(one.atMs / 1000)),
      [0, 1, 3, 7, 15],
    )
    assert.deepEqual([...new Set(sink.seen.map(one => one.id))], ['evt_a1'])
    assert.deepEqual(
      sink.seen.map(one => one.attempt),
      [1, 2, 3, 4, 5],
    )
  })

  test('what is behind a message of the same peer waits with it', async t => {
    const sink = await runSink(t)
    sink.answer(push => (push.text === 'a1' && push.attempt < 3 ? FAILED : DELIVERED))
    await sink.queue('a1', 'a2')
    await sink.until(4)
    assert.deepEqual(texts(sink.seen), ['a1', 'a1', 'a1', 'a2'])
  })

  test('one peer that the receiver chokes on does not hold up the others', async t => {
    const sink = await runSink(t)
    sink.answer(push => (push.text === 'a1' ? FAILED : DELIVERED))
    await sink.queue('a1', 'a2', 'b1', 'b2', 'c1')
    await waitFor('the others', () => ['b1', 'b2', 'c1'].every(one => texts(sink.seen).includes(one)), {
      meanwhile: () => sink.clock.advance(500),
    })
    assert.ok(!texts(sink.seen).includes('a2'))
  })

  test('a receiver that is down is not asked about each peer in turn', async t => {
    const sink = await runSink(t)
    sink.answer(() => FAILED)
    await sink.queue(...Array.from({ length: 30 }, (_, i) => `${String.fromCharCode(97 + (i % 26))}x${i}y`))
    await sink.pass(600_000)
    // The first half minute by the schedule, then one try in 30 s.
    assert.ok(sink.seen.length < 30, String(sink.seen.length))
  })

  test('they say when: Retry-After wins over the schedule, and nobody else is asked about meanwhile', async t => {
    const sink = await runSink(t)
    sink.answer(push => (push.attempt === 1 && push.text === 'a1' ? { ...FAILED, retryAfterMs: 90_000 } : DELIVERED))
    await sink.queue('a1', 'b1')
    await sink.until(3, 1000)
    assert.deepEqual(texts(sink.seen), ['a1', 'a1', 'b1'])
    const [, again, other] = sink.seen.map(one => one.atMs)
    assert.ok(again !== undefined && again >= 90_000 && again < 93_000 && other !== undefined && other >= again)
  })

  test('a Retry-After of a week is an hour', async t => {
    const sink = await runSink(t)
    sink.answer(push => (push.attempt === 1 ? { ...FAILED, retryAfterMs: 7 * 86_400_000 } : DELIVERED))
    await sink.queue('a1')
    await sink.until(2, 10_000)
    assert.equal(Math.round((sink.seen[1]?.atMs ?? 0) / 60_000), 60)
  })

  test('after the last try it is a dead letter: kept, told, and what is behind it goes on', async t => {
    const sink = await runSink(t, { schedule: { tries: 3 } })
    sink.answer(push => (push.text === 'a1' ? FAILED : DELIVERED))
    await sink.queue('a1', 'a2')
    await sink.until(4)
    await sink.pass(100)
    assert.deepEqual(texts(sink.seen), ['a1', 'a1', 'a1', 'a2'])
    assert.deepEqual(
      deadLetters(sink.writer.database, 'webhook:ops', 10).map(one => [one.eventId, one.attempts, one.reason]),
      [['evt_a1', 3, 'http_500']],
    )
    assert.equal(sink.dead.length, 1)
    const { waiting, delivered, dead } = sink.state() ?? {}
    assert.deepEqual({ waiting, delivered, dead }, { waiting: 0, delivered: 1, dead: 1 })
  })

  test('a dead letter that somebody sends again has all its tries before it', async t => {
    const sink = await runSink(t, { schedule: { tries: 2 } })
    sink.answer(() => FAILED)
    await sink.queue('a1')
    await sink.until(2)
    await waitFor('dead', () => sink.dead.length === 1)
    sink.answer(push => (push.attempt < 2 ? FAILED : DELIVERED))
    const revived = await sink.writer.write(database => reviveDead(database, 'webhook:ops'))
    sink.loop.kick()
    await sink.until(4)
    await sink.pass(100)
    assert.equal(revived, 1)
    assert.deepEqual(
      sink.seen.map(one => one.attempt),
      [1, 2, 1, 2],
    )
    assert.deepEqual([sink.state()?.dead, sink.state()?.delivered], [0, 1])
  })

  test('for its age it is given up too: a day after the first try', async t => {
    const sink = await runSink(t, { schedule: { withinMs: 3_600_000 } })
    sink.answer(() => FAILED)
    await sink.queue('a1')
    await waitFor('dead', () => sink.dead.length === 1, { meanwhile: () => sink.clock.advance(10_000) })
    const last = sink.seen.at(-1)?.atMs ?? 0
    assert.ok(last >= 3_600_000 && last < 3_600_000 + 301_000, String(last))
  })

  test('what they will never take is given up at once', async t => {
    const sink = await runSink(t)
    sink.answer(push => (push.text === 'a1' ? { kind: 'dead', reason: 'http_400', httpStatus: 400 } : DELIVERED))
    await sink.queue('a1', 'a2')
    await sink.until(2)
    assert.deepEqual(texts(sink.seen), ['a1', 'a2'])
    assert.equal(sink.dead.length, 1)
  })

  test('410: it pauses, keeps what comes, and goes on in order when it is resumed', async t => {
    const sink = await runSink(t)
    sink.answer(push =>
      push.text === 'a1' ? { kind: 'dead', reason: 'http_410', httpStatus: 410, pause: true } : DELIVERED,
    )
    await sink.queue('a1', 'a2')
    await sink.until(1)
    await sink.queue('a3')
    await sink.pass(600_000)
    assert.deepEqual(texts(sink.seen), ['a1'])
    assert.equal(sink.states.at(-1)?.state, 'paused')
    await sink.writer.write(database => resumeSink(database, 'webhook:ops'))
    sink.loop.kick()
    await sink.until(3)
    assert.deepEqual(texts(sink.seen), ['a1', 'a2', 'a3'])
    assert.equal(sink.states.at(-1)?.state, 'working')
  })

  test('on hold nothing is dropped, however long it lasts, and no try is counted', async t => {
    const sink = await runSink(t, { schedule: { tries: 3, withinMs: 3_600_000 } })
    const hold: PushOutcome = { kind: 'hold', reason: 'no_plugin', httpStatus: 404, everyMs: 300_000 }
    let installed = false
    sink.answer(() => (installed ? DELIVERED : hold))
    await sink.queue('a1', 'b1')
    await waitFor('three hours', () => sink.seen.length > 36, { meanwhile: () => sink.clock.advance(60_000) })
    assert.ok(
      sink.clock.monotonic() > 3 * 3_600_000 - 300_000 &&
        sink.seen.every(one => one.text === 'a1' && one.attempt === 1),
    )
    assert.equal(sink.states.at(-1)?.state, 'held')
    installed = true
    const before = sink.seen.length
    await sink.until(before + 2, 10_000)
    assert.deepEqual(texts(sink.seen.slice(before)), ['a1', 'b1'])
  })

  test('until another configuration: nothing is asked, whatever comes and however long', async t => {
    const sink = await runSink(t)
    sink.answer(() => ({ kind: 'hold', reason: 'http_401', httpStatus: 401, everyMs: null }))
    await sink.queue('a1')
    await sink.until(1)
    await sink.queue('b1')
    await sink.pass(60_000)
    assert.equal(sink.seen.length, 1)
    sink.answer(() => DELIVERED)
    sink.loop.changed(sink.sinkOf({}))
    await sink.until(3)
    assert.deepEqual(texts(sink.seen), ['a1', 'a1', 'b1'])
  })

  test('a hold can be ended as it is; what the receiver asked for can not', async t => {
    const sink = await runSink(t)
    const outcomes: PushOutcome[] = [
      { kind: 'hold', reason: 'http_401', httpStatus: 401, everyMs: null },
      { kind: 'retry', reason: 'http_429', httpStatus: 429, retryAfterMs: 600_000 },
    ]
    sink.answer(() => outcomes.shift() ?? DELIVERED)
    await sink.queue('a1')
    await waitFor('held', () => sink.states.at(-1)?.state === 'held')
    const before = sink.clock.monotonic()
    sink.loop.endHold()
    await waitFor('asked to wait', () => sink.states.at(-1)?.state === 'failing')
    assert.equal(sink.clock.monotonic(), before)
    sink.loop.endHold()
    await sink.pass(590_000)
    assert.equal(sink.seen.length, 2)
    await sink.until(3)
  })

  test('a new start goes on with the schedule where it was', async t => {
    const first = await runSink(t)
    first.answer(() => FAILED)
    await first.queue('a1')
    await first.until(4)
    await first.stop()
    const second = await runSink(t, { path: first.path, clock: first.clock })
    await second.until(1)
    assert.deepEqual([second.seen[0]?.attempt, second.seen[0]?.id], [5, 'evt_a1'])
    assert.equal(Math.round((second.seen[0]?.atMs ?? 0) / 1000), 8)
  })

  test('a clock that was set back does not hold a queue for longer than an hour', async t => {
    const first = await runSink(t)
    first.answer(() => FAILED)
    await first.queue('a1')
    await first.until(1)
    await first.stop()
    first.clock.setWall(Date.UTC(2020, 0, 1))
    const second = await runSink(t, { path: first.path, clock: first.clock })
    await second.until(1, 60_000)
    assert.ok((second.seen[0]?.atMs ?? 0) <= 3_700_000)
  })

  test('a stop hears the push in flight out, and what came of it is noted', async t => {
    const sink = await runSink(t)
    const { promise, resolve } = Promise.withResolvers<PushOutcome>()
    sink.answer(() => promise)
    await sink.queue('a1')
    await sink.until(1)
    const stopped = sink.stop()
    resolve(DELIVERED)
    await stopped
    const after = await runSink(t, { path: sink.path })
    assert.deepEqual([after.state()?.waiting, after.state()?.delivered], [0, 1])
  })

  test('each try is a row in the log, without what was sent', async t => {
    const sink = await runSink(t)
    sink.answer(push => (push.attempt === 1 ? FAILED : DELIVERED))
    await sink.queue('secretwords1')
    await sink.until(2)
    await sink.pass(100)
    const rows = lastRequests(sink.writer.database, 'webhook:ops', { limit: 10 })
    assert.deepEqual(
      rows.map(({ attempt, httpStatus, ok, error, bytes }) => [attempt, httpStatus, ok, error, bytes]),
      [
        [1, 500, false, 'http_500', 12],
        [2, 200, true, null, 12],
      ],
    )
    assert.doesNotMatch(
      JSON.stringify(rows.map(({ eventId: _, ...rest }) => rest)) +
        sink.logs.join('').replaceAll('evt_secretwords1', ''),
      /secretwords/,
    )
  })

  test('a database that refuses for a while delays the queue, and nothing is lost or forgotten', async t => {
    const failing = createFailingDatabase()
    const sink = await runSink(t, { wrap: failing.wrap })
    const { promise, resolve } = Promise.withResolvers<PushOutcome>()
    sink.answer(() => promise)
    await sink.queue('a1')
    await sink.until(1)
    failing.fail('full', { lasting: true })
    resolve(DELIVERED)
    await waitFor('refused', () => failing.refused.length > 2, { meanwhile: () => sink.clock.advance(500) })
    failing.lift()
    const queued = sink.queue('a2')
    await waitFor('both', () => sink.state()?.delivered === 2, { meanwhile: () => sink.clock.advance(500) })
    await queued
    assert.deepEqual([...new Set(texts(sink.seen))], ['a1', 'a2'])
  })

  test('a fault of ours is tried again like a failure of theirs', async t => {
    const sink = await runSink(t)
    sink.answer(push => {
      if (push.attempt === 1) throw new Error('ours')
      return DELIVERED
    })
    await sink.queue('a1')
    await sink.until(2)
    assert.deepEqual(texts(sink.seen), ['a1', 'a1'])
  })
})
