import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { elementsOf, ilinkJson, parseIlink } from '../../../scripts/protocol/ilink/json.ts'
import { hostileText } from '../../support/arbitraries.ts'

const KEYS = ['message_id', 'msg_id', 'svr_id', 'seq']

describe('ids of iLink (IL §10)', () => {
  test('keep every digit of a uint64', () => {
    const digits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
    fc.assert(
      fc.property(fc.constantFrom(...KEYS), digits, (key, id) => {
        const text = `{"${key}":${id},"msgs":[{"${key}" : ${id} }]}`
        assert.deepEqual(parseIlink(text), { [key]: id, msgs: [{ [key]: id }] })
        assert.equal(ilinkJson(parseIlink(text)), `{"${key}":${id},"msgs":[{"${key}":${id}}]}`)
      }),
    )
  })

  for (const [json, value] of [
    ['{"message_id":7123456789012254024}', { message_id: '7123456789012254024' }],
    ['{"message_id":"7123456789012254024"}', { message_id: '7123456789012254024' }],
    ['{"m\\u0073g_id":9007199254740993}', { msg_id: '9007199254740993' }],
    ['{"svr_id":-1}', { svr_id: '-1' }],
    [
      '{"seq":1.5,"message_id":1e3,"msg_id":null,"svr_id":[1]}',
      { seq: 1.5, message_id: 1000, msg_id: null, svr_id: [1] },
    ],
    ['{"ret":-14,"create_time_ms":1773570600000}', { ret: -14, create_time_ms: 1773570600000 }],
    ['{"a":"seq","b":5}', { a: 'seq', b: 5 }],
    ['{"text":"{\\"seq\\":5}"}', { text: '{"seq":5}' }],
    ['["seq",5]', ['seq', 5]],
    ['{"seq":1,"seq":2}', { seq: '2' }],
  ] as const) {
    test(`are read from ${json}`, () => assert.deepEqual(parseIlink(json), value))
  }

  test('go out as bare numbers, and nothing else does', () => {
    assert.equal(
      ilinkJson({ svr_id: '18446744073709551615', msg_id: '007', text: '5', message_id: '', seq: 5 }),
      '{"svr_id":18446744073709551615,"msg_id":"007","text":"5","message_id":"","seq":5}',
    )
  })
})

describe('everything else', () => {
  const anything = fc.jsonValue({ maxDepth: 4 })

  test('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.dictionary(hostileText(3), anything)), value => {
        const text = JSON.stringify(value)
        assert.deepEqual(parseIlink(text), JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })

  test('is JSON where it is JSON for others, and nowhere else', () => {
    const bit = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"seq"',
      '"',
      '1',
      '01',
      '-',
      '\\',
      ' ',
      '\n',
      'null',
      '"a"',
      '\ufeff',
    )
    const text = fc.oneof(
      fc.array(bit, { maxLength: 9 }).map(bits => bits.join('')),
      hostileText(),
    )
    fc.assert(
      fc.property(text, written => {
        let isJson = true
        try {
          JSON.parse(written)
        } catch {
          isJson = false
        }
        assert.equal(parseIlink(written) !== undefined, isJson)
      }),
      { numRuns: 3000 },
    )
  })

  test('goes out so that it can be written in UTF-8', () => {
    assert.equal(ilinkJson({ text: 'a\ud800b😀' }), '{"text":"a\ufffdb😀"}')
  })
})

describe('the elements of a list', () => {
  test('are all found, each with its own bytes', () => {
    const list = fc.array(fc.oneof(fc.jsonValue({ maxDepth: 3 }), hostileText(3)), { maxLength: 6 })
    fc.assert(
      fc.property(list, fc.jsonValue(), (msgs, other) => {
        const body = Buffer.from(JSON.stringify({ other, msgs, more: { msgs: [1] } }, null, 1))
        const found = elementsOf(body.toString('latin1'), 'msgs')
        assert.deepEqual(
          found.map(({ from, to }) => JSON.parse(body.subarray(from, to).toString())),
          JSON.parse(JSON.stringify(msgs)),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('are found as far as they are whole, wherever the text ends', () => {
    const msgs = [{ a: [{}], b: '}]"' }, {}, [[]], { c: { d: 1 } }]
    const text = JSON.stringify({ ret: 0, msgs })
    for (let end = 0; end <= text.length; end++) {
      const found = elementsOf(text.slice(0, end), 'msgs').map(({ from, to }) => JSON.parse(text.slice(from, to)))
      assert.deepEqual(found, msgs.slice(0, found.length))
    }
  })

  for (const [text, found] of [
    ['{"msgs":[1],"msgs":[2,3]}', ['2', '3']],
    ['{"m\\u0073gs":["a"]}', ['"a"']],
    ['{"data":{"msgs":[1]}}', []],
    ['[{"msgs":[1]}]', []],
    ['{"msgs":{"a":[1]}}', []],
    ['{"x":"msgs","y":[1]}', []],
    ['{}', []],
    ['', []],
  ] as const) {
    test(`are those of the outermost object: ${text}`, () => {
      assert.deepEqual(
        elementsOf(text, 'msgs').map(({ from, to }) => text.slice(from, to)),
        found,
      )
    })
  }
})
