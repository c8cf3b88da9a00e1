import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cutText, plainText, runsOf } from '../../ui/visible-text.js'

const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const unit = fc.constantFrom('a', 'B', '中', '\u202e', '\u200b', '\u200d', '👩', '🚀', '\n', '\t', '\u0007', 'é', ' ')
const text = fc.array(unit, { maxLength: 40 }).map(units => units.join(''))

const shown = (content: string, query?: string) => runsOf(content, query).map(run => run.text)

describe('text of strangers', () => {
  test('keeps everything that can be seen, in order', () => {
    fc.assert(
      fc.property(text, content => {
        const seen = runsOf(content).filter(run => run.kind !== 'invisible')
        const expected = [...content].filter(one => one === '\u200d' || !INVISIBLE.test(one)).join('')
        assert.equal(
          seen
            .map(run => run.text)
            .join('')
            .replaceAll('\u200d', ''),
          expected.replaceAll('\u200d', ''),
        )
      }),
    )
  })

  test('shows by name what can not be seen', () => {
    assert.deepEqual(runsOf('a\u202eb'), [
      { kind: 'text', text: 'a' },
      { kind: 'invisible', text: 'U+202E' },
      { kind: 'text', text: 'b' },
    ])
  })

  test('counts the same invisible character instead of repeating it', () => {
    assert.deepEqual(shown('x\u200b\u200b\u200b'), ['x', 'U+200B ×3'])
  })

  test('leaves emoji together that are joined', () => {
    assert.deepEqual(shown('👩\u200d🚀'), ['👩\u200d🚀'])
    assert.deepEqual(shown('👩🏽\u200d🚀'), ['👩🏽\u200d🚀'])
  })

  test('shows a joiner between letters', () => {
    assert.deepEqual(shown('pay\u200dpal'), ['pay', 'U+200D', 'pal'])
  })

  test('leaves line breaks to the style sheet', () => {
    assert.deepEqual(shown('a\nb\tc'), ['a\nb\tc'])
  })

  test('makes no more runs than a page can bear, whatever is sent', () => {
    const hostile = 'a\u202e'.repeat(5000)
    const runs = runsOf(hostile, 'a')
    assert.ok(runs.length < 300, `${runs.length} runs`)
    assert.ok(runs.every(run => !INVISIBLE.test(run.text)))
  })

  test('marks every hit without regard to case', () => {
    assert.deepEqual(
      runsOf('Bob and bob', 'BOB').map(run => run.kind),
      ['mark', 'text', 'mark'],
    )
  })

  test('marks the words that were sought and nothing else', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('a', 'b', '中', 'ab'), (content, query) => {
        for (const run of runsOf(content, query)) {
          if (run.kind === 'mark') assert.equal(run.text.toLowerCase(), query)
        }
      }),
    )
  })

  test('marks nothing where lower case moves the letters', () => {
    assert.deepEqual(runsOf('İab', 'a'), [{ kind: 'text', text: 'İab' }])
  })

  test('is one line where only one fits', () => {
    assert.equal(plainText('a\n\n b\u202e'), 'a b[U+202E]')
  })
})

describe('a cut', () => {
  test('never falls inside a character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '🚀')).map(all => all.join('')),
        fc.nat(20),
        (content, limit) => {
          const cut = cutText(content, limit + 1)
          assert.ok(content.startsWith(cut) && cut.length <= limit + 1 && cut.isWellFormed())
        },
      ),
    )
  })
})
