import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compactJson, membersOf } from '../../../scripts/protocol/webhook/json-text.ts'
import { hostileText } from '../../support/arbitraries.ts'

/** The same value in other words: blanks everywhere, and escapes that need not be. */
function spread(value: unknown): string {
  return JSON.stringify(value, null, '\t \n').replace(/[^\0-\x7f]/g, unit => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const anything = fc.jsonValue({ maxDepth: 4 })
const object = fc.dictionary(hostileText(4), anything, { maxKeys: 6 })

describe('compact JSON', () => {
  test('is what JSON.stringify makes of the value, however it was written', () => {
    fc.assert(
      fc.property(fc.oneof(anything, object, hostileText()), value => {
        const compact = JSON.stringify(value)
        assert.equal(compactJson(spread(value)), compact)
        assert.equal(compactJson(compact), compact)
      }),
      { numRuns: 500 },
    )
  })

  test('keeps what values lose: digits, members of one name, their order', () => {
    const text = ' { "2" : 7773749793478223190 , "1" : 1.50 , "2" : -0 , "x" : 1E400 } '
    assert.equal(compactJson(text), '{"2":7773749793478223190,"1":1.50,"2":-0,"x":1E400}')
  })
})

describe('the members of an object', () => {
  test('are all found, each with its own text', () => {
    fc.assert(
      fc.property(object, value => {
        const text = spread(value)
        const found = membersOf(text).map(({ key, valueFrom, to }) => [key, JSON.parse(text.slice(valueFrom, to))])
        assert.deepEqual(found, Object.entries(JSON.parse(text) as object))
      }),
      { numRuns: 500 },
    )
  })

  test('of one name are all found', () => {
    assert.deepEqual(
      membersOf('{"a":1,"\\u0061":{"a":2},"b":[3]}').map(({ key }) => key),
      ['a', 'a', 'b'],
    )
  })

  test('are found from a place within the text', () => {
    const text = '{"a":{"b":[{}],"c":"}"},"d":1}'
    const [a] = membersOf(text)
    const within = membersOf(text, a?.valueFrom).map(({ from, to }) => text.slice(from, to))
    assert.deepEqual(within, ['"b":[{}]', '"c":"}"'])
  })

  for (const text of ['[]', '[{"a":1}]', '"{"', '1', 'null', '{}', '']) {
    test(`are none in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(membersOf(text), [])
    })
  }
})

describe('a megabyte of JSON', () => {
  const half = 500_000
  for (const [what, text] of [
    ['lists within lists', `${'['.repeat(half)}${']'.repeat(half)}`],
    ['objects within objects', `${'{"":'.repeat(half / 5)}0${'}'.repeat(half / 5)}`],
    ['many numbers', `[${'1,'.repeat(half)}1]`],
    ['one string of escapes', `"${'\\u0041'.repeat(half / 3)}"`],
  ] as const) {
    test(`is read to its end: ${what}`, () => {
      JSON.parse(text)
      assert.equal(compactJson(text).length, what === 'one string of escapes' ? Math.floor(half / 3) + 2 : text.length)
      assert.equal(membersOf(text).length, text.startsWith('{') ? 1 : 0)
    })
  }
})
