import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readUpdates } from '../../../scripts/protocol/ilink/updates.ts'
import { hostileText } from '../../support/arbitraries.ts'
import { reply } from './replies.ts'

const text = (words: string) => ({ type: 1, text_item: { text: words } })
const message = (words: string, more: object = {}) => ({ message_type: 1, item_list: [text(words)], ...more })

function updates(body: unknown) {
  const read = readUpdates(reply(body))
  assert.ok(read.kind === 'ok')
  return read
}

describe('a poll (IL §5)', () => {
  test('brings messages, a cursor and how long the next one is held', () => {
    const body = { ret: 0, msgs: [message('a'), message('b')], get_updates_buf: 'c==', longpolling_timeout_ms: 35000 }
    const { messages, cursor, holdMs } = updates(body)
    assert.deepEqual(
      messages.map(one => one.message?.text),
      ['a', 'b'],
    )
    assert.equal(cursor, 'c==')
    assert.equal(holdMs, 35000)
  })

  for (const [what, body] of [
    ['an empty list and an empty cursor', { ret: 0, msgs: [], get_updates_buf: '' }],
    ['nothing but ret', { ret: 0 }],
    ['nothing at all', {}],
    ['fields of other types', { msgs: 'none', get_updates_buf: 5, longpolling_timeout_ms: 'soon' }],
    ['nulls', { msgs: null, get_updates_buf: null, longpolling_timeout_ms: null, errcode: null }],
    ['an object for a list', { msgs: { 0: message('a') } }],
  ] as const) {
    test(`brings nothing and leaves the cursor with ${what}`, () => {
      assert.deepEqual(updates(body), { kind: 'ok', messages: [], cursor: null, holdMs: null })
    })
  }

  for (const [given, holdMs] of [
    [35000, 35000],
    ['35000', 35000],
    [0, null],
    [-1, null],
    [1.5, null],
    [1e12, 300000],
  ] as const) {
    test(`is held for ${holdMs} with ${given}`, () => {
      assert.equal(updates({ longpolling_timeout_ms: given }).holdMs, holdMs)
    })
  }

  test('keeps what nobody understands', () => {
    const { messages } = updates('{"msgs":[7, null ,{"item_list":5}]}')
    assert.deepEqual(
      messages.map(({ message: one, span }) => [one === null, span]),
      [
        [true, { from: 9, to: 10 }],
        [true, { from: 12, to: 16 }],
        [false, { from: 18, to: 33 }],
      ],
    )
  })

  for (const [body, kind] of [
    [{ errcode: -14, msgs: [message('a')] }, 'login_needed'],
    [{ ret: -2 }, 'refused'],
    ['', 'transport'],
    ['[]', 'transport'],
  ] as const) {
    test(`brings nothing but a failure with ${JSON.stringify(body).slice(0, 30)}`, () => {
      const read = readUpdates(reply(body))
      assert.ok(read.kind === kind)
      assert.deepEqual('messages' in read && read.messages, [])
    })
  }
})

describe('each message', () => {
  test('has its own bytes', () => {
    fc.assert(
      fc.property(fc.array(hostileText(3), { maxLength: 5 }), words => {
        const body = Buffer.from(`\ufeff${JSON.stringify({ x: words, msgs: words.map(one => message(one)) }, null, 2)}`)
        const read = readUpdates(reply('', { body }))
        assert.ok(read.kind === 'ok')
        for (const [i, { span, message: one }] of read.messages.entries()) {
          const value = JSON.parse(body.subarray(span.from, span.to).toString())
          assert.deepEqual(value, message(words[i] ?? ''))
          assert.equal(one?.text, words[i])
        }
        assert.equal(read.messages.length, words.length)
      }),
      { numRuns: 200 },
    )
  })

  test('has its own bytes in a body that is no UTF-8 too', () => {
    const body = Buffer.from('{"x":"\xff\xfe","msgs":[{"a":"\xff"},{"b":1}]}', 'latin1')
    const read = readUpdates(reply('', { body }))
    assert.ok(read.kind === 'ok')
    const bytes = read.messages.map(({ span }) => body.subarray(span.from, span.to).toString('latin1'))
    assert.deepEqual(bytes, ['{"a":"\xff"}', '{"b":1}'])
  })
})

