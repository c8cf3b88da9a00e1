import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PushOutcome } from '../../../scripts/core/sink.ts'
import { deadLetters, reviveDead } from '../../../scripts/store/deliveries.ts'
import { lastRequests } from '../../../scripts/store/request-log.ts'
import { dropSink } from '../../../scripts/store/sinks.ts'
import { createFailingDatabase } from '../../support/failing-database.ts'
import { DELIVERED, FAILED, type PushSeen, runSink } from '../../support/run-sink.ts'
import { turns, waitFor } from '../../support/wait-for.ts'

const texts = (seen: readonly PushSeen[]) => seen.map(one => one.text)
const DEAD: PushOutcome = { kind: 'dead', reason: 'http_400', httpStatus: 400 }
const DAY = 86_400_000

describe('new settings', () => {
  test('that come while a request is under way: its failure says nothing about them', async t => {
    const sink = await runSink(t, { schedule: { tries: 1 } })
    for (const outcome of [
      FAILED,
      DEAD,
      { kind: 'hold', reason: 'http_401', httpStatus: 401, everyMs: null },
      { ...DEAD, pause: true },
      { ...FAILED, retryAfterMs: 3_600_000 },
    ] as const) {
      const { promise, resolve } = Promise.withResolvers<PushOutcome>()
      const before = sink.seen.length
      sink.answer(() => promise)
      await sink.queue('a1')
      await waitFor('under way', () => sink.seen.length === before + 1)
      sink.answer(() => DELIVERED)
      sink.loop.changed(sink.sinkOf({ tries: 1 }))
      resolve(outcome)
      await waitFor('delivered', () => sink.state()?.waiting === 0)
      assert.equal(sink.seen.length, before + 2)
      assert.equal(sink.state()?.paused, null)
      await sink.writer.write(database => database.run('DELETE FROM events'))
    }
    assert.deepEqual([sink.state()?.dead, sink.states.length], [0, 0])
  })

  test('that come while a request is under way: its success counts', async t => {
    const sink = await runSink(t)
    const { promise, resolve } = Promise.withResolvers<PushOutcome>()
    sink.answer(() => promise)
    await sink.queue('a1')
    await sink.until(1)
    sink.loop.changed(sink.sinkOf({}))
    resolve(DELIVERED)
    await waitFor('delivered', () => sink.state()?.delivered === 1)
    assert.equal(sink.seen.length, 1)
  })

  test('that come with the very commit of a hold end it', async t => {
    const sink = await runSink(t)
    sink.answer(() => {
      // After the outcome is known and before it is written down.
      queueMicrotask(() => void Promise.resolve().then(() => sink.loop.changed(sink.sinkOf({}))))
      sink.answer(() => DELIVERED)
      return { kind: 'hold', reason: 'http_401', httpStatus: 401, everyMs: null }
    })
    await sink.queue('a1')
    await waitFor('delivered', () => sink.state()?.delivered === 1)
  })

  test('end a Retry-After, and the wait of each message', async t => {
    const sink = await runSink(t)
    sink.answer(push => (push.attempt === 1 ? { ...FAILED, retryAfterMs: 3_600_000 } : DELIVERED))
    await sink.queue('a1', 'a2')
    await sink.until(1)
    await waitFor('told', () => sink.states.length === 1)
    const before = sink.clock.monotonic()
    sink.answer(() => DELIVERED)
    sink.loop.changed(sink.sinkOf({}))
    await waitFor('both', () => sink.seen.length === 3)
    assert.equal(sink.clock.monotonic(), before)
  })
})

