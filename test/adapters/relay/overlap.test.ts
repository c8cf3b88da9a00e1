import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createOverlap } from '../../../scripts/adapters/relay/overlap.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const MINUTE = 60_000

describe('two streams of one user (RC §7.3.5)', () => {
  test('with one stream nothing is ever a copy', () => {
    const overlap = createOverlap(createFakeClock())
    overlap.begin('a', [])
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
          overlap.begin('a', [])
          overlap.begin('b', ['a'])
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
    overlap.begin('a', [])
    overlap.begin('b', ['a'])
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
    overlap.begin('a', [])
    overlap.isCopy('a', 'ok')
    overlap.begin('b', ['a'])
    assert.equal(overlap.isCopy('b', 'ok'), false)
    assert.equal(overlap.isCopy('a', 'ok'), true)
  })
})
