import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createOverlap } from '../../../scripts/adapters/relay/overlap.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const MINUTE = 60_000

describe('two streams of one user (RC §7.3.5)', () => {
  test('with one stream nothing is ever a copy', () => {
    const overlap = createOverlap(createFakeClock())
    assert.deepEqual(
      [1, 2, 3].map(() => overlap.isCopy('a', 'ok')),
      [false, false, false],
    )
  })

  test('whatever the order of arrival, each text is kept as often as the fuller stream shows it', () => {
    const message = fc.constantFrom('ok', 'hello', 'x')
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.nat(12),
        fc.infiniteStream(fc.boolean()),
        (sent, missed, turns) => {
          const overlap = createOverlap(createFakeClock())
          overlap.begin('b', 'a')
          // The first stream may have stopped delivering somewhere; the second one carries everything.
          const queues = { a: sent.slice(0, Math.max(0, sent.length - missed)), b: [...sent] }
          const kept: string[] = []
          while (queues.a.length + queues.b.length > 0) {
            const name = queues.a.length > 0 && (queues.b.length === 0 || turns.next().value) ? 'a' : 'b'
            const text = queues[name].shift() ?? ''
            if (!overlap.isCopy(name, text)) kept.push(text)
          }
          assert.deepEqual(kept.toSorted(), sent.toSorted())
        },
      ),
    )
  })

  test('the counters outlive the overlap: the remaining stream may lag, for twenty minutes', () => {
    const clock = createFakeClock()
    const overlap = createOverlap(clock)
    overlap.begin('b', 'a')
    assert.equal(overlap.isCopy('a', 'ok'), false)
    overlap.end('a')
    clock.advance(19 * MINUTE)
    assert.equal(overlap.isCopy('b', 'ok'), true, 'late')
    assert.equal(overlap.isCopy('b', 'ok'), false, 'said again')
    clock.advance(2 * MINUTE)
    assert.equal(overlap.isCopy('b', 'ok'), false, 'forgotten')
  })

  test('what arrived before the second request is not counted against it', () => {
    const overlap = createOverlap(createFakeClock())
    overlap.isCopy('a', 'ok')
    overlap.begin('b', 'a')
    assert.equal(overlap.isCopy('b', 'ok'), false)
    assert.equal(overlap.isCopy('a', 'ok'), true)
  })

  test('any number of streams after each other, two at a time: each message that arrived anywhere is kept once', () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.constant('send' as const) },
      { weight: 4, arbitrary: fc.constantFrom('arrive 0' as const, 'arrive 1' as const) },
      { weight: 1, arbitrary: fc.constantFrom('open' as const, 'close 0' as const, 'close 1' as const) },
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), actions => {
        const overlap = createOverlap(createFakeClock())
        const open: { name: string; way: string[] }[] = [{ name: 's1', way: [] }]
        const arrived = new Set<string>()
        const kept: string[] = []
        let streams = 1
        let sent = 0
        function arrive(at: number): void {
          const stream = open[at]
          const text = stream?.way.shift()
          if (stream === undefined || text === undefined) return
          arrived.add(text)
          if (!overlap.isCopy(stream.name, text)) kept.push(text)
        }
        for (const one of actions) {
          if (one === 'send') {
            sent++
            for (const { way } of open) way.push(`m${sent}`)
          } else if (one === 'open' && open.length === 1) {
            const name = `s${++streams}`
            overlap.begin(name, open[0]?.name ?? '')
            open.push({ name, way: [] })
          } else if (one.startsWith('arrive')) {
            arrive(Number(one.at(-1)))
          } else if (one.startsWith('close') && open.length === 2) {
            // What it had not brought yet is lost with it.
            for (const { name } of open.splice(Number(one.at(-1)), 1)) overlap.end(name)
          }
        }
        for (const at of open.keys()) while ((open[at]?.way.length ?? 0) > 0) arrive(at)
        assert.deepEqual(kept.toSorted(), [...arrived].toSorted())
      }),
      { numRuns: 2000 },
    )
  })

  test('what both streams have shown needs no memory', () => {
    const overlap = createOverlap(createFakeClock())
    overlap.begin('b', 'a')
    for (let n = 0; n < 1000; n++) {
      overlap.isCopy('a', `${n}`)
      overlap.isCopy('b', `${n}`)
    }
    assert.equal(overlap.remembered, 0)
  })
})
