import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseIlink } from '../../../scripts/protocol/ilink/json.ts'
import { readMessage } from '../../../scripts/protocol/ilink/message.ts'
import { findPart, type Quote, type QuotedPart } from '../../../scripts/protocol/ilink/quotes.ts'

function quoteIn(ref: string): Quote | null {
  const json = `{"item_list":[{"type":1,"text_item":{"text":"yes"}},{"type":1,"text_item":{"text":"!"},"ref_msg":${ref}}]}`
  return readMessage(parseIlink(json))?.quote ?? null
}

const NOTHING: Quote = { ids: [], title: null, text: null, media: null, part: null }

describe('a quote (IL §10)', () => {
  for (const [what, ref, quote] of [
    [
      'by its text',
      '{"title":"alice: lunch?","message_item":{"type":1,"text_item":{"text":"lunch?"}}}',
      { title: 'alice: lunch?', text: 'lunch?' },
    ],
    ['by an id', '{"svr_id":7123456789012254024}', { ids: ['7123456789012254024'] }],
    ['by a nested id', '{"message_item":{"msg_id":7123456789012254025}}', { ids: ['7123456789012254025'] }],
    ['by both', '{"svr_id":1,"message_item":{"msg_id":2}}', { ids: ['1', '2'] }],
    ['by the same twice', '{"svr_id":1,"message_item":{"msg_id":"1"}}', { ids: ['1'] }],
    ['of what was said', '{"message_item":{"type":3,"voice_item":{"text":"hm"}}}', { text: 'hm' }],
  ] as const) {
    test(`is read ${what}`, () => {
      const read = quoteIn(ref)
      assert.deepEqual({ ...read, media: null }, { ...NOTHING, ...quote })
    })
  }

  test('of media has them with it', () => {
    const quote = quoteIn('{"message_item":{"type":2,"image_item":{"media":{"full_url":"https://c/x"}}}}')
    assert.deepEqual([quote?.media?.kind, quote?.media?.fullUrl], ['image', 'https://c/x'])
  })

  test('of a part has its marks', () => {
    const part = '{"start":"a","end":"b","startindex":1,"endindex":"2","quotemd5":"AB"}'
    assert.deepEqual(quoteIn(`{"svr_id":1,"partial_text":${part}}`)?.part, {
      start: 'a',
      end: 'b',
      startIndex: 1,
      endIndex: 2,
      md5: 'ab',
    })
  })

  for (const ref of [
    'null',
    '{}',
    '[]',
    '5',
    '{"title":"","svr_id":0,"partial_text":{}}',
    '{"partial_text":{"start":"a"}}',
  ]) {
    test(`is none in ${ref}`, () => assert.equal(quoteIn(ref), null))
  }

  test('of a quote is not followed', () => {
    const nested = '{"type":1,"text_item":{"text":"b"},"ref_msg":{"svr_id":5}}'
    assert.deepEqual(quoteIn(`{"message_item":${nested}}`), { ...NOTHING, text: 'b' })
  })
})

describe('a part of a quoted text (IL §10)', () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const part = (start: string, end: string, more: Partial<QuotedPart> = {}): QuotedPart => ({
    start,
    end,
    startIndex: 0,
    endIndex: 0,
    md5: null,
    ...more,
  })

  test('is found where the second mark is counted over the whole text', () => {
    // The one before the first mark counts.
    const text = 'b 1 a 2 b 3 b'
    assert.equal(findPart(text, part('a', 'b', { endIndex: 1, md5: md5('a 2 b') })), 'a 2 b')
  })

  test('is found where the second mark is counted from behind the first one', () => {
    const text = 'b 1 a 2 b 3 b'
    assert.equal(findPart(text, part('a', 'b', { endIndex: 1, md5: md5('a 2 b 3 b') })), 'a 2 b 3 b')
  })

  test('is the one that the checksum fits, of texts in any language', () => {
    const text = '会议明天开，会议室不变，开门'
    const found = part('会议', '开', { startIndex: 0, endIndex: 1, md5: md5('会议明天开，会议室不变，开') })
    assert.equal(findPart(text, found), '会议明天开，会议室不变，开')
  })

  test('is found behind earlier ones', () => {
    const text = 'x1y x2y x3y'
    assert.equal(findPart(text, part('x', 'y', { startIndex: 1, endIndex: 1, md5: md5('x2y') })), 'x2y')
    assert.equal(findPart(text, part('x', 'y', { startIndex: 1, endIndex: 0, md5: md5('x2y') })), 'x2y')
  })

  test('may be as short as its marks', () => {
    assert.equal(findPart('one two', part('two', 'two', { md5: md5('two') })), 'two')
  })

  test('counts marks that overlap in either way', () => {
    assert.equal(findPart('aaaa!', part('aa', '!', { startIndex: 1, md5: md5('aaa!') })), 'aaa!')
    assert.equal(findPart('aaaa!', part('aa', '!', { startIndex: 1, md5: md5('aa!') })), 'aa!')
  })

  test('is not known where nothing fits the checksum', () => {
    assert.equal(findPart('x1y', part('x', 'y', { md5: md5('other') })), null)
  })

  test('without a checksum is known only where there is but one', () => {
    assert.equal(findPart('x1y', part('x', 'y')), 'x1y')
    assert.equal(findPart('b a b b', part('a', 'b', { endIndex: 1 })), null)
  })

  for (const [text, of] of [
    ['x1y', part('z', 'y')],
    ['x1y', part('x', 'z')],
    ['x1y', part('x', 'y', { startIndex: 1 })],
    ['y1x', part('x', 'y')],
    ['', part('x', 'y')],
    ['abc', part('abc', 'b')],
    ['x1y', part('x', 'y', { startIndex: Number.MAX_SAFE_INTEGER, endIndex: Number.MAX_SAFE_INTEGER })],
  ] as const) {
    test(`is not in ${JSON.stringify(text)}: ${JSON.stringify(of)}`, () => assert.equal(findPart(text, of), null))
  }

  test('is found again wherever it was marked', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '中', '😀', ' '), minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(
        word,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (text, a, b, mark, fromStart) => {
          const from = a % text.length
          const to = from + 1 + (b % (text.length - from))
          const wanted = text.slice(from, to)
          fc.pre(wanted.isWellFormed())
          const [start, end] = [wanted.slice(0, mark), wanted.slice(-mark)]
          const before = (of: string, until: number, since: number) => {
            let n = 0
            for (let at = text.indexOf(of, since); at !== -1 && at < until; at = text.indexOf(of, at + 1)) n++
            return n
          }
          const since = fromStart ? from + start.length : 0
          if (to - end.length < since) return
          const marked = part(start, end, {
            startIndex: before(start, from, 0),
            endIndex: before(end, to - end.length, since),
            md5: md5(wanted),
          })
          assert.equal(findPart(text, marked), wanted)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
