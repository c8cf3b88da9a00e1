import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFailingDatabase } from '../../support/failing-database.ts'
import { waitFor } from '../../support/wait-for.ts'
import { runEngine, webhooks } from './engine.ts'

const OPS = webhooks({ ops: { events: ['message.received'] } })
const MINUTE = 60_000
const BOB = 2

describe('two programs that answer each other', () => {
  test('slow down, nothing is dropped, and nothing changes its place', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    let received = 1
    engine.answer(() => {
      // Whoever is told answers by sending, and bob answers that.
      engine.store.add({ to: BOB, content: 'thank you' })
      engine.store.add({ from: BOB, content: 'you are welcome' })
      received++
      engine.clock.after(1000, () => engine.deliveries.committed())
      return 200
    })
    engine.add({ from: BOB, content: 'you are welcome' })
    await engine.until('an hour', () => engine.clock.monotonic() >= 60 * MINUTE, 5000)
    // Without a brake: one with each step of the clock, seven hundred.
    assert.ok(received > 60 && received < 180, `${received} in an hour`)
    assert.ok(engine.logs.some(({ level, msg }) => level === 'warn' && String(msg).includes('loop')))
    assert.ok(engine.told.includes('SINK_STATE loop_suspected relay:2'))

    engine.answer(() => 200)
    await engine.until('the rest', () => engine.state('webhook:ops')?.delivered === received, 10_000)
    assert.equal(engine.state('webhook:ops')?.dead, 0)
    const seqs = engine.seen.map(({ seq }) => seq ?? 0)
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
    )
  })

  test('slow down nobody else', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    for (let n = 0; n < 25; n++) {
      engine.add({ to: BOB, content: 'thank you' }, { from: BOB, content: 'you are welcome' })
    }
    engine.add({ from: 3, content: 'and I?' })
    await engine.until('the other one', () => engine.texts('ops').includes('and I?'))
    assert.ok(engine.clock.monotonic() < MINUTE)
    assert.equal(engine.texts('ops').length, 20)
  })
})

describe('somebody who says the same again and again', () => {
  async function heartbeat(engine: Awaited<ReturnType<typeof runEngine>>, beats: number): Promise<void> {
    for (let n = 1; n <= beats; n++) {
      engine.add({ from: BOB, content: 'OK' })
      const before = engine.seen.length
      await engine.until('the next one', () => engine.seen.length > before)
      engine.clock.advance(10_000)
    }
  }

  test('and is not answered is not slowed', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    await heartbeat(engine, 50)
    assert.equal(engine.clock.monotonic() < 15 * MINUTE, true)
  })

  test('nor slowed for what was sent to them an hour ago', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    for (let n = 0; n < 30; n++) engine.add({ to: BOB, content: `to bob ${n}` })
    await engine.settled()
    engine.clock.advance(60 * MINUTE)
    await heartbeat(engine, 30)
  })

  test('nor slowed because the disk was full, and one message had to be handed on again and again', async t => {
    const failing = createFailingDatabase()
    const engine = await runEngine(t, { config: OPS, wrap: failing.wrap })
    await engine.settled()
    for (let n = 0; n < 20; n++) engine.add({ to: BOB, content: `to bob ${n}` })
    await engine.settled()
    const isCommit = (sql: string) => sql === 'COMMIT'
    failing.fail('full', { lasting: true, only: isCommit })
    engine.add({ from: BOB, content: 'OK' })
    await engine.until('twenty-five failures', () => failing.refused.length >= 25, 1000)
    failing.lift()
    const before = engine.clock.monotonic()
    await engine.until('handed on', () => engine.seen.length === 1)
    assert.ok(engine.clock.monotonic() - before < MINUTE)
  })

  test('in other words each time is talking, and is not slowed', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    for (let n = 0; n < 40; n++) {
      engine.add({ to: BOB, content: 'yes' }, { from: BOB, content: `and ${n}?` })
    }
    await engine.until('all', () => engine.seen.length === 40)
    await waitFor('noted', () => engine.state('webhook:ops')?.waiting === 0, {
      meanwhile: () => engine.clock.advance(20),
    })
    assert.ok(engine.clock.monotonic() < MINUTE)
  })
})