describe('an answer that was cut', () => {
  const words = ['a', 'ü', '😀', 'd']
  const body = Buffer.from(JSON.stringify({ ret: 0, msgs: words.map(one => message(one)), get_updates_buf: 'c' }))

  for (const complete of [false, true]) {
    test(`still brings every message that came whole (${complete ? 'of the announced length' : 'too short'})`, () => {
      let most = 0
      for (let end = 0; end < body.length; end++) {
        const read = readUpdates(reply('', { body: body.subarray(0, end), complete }))
        assert.ok(read.kind === 'transport')
        const found = read.messages.map(one => one.message?.text)
        assert.deepEqual(found, words.slice(0, found.length))
        assert.ok(found.length >= most)
        most = found.length
      }
      assert.equal(most, words.length)
    })
  }

  test('brings them under the keys that they have in a whole one', () => {
    const cut = readUpdates(reply('', { body: body.subarray(0, -3), complete: false }))
    const whole = readUpdates(reply('', { body }))
    assert.ok('messages' in cut && whole.kind === 'ok')
    assert.deepEqual(cut.messages, whole.messages)
  })
})

describe('the key of a message (IL "What users hit" 4)', () => {
  const HUGE = '7123456789012254024'
  const full = {
    message_id: 1,
    client_id: 'c',
    seq: 2,
    from_user_id: 'u',
    create_time_ms: 5,
    item_list: [
      { ...text('a'), msg_id: 9 },
      { ...text('b'), msg_id: 10 },
    ],
  }
  const key = (json: string) => updates(`{"msgs":[${json}]}`).messages[0]?.key
  const keyOf = (...without: (keyof typeof full)[]) =>
    key(JSON.stringify({ ...full, ...Object.fromEntries(without.map(name => [name, undefined])) }))

  test('is the first of its ids that it has', () => {
    assert.equal(keyOf(), 'id:1')
    assert.equal(keyOf('message_id'), 'client:c')
    assert.equal(keyOf('message_id', 'client_id'), 'seq:2')
    assert.equal(keyOf('message_id', 'client_id', 'seq'), 'items:10,9')
  })

  test('has all the digits', () => {
    assert.equal(key(`{"message_id":${HUGE}}`), `id:${HUGE}`)
    assert.notEqual(key(`{"message_id":${HUGE}}`), key('{"message_id":7123456789012254025}'))
    assert.equal(key(`{"item_list":[{"msg_id":${HUGE}},{"msg_id":5}]}`), `items:5,${HUGE}`)
  })

  test('does not take zeros and empty texts for ids', () => {
    assert.equal(key('{"message_id":0,"client_id":"","seq":"0","item_list":[{"msg_id":7}]}'), 'items:7')
  })

  test('is made of sender, time and words where there is no id', () => {
    const plain = (more: object = {}) =>
      key(JSON.stringify({ ...message('a'), from_user_id: 'u', create_time_ms: 5, ...more }))
    assert.match(plain() ?? '', /^content:[0-9a-f]{64}$/)
    assert.equal(plain({ context_token: 'another one' }), plain())
    for (const other of [{ from_user_id: 'v' }, { create_time_ms: 6 }, { item_list: [text('b')] }, { item_list: [] }]) {
      assert.notEqual(plain(other), plain())
    }
  })

  test('is that of the bytes where nothing else tells it', () => {
    const [a, b] = [message('a'), message('b')].map(one => key(JSON.stringify(one)))
    assert.match(a ?? '', /^raw:[0-9a-f]{64}$/)
    assert.notEqual(a, b)
    assert.equal(key(JSON.stringify(message('a'))), a)
    assert.match(key('7') ?? '', /^raw:/)
  })

  test('is never that of another message of the batch', () => {
    const id = fc.constantFrom(undefined, 0, 1, 2, '1', 'x', null)
    const one = fc.record({
      message_id: id,
      client_id: id,
      seq: id,
      from_user_id: id,
      create_time_ms: id,
      item_list: fc.constantFrom([text('a')], [text('b')], [], null),
    })
    fc.assert(
      fc.property(one, one, (a, b) => {
        const [first, second] = updates({ msgs: [a, b] }).messages
        const idOf = ({ message_id }: typeof a) => (message_id === 0 || message_id === null ? undefined : message_id)
        if (String(idOf(a)) !== String(idOf(b))) assert.notEqual(first?.key, second?.key)
      }),
      { numRuns: 500 },
    )
  })

  test('has a second one for a message that comes again under other ids', () => {
    const again = { ...full, message_id: 3, client_id: 'd', seq: 4, item_list: [text('a'), text('b')] }
    const [first, second, none] = updates({ msgs: [full, again, { ...full, create_time_ms: undefined }] }).messages
    assert.notEqual(first?.key, second?.key)
    assert.match(first?.contentKey ?? '', /^content:/)
    assert.equal(first?.contentKey, second?.contentKey)
    assert.equal(none?.contentKey, null)
  })
})