describe('what was given up and is sent again', () => {
  test('goes out though everything that was looked at before still waits', async t => {
    const sink = await runSink(t, { schedule: { tries: 2 } })
    sink.answer(push => (push.text === 'a1' ? DEAD : FAILED))
    await sink.queue('a1', 'b1')
    await waitFor('failing', () => sink.states.at(-1)?.state === 'failing')
    await sink.pass(500)
    const before = sink.seen.length
    sink.answer(() => DELIVERED)
    await sink.writer.write(database => reviveDead(database, 'webhook:ops'))
    sink.loop.lookAgain()
    await waitFor('sent again', () => sink.seen.length > before)
    assert.equal(sink.seen[before]?.text, 'a1')
  })

  test('and fails again does not make anybody look without a pause', async t => {
    const failing = createFailingDatabase()
    const sink = await runSink(t, { wrap: failing.wrap, schedule: { firstMs: 60_000 } })
    sink.answer(push => (push.text === 'a1' ? DEAD : FAILED))
    await sink.queue('a1', 'a2')
    await waitFor('failing', () => sink.states.at(-1)?.state === 'failing')
    // a2 is to be tried in a minute; a1, before it in the row, in more.
    sink.clock.advance(59_000)
    sink.answer(() => FAILED)
    await sink.writer.write(database => reviveDead(database, 'webhook:ops'))
    sink.loop.lookAgain()
    await waitFor('tried', () => sink.seen.length === 3)
    await sink.pass(20_000)
    const asked = failing.statements.length
    await sink.pass(20_000)
    assert.ok(failing.statements.length - asked < 20, `${failing.statements.length - asked} statements`)
    assert.equal(sink.seen.length, 3)
  })
})

describe('what waits for its time', () => {
  test('comes in its time, though others were queued and looked at meanwhile', async t => {
    const sink = await runSink(t, { schedule: { firstMs: 60_000 } })
    sink.answer(push => (push.text.startsWith('a') && push.attempt === 1 ? FAILED : DELIVERED))
    await sink.queue('a1', 'a2')
    await waitFor('failing', () => sink.states.length === 1)
    for (let n = 1; n <= 5; n++) {
      await sink.pass(10_000)
      await sink.queue(`b${n}`)
    }
    await waitFor('the others', () => sink.seen.length === 6)
    assert.deepEqual(texts(sink.seen), ['a1', 'b1', 'b2', 'b3', 'b4', 'b5'])
    sink.answer(() => DELIVERED)
    await sink.pass(11_000)
    assert.deepEqual(texts(sink.seen).slice(6), ['a1', 'a2'])
  })

  test('comes in its time though the clock is set back meanwhile', async t => {
    const sink = await runSink(t, { schedule: { firstMs: 60_000 } })
    sink.answer(push => (push.attempt === 1 ? FAILED : DELIVERED))
    await sink.queue('a1')
    await waitFor('failing', () => sink.states.length === 1)
    sink.clock.setWall(Date.UTC(2020, 0, 1))
    await sink.pass(62_000)
    assert.deepEqual(texts(sink.seen), ['a1', 'a1'])
  })

  test('is not too old because the clock was set forward', async t => {
    const sink = await runSink(t, { schedule: { withinMs: DAY } })
    sink.answer(push => (push.attempt < 4 ? FAILED : DELIVERED))
    await sink.queue('a1')
    await waitFor('failing', () => sink.states.length === 1)
    // A board without a battery has found out what year it is.
    sink.clock.setWall(sink.clock.now() + 3 * 365 * DAY)
    await waitFor('delivered', () => sink.state()?.delivered === 1, { meanwhile: () => sink.clock.advance(100) })
    assert.equal(sink.dead.length, 0)
    assert.ok((sink.seen[3]?.atMs ?? 0) < 20_000)
  })

  test('is as old as it is after a start with a clock that was set back', async t => {
    const first = await runSink(t, { schedule: { withinMs: DAY } })
    first.answer(() => FAILED)
    await first.queue('a1')
    await first.until(2)
    await first.stop()
    first.clock.setWall(Date.UTC(2020, 0, 1))
    const second = await runSink(t, { path: first.path, clock: first.clock, schedule: { withinMs: DAY } })
    second.answer(() => FAILED)
    await waitFor('given up', () => second.dead.length === 1, {
      meanwhile: () => second.clock.advance(300_000),
      everyMs: 1,
    })
    assert.ok(second.clock.now() < Date.UTC(2020, 0, 2, 2))
  })
})

