import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Friend, friendNamed } from '../../../scripts/protocol/bridge/friend-named.ts'
import { hostileText } from '../../support/arbitraries.ts'

const FRIENDS: readonly Friend[] = [
  { id: 2, name: 'bob' },
  { id: 3, name: 'Bob Smith' },
  { id: 4, name: 'Zoë' },
  { id: 5, name: '小明' },
  { id: 6, name: '7' },
  { id: 8, name: '2' },
  { id: 9, name: '#2' },
  { id: 10, name: '3 kings' },
  { id: 11, name: '' },
  { id: 12, name: ' spaced ' },
]

/** `#2|text`, `several 2 8`, `nobody word` */
function meant(text: string, friends = FRIENDS): string {
  const found = friendNamed(text, friends)
  switch (found.kind) {
    case 'one':
      return `#${found.friend.id}|${found.rest}`
    case 'several':
      return `several ${found.friends.map(({ id }) => id).join(' ')}`
    case 'nobody':
      return `nobody ${found.word}`
  }
}

describe('whom @ means', () => {
  const rows: readonly (readonly [text: string, meant: string])[] = [
    ['bob hello', '#2|hello'],
    ['BOB hello', '#2|hello'],
    ['bob', '#2|'],
    ['bob: hello', '#2|hello'],
    ['bob，你好', '#2|你好'],
    ['bob\u2005hello', '#2|hello'],
    ['bob\nhello\nthere', '#2|hello\nthere'],
    ['bob smith hello', '#3|hello'],
    ['Bob  Smith', '#2|Smith'],
    ['bobby hello', 'nobody bobby'],
    ['zoë hi', '#4|hi'],
    ['Zoe\u0308 hi', '#4|hi'],
    ['小明 在吗', '#5|在吗'],
    ['小 在吗', '#5|在吗'],
    ['bo hi', 'several 2 3'],
    ['z hi', '#4|hi'],
    ['#3 hi', '#3|hi'],
    ['＃3 hi', '#3|hi'],
    ['#2 hi', '#2|hi'],
    ['3 hi', '#3|hi'],
    ['3 kings hi', 'several 3 10'],
    // Who calls himself by a number is not found by it.
    ['2 hi', 'several 2 8'],
    ['7 hi', 'several 6'],
    ['#7 hi', 'nobody #7'],
    ['99 hi', 'nobody 99'],
    ['spaced hi', '#12|hi'],
    ['', 'nobody '],
    ['   ', 'nobody '],
  ]
  for (const [text, expected] of rows) {
    test(`${JSON.stringify(text)}: ${expected}`, () => assert.equal(meant(text), expected))
  }

  test('of two who differ by capitals is the one that was written', () => {
    const friends = [
      { id: 2, name: 'bob' },
      { id: 3, name: 'BOB' },
    ]
    assert.deepEqual(
      [meant('bob x', friends), meant('BOB x', friends), meant('Bob x', friends)],
      ['#2|x', '#3|x', 'several 2 3'],
    )
  })

  test('is never a guess: a name that is whole means its bearer, or nobody when there are two', () => {
    const friend = fc.record({ id: fc.integer({ min: 1, max: 50 }), name: hostileText(4) })
    fc.assert(
      fc.property(
        fc.uniqueArray(friend, { maxLength: 8, selector: ({ id }) => id }),
        hostileText(),
        (friends, rest) => {
          for (const { id, name } of friends) {
            if (/^[#＃]?\d|^\s|\s$/.test(name) || name === '') continue
            const found = friendNamed(`${name} ${rest.trimStart()}`, friends)
            assert.notEqual(found.kind, 'nobody')
            // A longer name may fit too, as in "bob" and "bob smith": never a shorter one.
            if (found.kind === 'one' && found.friend.id !== id)
              assert.ok(found.friend.name.trim().length >= name.length)
            const twins = friends.filter(one => one.name === name)
            if (twins.length > 1) assert.ok(found.kind !== 'one' || found.friend.name !== name)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('stands whatever is thrown at it', () => {
    const friend = fc.record({ id: fc.nat(), name: hostileText() })
    fc.assert(
      fc.property(hostileText(), fc.array(friend), (text, friends) => {
        const found = friendNamed(text, friends)
        if (found.kind === 'one') assert.ok(text.endsWith(found.rest))
      }),
    )
  })
})
