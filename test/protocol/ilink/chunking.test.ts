import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CHUNK_RULES, type ChunkRule, splitText } from '../../../scripts/protocol/ilink/chunking.ts'
import { fencesIn } from '../../../scripts/protocol/ilink/fences.ts'
import { firstPartsOf, partsOf } from '../../../scripts/protocol/ilink/parts.ts'
import { hostileText } from '../../support/arbitraries.ts'

const of = (maxCharacters: number, maxBytes = 16_000): ChunkRule => ({ maxCharacters, maxBytes })

describe('the rules', () => {
  test('are those of IL §12 and of the client that was measured', () => {
    assert.deepEqual(CHUNK_RULES, {
      measured: { maxCharacters: 1000, maxBytes: 16_000 },
      large: { maxCharacters: 2000, maxBytes: 16_000 },
    })
  })

  for (const [rule, lengths] of [
    ['measured', [1000, 1000, 500]],
    ['large', [2000, 500]],
  ] as const) {
    test(`say how long a chunk is: ${rule}`, () => {
      const chunks = splitText('词'.repeat(2500), CHUNK_RULES[rule])
      assert.deepEqual(
        chunks.map(one => one.length),
        lengths,
      )
    })
  }
})

describe('a text is cut', () => {
  for (const [what, text, rule, chunks] of [
    ['not at all where it fits', 'a\n\nb', of(4), ['a\n\nb']],
    ['into nothing where there is none', '', of(4), []],
    ['between paragraphs', 'aaa b\n\nccc ddd', of(10), ['aaa b\n\n', 'ccc ddd']],
    ['between lines', 'aaa b\nccc ddd', of(10), ['aaa b\n', 'ccc ddd']],
    ['between paragraphs rather than lines', 'aaaa\n\nb\nc\nd', of(9), ['aaaa\n\n', 'b\nc\nd']],
    ['behind a sentence', '今天好。明天也好吗后天', of(8), ['今天好。', '明天也好吗后天']],
    ['between words', 'aaa bbb ccc', of(9), ['aaa bbb ', 'ccc']],
    ['behind a comma', '今天好，明天也好吗后', of(8), ['今天好，', '明天也好吗后']],
    ['at a line only where that fills half of it', 'a\nbbbbb ccc', of(9), ['a\nbbbbb ', 'ccc']],
    ['anywhere where there is no better place', 'aaaaaaa', of(3), ['aaa', 'aaa', 'a']],
    ['between characters', '😀😀😀', of(3), ['😀', '😀', '😀']],
    ['between characters that are longer than any chunk', '😀a', of(1), ['😀', 'a']],
    ['by bytes', '词词词a', of(9, 7), ['词词', '词a']],
    [
      'behind code rather than between its paragraphs',
      '```\nbbbbb\n\nb\n```\ncccccc',
      of(20),
      ['```\nbbbbb\n\nb\n```\n', 'cccccc'],
    ],
    ['behind a sentence only where that fills half of it', '好。bbbbb ccc', of(9), ['好。bbbbb ', 'ccc']],
    ['before code', 'aa\n```\nb c\n```\nd', of(14), ['aa\n', '```\nb c\n```\nd']],
    ['behind code', '```\nb c\n```\ndddddd', of(14), ['```\nb c\n```\n', 'dddddd']],
    ['within code only where that is too long', '```\naa\nbb\ncc\n```\nd', of(9), ['```\naa\n', 'bb\ncc\n', '```\nd']],
    ['before code that is too long too', 'a\n```\naa\nbb\ncc\n```', of(9), ['a\n', '```\naa\n', 'bb\ncc\n```']],
  ] as const) {
    test(what, () => assert.deepEqual(splitText(text, rule), chunks))
  }
})

