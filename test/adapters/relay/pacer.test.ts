import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createPacer } from '../../../scripts/adapters/relay/pacer.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { turns } from '../../support/wait-for.ts'

const signal = new AbortController().signal

async function starts(count: number, pacer: ReturnType<typeof createPacer>, clock: ReturnType<typeof createFakeClock>) {
  const at: number[] = []
  const all = Array.from({ length: count }, () => pacer.turn(signal).then(() => at.push(clock.monotonic())))
  while (at.length < count) {
    await turns(3)
    clock.advance(50)
  }
  await Promise.all(all)
  return at
}

describe('the distance between requests', () => {
  test('is a tenth of a second, also for those that wait together', async () => {
    const clock = createFakeClock()
    const at = await starts(5, createPacer(clock), clock)
    for (const [i, time] of at.slice(1).entries()) assert.ok(time - (at[i] ?? 0) >= 100)
    assert.ok((at.at(-1) ?? 0) <= 1000)
  })

  test('grows while the relay refuses, and is back after one that passed', async () => {
    const clock = createFakeClock()
    const pacer = createPacer(clock)
    await starts(1, pacer, clock)
    const before = clock.monotonic()
    pacer.throttled(undefined)
    const [after = 0] = await starts(1, pacer, clock)
    assert.ok(after - before >= 1000 && after - before <= 1200)
    pacer.passed()
    assert.equal(pacer.slow, false)
    const [next = 0] = await starts(1, pacer, clock)
    assert.ok(next - after <= 200)
  })

  test('is ten seconds for half an hour where one second, two and four were not enough', async () => {
    const clock = createFakeClock()
    const pacer = createPacer(clock)
    for (let i = 0; i < 3; i++) {
      await starts(1, pacer, clock)
      pacer.throttled(undefined)
    }
    assert.equal(pacer.slow, true)
    await starts(1, pacer, clock)
    pacer.passed()
    const before = clock.monotonic()
    const [at = 0] = await starts(1, pacer, clock)
    assert.ok(at - before >= 9_800)
    clock.advance(31 * 60_000)
    assert.equal(pacer.slow, false)
  })

  test('honours Retry-After, five minutes at most', async () => {
    const clock = createFakeClock()
    const pacer = createPacer(clock)
    pacer.throttled(30_000)
    assert.ok(((await starts(1, pacer, clock))[0] ?? 0) >= 30_000)
    pacer.throttled(86_400_000)
    const before = clock.monotonic()
    assert.ok(((await starts(1, pacer, clock))[0] ?? 0) - before <= 300_100)
  })

  test('is kept for reads and sends apart: neither waits for the other', async () => {
    const clock = createFakeClock()
    const pacer = createPacer(clock)
    await pacer.turn(signal, 'read')
    await pacer.turn(signal, 'send')
    assert.equal(clock.monotonic(), 0)
    const at: string[] = []
    const next = (['read', 'send'] as const).map(lane => pacer.turn(signal, lane).then(() => at.push(lane)))
    await turns(3)
    assert.deepEqual(at, [])
    clock.advance(100)
    await Promise.all(next)
  })

  test('after a refusal holds for reads and sends together', async () => {
    const clock = createFakeClock()
    const pacer = createPacer(clock)
    pacer.throttled(5000)
    const at: number[] = []
    const both = (['read', 'send'] as const).map(lane =>
      pacer.turn(signal, lane).then(() => at.push(clock.monotonic())),
    )
    await turns(3)
    clock.advance(4999)
    await turns(3)
    assert.deepEqual(at, [])
    clock.advance(1)
    await Promise.all(both)
  })

  test('is one for both lanes where the relay takes one request per ten seconds', async () => {
    const clock = createFakeClock()
    const pacer = createPacer(clock)
    for (let i = 0; i < 3; i++) pacer.throttled(undefined)
    const at: number[] = []
    const both = (['read', 'send'] as const).map(lane =>
      pacer.turn(signal, lane).then(() => at.push(clock.monotonic())),
    )
    while (at.length < 2) {
      await turns(3)
      clock.advance(100)
    }
    await Promise.all(both)
    assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 10_000)
  })

  test('a wait ends with the signal', async () => {
    const clock = createFakeClock()
    const pacer = createPacer(clock)
    await pacer.turn(signal)
    const stop = new AbortController()
    const waiting = pacer.turn(stop.signal)
    stop.abort(new Error('stop'))
    await assert.rejects(waiting, /stop/)
  })
})
