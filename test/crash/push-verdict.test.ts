import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WitnessedPush } from '../support/push-witness.ts'
import { differentlyNamed, judgePushes, MOST_REPEATED, type Owed } from './push-verdict.ts'

const OWED: Owed = new Map([
  [1, 'alice'],
  [2, 'bob'],
  [3, 'alice'],
  [4, 'bob'],
])
const FINE = { missing: [], foreign: [], early: [], confused: [], repeated: 0, unexcused: [] }

function push(seq: number, { life = 1, ...rest }: Partial<WitnessedPush> = {}): WitnessedPush {
  return { id: `evt_${seq}`, seq, digest: `of ${seq}`, life, answer: 'taken', ...rest }
}

describe('the verdict on what was pushed', () => {
  test('finds nothing wrong with peers that overtake each other, and tries that failed', () => {
    const refused = push(1, { answer: 'refused' })
    const told = { ...push(9), seq: null }
    assert.deepEqual(judgePushes([refused, push(2), told, push(4), push(1), push(3)], OWED), FINE)
  })

  test('finds what is missing, what only failed among it, and what nobody was owed', () => {
    const verdict = judgePushes([push(1), push(2), push(3, { answer: 'reset' }), push(7)], OWED)
    assert.deepEqual(verdict, { ...FINE, missing: [3, 4], foreign: [7] })
  })

  test('finds a message that came before an earlier one of the same peer was taken', () => {
    const verdict = judgePushes([push(1, { answer: 'hang' }), push(3), push(1), push(2), push(4)], OWED)
    assert.deepEqual(verdict, { ...FINE, early: [3] })
  })

  test('finds a message under two ids, an id of two messages, and an id that came with other bytes', () => {
    const all = [push(1), push(2), push(3), push(4)]
    const again = { life: 2, answer: 'refused' } as const
    assert.deepEqual(judgePushes([...all, push(1, { ...again, id: 'evt_5' })], OWED).confused, ['evt_5'])
    assert.deepEqual(judgePushes([...all, push(1, { ...again, digest: 'other' })], OWED).confused, ['evt_1'])
    assert.deepEqual(judgePushes([...all, push(1, { ...again, id: 'evt_2' })], OWED).confused, ['evt_2'])
  })

  test('excuses what was not noted yet at the end of a daemon, and counts it', () => {
    const all = [push(1), push(2), push(3), push(4)]
    const again = [push(3, { life: 2 }), push(4, { life: 2 }), push(4, { life: 3 })]
    assert.deepEqual(judgePushes([...all, ...again], OWED), { ...FINE, repeated: 3 })
  })

  test('does not excuse what the same daemon brings again, or what a kill can not have undone', () => {
    const many: Owed = new Map(Array.from({ length: MOST_REPEATED + 1 }, (_, n) => [n + 1, 'alice']))
    const all = [...many.keys()].map(seq => push(seq))
    const verdict = judgePushes([...all, push(1, { life: 2 }), push(2, { life: 2 }), push(2, { life: 2 })], many)
    assert.deepEqual(verdict, { ...FINE, repeated: 3, unexcused: ['evt_1', 'evt_2'] })
  })

  test('finds a message that has another id elsewhere', () => {
    const here = [push(1), push(2)]
    assert.deepEqual(differentlyNamed([here, [push(2), push(1, { id: 'evt_9' })]]), [1])
  })
})