describe('chunks of any text', () => {
  const bit = fc.constantFrom('```\n', '````js\n', '\n', '\n\n', ' ', '词', '。', 'aaaa', '😀', '\ud83d', '\r\n', '`')
  const text = fc.oneof(
    fc.array(bit, { maxLength: 60 }).map(bits => bits.join('')),
    hostileText(40),
  )
  const rule = fc.record({ maxCharacters: fc.integer({ min: 1, max: 40 }), maxBytes: fc.integer({ min: 4, max: 80 }) })

  test('are the text again', () => {
    fc.assert(
      fc.property(text, rule, (written, one) => {
        const chunks = splitText(written, one)
        assert.equal(chunks.join(''), written)
        assert.ok(!chunks.includes(''))
      }),
      { numRuns: 2000 },
    )
  })

  test('are not longer than the rule, but for a single character', () => {
    fc.assert(
      fc.property(text, rule, (written, one) => {
        for (const chunk of splitText(written, one)) {
          const fits = chunk.length <= one.maxCharacters && Buffer.byteLength(chunk) <= one.maxBytes
          assert.ok(fits || [...chunk].length === 1, JSON.stringify(chunk))
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('never end within a character, nor within code that fits into one', () => {
    fc.assert(
      fc.property(text, rule, (written, one) => {
        const fitting = fencesIn(written).filter(({ from, to }) => splitText(written.slice(from, to), one).length === 1)
        let at = 0
        for (const chunk of splitText(written, one)) {
          at += chunk.length
          assert.ok(!/[\ud800-\udbff]$/.test(chunk) || !/^[\udc00-\udfff]/.test(written.slice(at)))
          for (const { from, to } of fitting) assert.ok(at <= from || at >= to)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('bubbles', () => {
  test('are the text itself where that is one', () => {
    assert.deepEqual(partsOf(' a\n', of(10), { numbered: true }), [' a\n'])
  })

  test('are none of blanks', () => {
    assert.deepEqual(partsOf(' \n', of(10), { numbered: true }), [])
    assert.deepEqual(partsOf('', of(10), { numbered: false }), [])
  })

  test('are without the blank lines between them', () => {
    assert.deepEqual(partsOf('aaa b\n\n\n\nccc d', of(8), { numbered: false }), ['aaa b', 'ccc d'])
  })

  test('say the how manieth they are', () => {
    assert.deepEqual(partsOf('aaaa bbbb', of(11), { numbered: true }), ['aaaa bbbb'])
    assert.deepEqual(partsOf('aaaa bbbb cccc', of(11), { numbered: true }), [
      '(1/3)\naaaa',
      '(2/3)\nbbbb',
      '(3/3)\ncccc',
    ])
  })

  test('say it with as many digits as it takes', () => {
    const parts = partsOf('a'.repeat(100), of(12), { numbered: true })
    assert.equal(parts[0], '(1/25)\naaaa')
    assert.equal(parts.at(-1), '(25/25)\naaaa')
    assert.equal(parts.length, 25)
  })

  test('begin and end the code that goes over several of them', () => {
    const lines = Array.from({ length: 6 }, (_, i) => `line ${i}`).join('\n')
    assert.deepEqual(partsOf(`see\n\`\`\`js\n${lines}\n\`\`\`\nend`, of(36), { numbered: false }), [
      'see',
      '```js\nline 0\nline 1\n```',
      '```js\nline 2\nline 3\nline 4\n```',
      '```js\nline 5\n```\nend',
    ])
  })

  test('do not begin code again for its end alone', () => {
    const code = '```js\nline 0\nline 1\nline 2\nx\n```\n'
    assert.deepEqual(partsOf(`${code}end of it all`, of(40), { numbered: false }), [
      '```js\nline 0\nline 1\nline 2\nx\n```',
      'end of it all',
    ])
  })

  test('of long code keep to the rule with their marks and numbers', () => {
    const line = fc.constantFrom('a'.repeat(30), 'b c', '', '词'.repeat(20), '# x')
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.boolean(), (lines, numbered) => {
        const rule = of(60, 90)
        const parts = partsOf(`\`\`\`language\n${lines.join('\n')}\n\`\`\`\nend`, rule, { numbered })
        for (const part of parts) {
          assert.ok(part.length <= rule.maxCharacters && Buffer.byteLength(part) <= rule.maxBytes)
          assert.equal(part.split('```').length % 2, 1)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('of any text show all of it, and none is longer than the rule', () => {
    const bit = fc.constantFrom('```\n', '````js\n', '\n', '\n\n', ' ', '词', '。', 'aaaa', '😀', 'b', '`')
    const text = fc.array(bit, { maxLength: 200 }).map(bits => bits.join(''))
    const plain = (written: string) => written.replace(/\s|`+(?:js)?/g, '')
    fc.assert(
      fc.property(text, fc.boolean(), (written, numbered) => {
        const rule = of(90, 160)
        const parts = partsOf(written, rule, { numbered })
        for (const part of parts) {
          assert.ok(part.length <= rule.maxCharacters && Buffer.byteLength(part) <= rule.maxBytes)
          assert.notEqual(part.trim(), '')
        }
        const isLabelled = numbered && parts.length > 1
        const shown = parts.map(part => (isLabelled ? part.replace(/^\(\d+\/\d+\)\n/, '') : part))
        assert.equal(plain(shown.join('')), plain(written))
        for (const one of parts.length > 1 ? shown : []) {
          const last = fencesIn(one).at(-1)
          assert.ok(last === undefined || one.slice(last.from).split('\n').length > 1)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the first bubbles', () => {
  test('are as many as there is room for, and the rest has the last number', () => {
    assert.deepEqual(firstPartsOf('aaaa bbbb cccc dddd', of(11), 2), {
      parts: ['(1/3)\naaaa', '(2/3)\nbbbb'],
      rest: 'cccc dddd',
    })
  })

  test('are none where there is no room', () => {
    assert.deepEqual(firstPartsOf('aaaa bbbb', of(8), 0), { parts: [], rest: 'aaaa bbbb' })
  })

  test('leave code that begins anew in the rest', () => {
    const code = Array.from({ length: 6 }, (_, i) => `line ${i}`).join('\n')
    const { parts, rest } = firstPartsOf(`see\n\`\`\`js\n${code}\n\`\`\``, of(42), 2)
    assert.equal(parts[1], '(2/3)\n```js\nline 0\nline 1\n```')
    assert.equal(rest, '```js\nline 2\nline 3\nline 4\nline 5\n```')
  })

  test('and the rest are the whole text, whatever it is', () => {
    const bit = fc.constantFrom('```\n', '````js\n', '\n', '\n\n', ' ', '词', '。', 'aaaa', '😀', 'b')
    const text = fc.array(bit, { maxLength: 200 }).map(bits => bits.join(''))
    const plain = (written: string) => written.replace(/\s|`+(?:js)?/g, '')
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 12 }), (written, most) => {
        const rule = of(90, 160)
        const { parts, rest } = firstPartsOf(written, rule, most)
        assert.ok(parts.length <= most)
        for (const part of parts)
          assert.ok(part.length <= rule.maxCharacters && Buffer.byteLength(part) <= rule.maxBytes)
        const shown = parts.map(part => part.replace(/^\(\d+\/\d+\)\n/, ''))
        assert.equal(plain(shown.join('') + rest), plain(written))
      }),
      { numRuns: 1000 },
    )
  })
})
