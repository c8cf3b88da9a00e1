import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { INBOUND_KINDS, type InboundKind } from '../../../scripts/core/config/webhooks.ts'
import { eventText, messageData, signedBody } from '../../../scripts/protocol/webhook/event-body.ts'
import { type InboundMessage, readInbound } from '../../../scripts/protocol/webhook/inbound-message.ts'
import { hostileText } from '../../support/arbitraries.ts'

function read(kind: InboundKind, value: unknown, headers: Readonly<Record<string, string>> = {}): InboundMessage {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return readInbound(kind, { headers, body: Buffer.from(text) })
}

describe('of what anybody pushes', () => {
  for (const [value, text] of [
    [{ message: 'hello' }, 'hello'],
    [{ text: 'hello' }, 'hello'],
    [{ content: 'hello' }, 'hello'],
    [{ content: 'no', text: 'no', message: 'hello' }, 'hello'],
    [{ message: { text: 'hello' } }, 'hello'],
    [{ content: { text: 'hello' } }, 'hello'],
    [{ message: '', text: 'hello' }, 'hello'],
    [{ message: { id: 5 }, text: 'hello' }, 'hello'],
    [{ event: { text: 'hello' } }, 'hello'],
    [{ data: { message: 'hello' } }, 'hello'],
    [{ status: 'down', hosts: ['a'] }, '{"status":"down","hosts":["a"]}'],
    [{ message: 5 }, '{"message":5}'],
    ['{ "n" : 7773749793478223190, "t": "\\u4f60" }', '{"n":7773749793478223190,"t":"你"}'],
    ['[1, 2]', '[1,2]'],
    ['"hello"', '"hello"'],
    ['null', 'null'],
    ['disk is full\n', 'disk is full\n'],
    ['a=1&text=hello', 'a=1&text=hello'],
    ['{"text":"cut', '{"text":"cut'],
    ['\ufeff{"text":"hello"}', 'hello'],
    ['', ''],
  ] as const) {
    test(`the text is ${JSON.stringify(text)}: ${JSON.stringify(value)}`, () => {
      assert.equal(read('generic', value).text, text)
    })
  }

  for (const [value, user] of [
    [{ user: 'ann' }, 'ann'],
    [{ from: 'ann' }, 'ann'],
    [{ sender: 'ann' }, 'ann'],
    [{ user: { id: 'U1', name: 'ann' } }, 'U1'],
    [{ user: { username: 'ann', name: 'Ann' } }, 'ann'],
    [{ sender: { name: 'Ann' } }, 'Ann'],
    [{ user: 42 }, '42'],
    [{ user: '', from: 'ann' }, 'ann'],
    [{ user: null, from: {}, sender: true }, null],
    [{ text: 'hello' }, null],
    ['hello', null],
    [{ user: `${'x'.repeat(98)}😀…` }, `${'x'.repeat(98)}\ufffd…`],
  ] as const) {
    test(`the user is ${JSON.stringify(user)?.slice(0, 20)}: ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.equal(read('generic', value).user, user)
    })
  }

  test('the user is never long: it stands beside the message', () => {
    assert.equal(read('generic', { user: 'x'.repeat(100_000) }).user?.length, 100)
  })

  test('bytes that are no UTF-8 are a text too', () => {
    assert.equal(readInbound('generic', { headers: {}, body: Uint8Array.of(0x61, 0xff) }).text, 'a\ufffd')
  })
})

describe('of the great services', () => {
  for (const place of ['message', 'edited_message', 'channel_post'] as const) {
    test(`Telegram’s ${place} is read`, () => {
      const update = {
        update_id: 10000,
        [place]: {
          message_id: 1365,
          from: { id: 1111, is_bot: false, username: 'ann' },
          chat: { id: 1111 },
          text: '/start',
        },
      }
      assert.deepEqual(read('telegram', update), { user: '1111', text: '/start', id: '10000' })
    })
  }

  test('Slack’s event is read', () => {
    const callback = {
      token: 'x',
      type: 'event_callback',
      event_id: 'Ev123ABC456',
      event: { type: 'message', user: 'U2147483697', text: 'Live long and prospect.', ts: '1355517523.000005' },
    }
    const expected = { user: 'U2147483697', text: 'Live long and prospect.', id: 'Ev123ABC456' }
    assert.deepEqual(read('slack', callback), expected)
  })

  test('Slack’s challenge is answered, and is no message', () => {
    const { answer, id } = read('slack', { token: 'x', challenge: '3eZbrw1aBm2r', type: 'url_verification' })
    assert.deepEqual(answer, { challenge: '3eZbrw1aBm2r' })
    assert.equal(id, null)
  })

  test('a challenge that is a novel is not repeated', () => {
    const challenge = 'x'.repeat(1001)
    assert.equal(read('slack', { challenge, type: 'url_verification' }).answer, undefined)
  })

  test('Discord’s command is read', () => {
    const command = {
      type: 2,
      id: '786008729715212338',
      member: { user: { id: '53908232506183680', username: 'ann' } },
      data: { id: '771825006014889984', name: 'ask' },
    }
    const { user, text, id, answer } = read('discord', command)
    assert.deepEqual([user, id, answer], ['53908232506183680', '786008729715212338', undefined])
    assert.equal(text, JSON.stringify(command))
  })

  test('Discord’s ping is answered, and is no message', () => {
    assert.deepEqual(read('discord', { type: 1 }).answer, { type: 1 })
    assert.deepEqual(read('discord', { id: '1', application_id: '2', type: 1, version: 1 }).answer, { type: 1 })
  })

  test('an event that Discord pushes has the number of a ping, and is a message', () => {
    const event = { version: 1, application_id: '2', type: 1, event: { type: 'APPLICATION_AUTHORIZED', data: {} } }
    assert.equal(read('discord', event).answer, undefined)
  })

  for (const kind of ['generic', 'telegram'] as const) {
    test(`what one asks is an ordinary message from another one: ${kind}`, () => {
      assert.equal(read(kind, { type: 1 }).answer, undefined)
      assert.equal(read(kind, { type: 'url_verification', challenge: 'x' }).answer, undefined)
    })
  }
})

const OURS = {
  seq: 1,
  via: 'stream',
  type: 'chat',
  from: { address: { scheme: 'relay', id: 2 }, name: 'bob' },
  to: null,
  content: '你好',
  flags: {},
} as const

describe('the id', () => {
  const data = messageData(OURS, { eventId: 'evt_1', error: null })
  const event = eventText({ name: 'message.received', at: '2026-03-15T10:30:00Z', data })

  test('of an event of ours is its own, whatever the headers say', () => {
    const expected = { user: '#2', text: '你好', id: 'evt_1' }
    assert.deepEqual(read('generic', event), expected)
    const headers = { 'x-webhook-id': 'evt_2', 'x-webhook-attempt': '1', 'webhook-id': 'evt_3' }
    assert.deepEqual(read('generic', event, headers), expected)
  })

  test('stays the same with a signature in the body, so that a replay is told', () => {
    const body = signedBody(Buffer.from(event), 'what-both-sides-know')
    assert.equal(readInbound('generic', { headers: {}, body }).id, 'evt_1')
  })

  test('is that of Standard Webhooks, for text too', () => {
    assert.equal(read('generic', { text: 'x' }, { 'webhook-id': 'msg_1' }).id, 'msg_1')
    assert.equal(read('generic', 'disk is full', { 'webhook-id': 'msg_1' }).id, 'msg_1')
    assert.equal(read('generic', '[]', { 'webhook-id': 'msg_1' }).id, 'msg_1')
  })

  test('in a header of ours counts beside the number of the try', () => {
    assert.equal(read('generic', { text: 'x' }, { 'x-webhook-id': 'evt_1', 'x-webhook-attempt': '2' }).id, 'evt_1')
  })

  test('in a header of ours alone may be that of the subscription, and makes no two messages one', () => {
    assert.equal(read('generic', { text: 'x' }, { 'x-webhook-id': '17' }).id, null)
  })

  for (const value of [
    { event: 'order.updated', data: { id: 'order_5', sessionId: 'x' } },
    { event: 'message.received', data: { id: 'x' } },
    { id: '5', text: 'x' },
    { update_id: 5, event_id: 'x', text: 'x' },
  ]) {
    test(`is none where the sender may mean something else by it: ${JSON.stringify(value)}`, () => {
      assert.equal(read('generic', value).id, null)
    })
  }

  for (const value of [{ update_id: 2 ** 60 }, { update_id: '5' }, { update_id: 1.5 }, { update_id: null }, {}, []]) {
    test(`of Telegram is a whole number: not ${JSON.stringify(value)}`, () => {
      assert.equal(read('telegram', value).id, null)
    })
  }

  for (const id of ['', 'x'.repeat(257), 'a b', 'a\n', 'é', 5, {}]) {
    test(`of Slack is one word: not ${JSON.stringify(id).slice(0, 20)}`, () => {
      assert.equal(read('slack', { event_id: id }).id, null)
    })
  }

  test('of the great services is never taken from a header', () => {
    for (const kind of ['telegram', 'slack', 'discord'] as const) {
      assert.equal(read(kind, { text: 'x' }, { 'webhook-id': 'msg_1' }).id, null)
    }
  })
})

test('whatever is pushed has a text, and breaks nothing', () => {
  const words = fc.constantFrom(
    'message',
    'text',
    'user',
    'from',
    'event',
    'data',
    'id',
    'type',
    'challenge',
    'event_id',
    '__proto__',
  )
  const leaf = fc.oneof(hostileText(), fc.integer(), fc.constantFrom(1, null, 'url_verification'))
  const { node } = fc.letrec(tie => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.dictionary(words, tie('node'), { maxKeys: 4 }),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  }))
  const body = fc.oneof(
    node.map(value => Buffer.from(JSON.stringify(value))),
    fc.uint8Array({ maxLength: 100 }),
  )
  fc.assert(
    fc.property(
      body,
      fc.dictionary(fc.constantFrom('webhook-id', 'x-webhook-id', 'x-webhook-attempt'), hostileText()),
      (bytes, headers) => {
        for (const kind of INBOUND_KINDS) {
          const { text, user, id } = readInbound(kind, { headers, body: bytes })
          assert.ok(text !== '' || bytes.length === 0)
          assert.ok(user === null || (user !== '' && user.length <= 100))
          assert.ok(id === null || /^[!-~]{1,256}$/.test(id))
        }
      },
    ),
    { numRuns: 500 },
  )
})

describe('a megabyte', () => {
  const half = 500_000
  for (const [what, text] of [
    ['lists within lists', `${'['.repeat(half)}${']'.repeat(half)}`],
    ['objects within objects', `${'{"message":'.repeat(half / 6)}""${'}'.repeat(half / 6)}`],
    ['half of them only', '{"data":'.repeat(half / 4)],
    ['members', `{${Array.from({ length: half / 5 }, (_, i) => `"${i}":1`).join(',')}}`],
  ] as const) {
    test(`of ${what} is a text like any other`, () => {
      for (const kind of INBOUND_KINDS) assert.equal(read(kind, text).text.length, text.length)
    })
  }
})