describe('one request, one row in the log', () => {
  test('though the commit is slow, and others are delivered meanwhile', async t => {
    const failing = createFailingDatabase()
    const sink = await runSink(t, { wrap: failing.wrap })
    await sink.queue('a1', 'b1', 'c1', 'd1', 'e1', 'f1')
    sink.answer(async () => {
      failing.fail('busy', { lasting: true, only: sql => sql.startsWith('BEGIN') })
      sink.clock.advance(25)
      return DELIVERED
    })
    await sink.until(6)
    failing.lift()
    await waitFor('written', () => sink.state()?.delivered === 6, { meanwhile: () => sink.clock.advance(500) })
    await sink.pass(1000)
    assert.equal(lastRequests(sink.writer.database, 'webhook:ops', { limit: 100 }).length, 6)
  })
})

describe('somebody who is told of the state and throws', () => {
  test('decides nothing: what was delivered is delivered, and what failed is tried again in its time', async t => {
    const sink = await runSink(t)
    sink.states.push = () => {
      throw new Error('ours')
    }
    sink.answer(push => (push.attempt === 1 ? FAILED : DELIVERED))
    await sink.queue('a1', 'a2')
    await waitFor('both', () => sink.state()?.delivered === 2, { meanwhile: () => sink.clock.advance(50) })
    assert.deepEqual(texts(sink.seen), ['a1', 'a1', 'a2', 'a2'])
    assert.deepEqual(
      sink.seen.map(({ atMs }) => Math.round(atMs / 1000)),
      [0, 1, 1, 2],
    )
  })
})

describe('a queue that is dropped', () => {
  for (const outcome of [DELIVERED, FAILED, DEAD]) {
    test(`while a request is under way that comes to ${outcome.kind}: nothing of it is left`, async t => {
      const sink = await runSink(t)
      const { promise, resolve } = Promise.withResolvers<PushOutcome>()
      sink.answer(() => promise)
      await sink.queue('a1', 'a2')
      await sink.until(1)
      await sink.writer.write(database => dropSink(database, 'webhook:ops'))
      resolve(outcome)
      await waitFor('logged', () => lastRequests(sink.writer.database, 'webhook:ops', { limit: 9 }).length === 1)
      await sink.pass(10_000)
      assert.equal(sink.state(), null)
      assert.deepEqual(sink.writer.database.all('SELECT id FROM deliveries'), [])
      assert.deepEqual([sink.seen.length, sink.dead.length], [1, 0])
      assert.ok(!sink.logs.some(line => line.includes('"error"')), sink.logs.join(''))
    })
  }
})

describe('a stop', () => {
  test('cuts a request that hangs; it was no try, and comes again under the same id', async t => {
    const first = await runSink(t, { schedule: { tries: 1 } })
    first.answer(() => new Promise(() => undefined))
    const sink = first.sinkOf({})
    first.loop.changed({
      ...sink,
      push: (push, ctx) =>
        Promise.race([
          sink.push(push, ctx),
          new Promise<PushOutcome>(resolve => {
            ctx.signal.addEventListener('abort', () =>
              resolve({ kind: 'retry', reason: 'aborted', httpStatus: null, retryAfterMs: null }),
            )
          }),
        ]),
    })
    await first.queue('a1')
    await waitFor('under way', () => first.seen.length === 1)
    const stopped = first.stop()
    await turns(20)
    first.clock.advance(5000)
    await stopped
    const second = await runSink(t, { path: first.path, clock: first.clock })
    await second.until(1)
    assert.deepEqual(second.seen[0], { text: 'a1', id: 'evt_a1', attempt: 1, atMs: second.seen[0]?.atMs })
    assert.deepEqual(deadLetters(second.writer.database, 'webhook:ops', 9), [])
  })

  test('before the loop has begun ends at once', async t => {
    const sink = await runSink(t)
    await sink.queue('a1')
    await sink.stop()
    const after = await runSink(t, { path: sink.path, clock: sink.clock })
    await waitFor('delivered', () => after.state()?.delivered === 1)
  })
})
