import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  type EventMessage,
  eventHeaders,
  eventText,
  messageData,
  signedBody,
  splitSigned,
} from '../../../scripts/protocol/webhook/event-body.ts'
import { signBody } from '../../../scripts/protocol/webhook/signatures.ts'
import { hostileText } from '../../support/arbitraries.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { randomEvent } from './payloads.ts'

/** OI §5.4 */
const KEY = 'webhook-signing-secret'
const S = Buffer.from(
  '{"event":"message.received","timestamp":"2026-03-15T10:30:00Z","data":{"channel":"relay","user":"#2","message":"你好","sessionId":"peer:2"}}',
)
const OWN_SIGNATURE = 'sha256=002859e60c718512a945bc665179a02c041ce2b103c7f702758f4f87a35a0137'

describe('the agreed event', () => {
  const body = signedBody(S, KEY)

  test('has this text', () => {
    const data = { channel: 'relay', user: '#2', message: '你好', sessionId: 'peer:2' }
    const text = eventText({ name: 'message.received', at: '2026-03-15T10:30:00Z', data })
    assert.equal(text, S.toString())
    assert.equal(S.length, 142)
  })

  test('has its signature as the last member of this body', () => {
    assert.equal(body.length, 228)
    assert.equal(Buffer.from(body).toString(), S.toString().replace(/\}$/, `,"signature":"${OWN_SIGNATURE}"}`))
  })

  test('has these headers', () => {
    const sent = { id: 'evt_1', event: 'message.received', attempt: 1, timestampSeconds: 1773570600, secret: KEY, body }
    assert.deepEqual(eventHeaders(sent), {
      'X-Webhook-Id': 'evt_1',
      'X-Webhook-Event': 'message.received',
      'X-Webhook-Attempt': '1',
      'X-Webhook-Timestamp': '1773570600',
      'X-Webhook-Signature': 'sha256=6280fdf60e34024828cff6aa07465a358574d62625ccf5b86513ff7fa51df33a',
      'webhook-id': 'evt_1',
      'webhook-timestamp': '1773570600',
      'webhook-signature': 'v1,XXA2rcNQiqr3IetKf+M3Rsq7It3W+oMWgj6pNJnIznY=',
    })
  })

  test('without a secret is its text, and nothing about it is signed', () => {
    assert.deepEqual(signedBody(S, null), S)
    const sent = { id: 'evt_1', event: 'message.received', attempt: 3, timestampSeconds: 1773570600, secret: null }
    const headers = eventHeaders({ ...sent, body: S })
    assert.deepEqual(
      Object.keys(headers).filter(name => /signature/i.test(name)),
      [],
    )
    assert.equal(headers['X-Webhook-Attempt'], '3')
  })
})

describe('the text of an event', () => {
  test('is one line of UTF-8 that says the same when it is parsed and dumped', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), (message, flag) => {
        const text = eventText({ name: 'message.sent', at: '2026-03-15T10:30:00Z', data: { message, flags: { flag } } })
        assert.doesNotMatch(text, /[\r\n]/)
        assert.equal(Buffer.from(text).toString(), text)
        assert.equal(JSON.stringify(JSON.parse(text)), text)
        const { data } = JSON.parse(text) as { data: unknown }
        assert.deepEqual(data, { message: message.toWellFormed(), flags: { flag: flag.toWellFormed() } })
      }),
      { numRuns: 300 },
    )
  })

  test('spells nothing out that JSON takes as it is', () => {
    const text = eventText({ name: 'x', at: '', data: { message: '中😀\u2028\u007f</script>&"' } })
    assert.ok(text.includes('中😀\u2028\u007f</script>&\\"'), text)
  })

  test('has a sign in place of half a character', () => {
    assert.match(eventText({ name: 'x', at: '', data: { message: 'a\ud800b' } }), /"a\ufffdb"/)
  })
})

const MESSAGE: EventMessage = {
  seq: 7,
  via: 'stream',
  type: 'chat',
  from: { address: { scheme: 'relay', id: 2 }, name: 'bob' },
  to: null,
  content: 'hello',
  flags: {},
}
const PLAIN = { eventId: 'evt_1', error: null }

describe('what an event tells of a message', () => {
  test('is who wrote it to us, and what', () => {
    assert.deepEqual(Object.entries(messageData(MESSAGE, PLAIN)), [
      ['channel', 'relay'],
      ['user', '#2'],
      ['message', 'hello'],
      ['sessionId', 'peer:2'],
      ['id', 'evt_1'],
      ['seq', 7],
      ['direction', 'in'],
      ['type', 'chat'],
      ['name', 'bob'],
    ])
  })

  test('is whom we wrote to', () => {
    const to = { address: { scheme: 'wechat', account: 'main', user: 'wxid_a' }, name: 'Ann' } as const
    const data = messageData({ ...MESSAGE, via: 'send', from: null, to }, PLAIN)
    const { channel, user, sessionId, direction, name } = data
    assert.deepEqual(
      { channel, user, sessionId, direction, name },
      {
        channel: 'wechat',
        user: 'wechat:main/wxid_a',
        sessionId: 'wechat:main/wxid_a',
        direction: 'out',
        name: 'Ann',
      },
    )
  })

  test('is what a webhook brought', () => {
    const from = { address: { scheme: 'webhook', name: 'ops' }, name: 'ops' } as const
    const { channel, user, sessionId } = messageData({ ...MESSAGE, via: 'webhook', from }, PLAIN)
    assert.deepEqual([channel, user, sessionId], ['webhook', 'webhook:ops', 'webhook:ops'])
  })

  for (const [via, channel] of [
    ['poll', 'relay'],
    ['webhook', 'webhook'],
    ['wechat', 'wechat'],
  ] as const) {
    test(`of nobody whom we know is unverified, and came over ${channel}`, () => {
      const data = messageData({ ...MESSAGE, via, from: null }, PLAIN)
      assert.deepEqual(
        [data['channel'], data['user'], data['sessionId'], data['name'], data['direction']],
        [channel, 'unverified', 'unverified', '', 'in'],
      )
    })
  }

  test('is what was wrong with it, and what stands beside it, where there is any', () => {
    const data = messageData({ ...MESSAGE, flags: { state: 'partial' } }, { eventId: 'evt_1', error: 'unparsed' })
    assert.deepEqual(Object.entries(data).slice(-2), [
      ['error', 'unparsed'],
      ['flags', { state: 'partial' }],
    ])
  })
})

describe('a signed body', () => {
  test('splits into what was signed and the signature', () => {
    const random = seededRandom(1)
    for (let round = 0; round < 500; round++) {
      const text = randomEvent(random)
      assert.deepEqual(splitSigned(signedBody(text, KEY)), { S: text, signature: signBody(KEY, text) })
    }
  })

  const compact = '{"event":"x","n":12345678901234567890,"f":1.0,"text":"你好","10":1,"2":[]}'
  const signature = signBody(KEY, Buffer.from(compact))
  for (const [what, body] of [
    ['first', `{"signature":"${signature}",${compact.slice(1)}`],
    ['in the middle', compact.replace('"n":', `"signature":"${signature}","n":`)],
    [
      'with blanks and escapes that were not signed',
      `\n{ "event" : "x", "n": 12345678901234567890, "f": 1.0, "text": "\\u4f60\\u597d", "10": 1, "2": [ ], "signature": "${signature}" }\n`,
    ],
    ['under a name with an escape', compact.replace('"n":', `"\\u0073ignature":"${signature}","n":`)],
  ] as const) {
    test(`of others may have it ${what}`, () => {
      const split = splitSigned(Buffer.from(body))
      assert.deepEqual([Buffer.from(split?.S ?? []).toString(), split?.signature], [compact, signature])
    })
  }

  test('of others that ends with it was signed as it is spelled', () => {
    const spelled = '{ "text": "\\u4f60", "n": 1.0, "n": 2 }'
    const own = signBody(KEY, Buffer.from(spelled))
    const split = splitSigned(Buffer.from(spelled.replace(/\}$/, `,"signature":"${own}"}`)))
    assert.deepEqual([Buffer.from(split?.S ?? []).toString(), split?.signature], [spelled, own])
  })

  test('may be nothing else', () => {
    const alone = splitSigned(Buffer.from(`{"signature":"${signature}"}`))
    assert.deepEqual(alone, { S: Buffer.from('{}'), signature })
  })

  for (const [what, body] of [
    ['no member', compact],
    ['two', `{"signature":"${signature}","a":1, "signature":"${signature}" }`],
    ['one of another kind', '{"signature":"abc"}'],
    ['one that is no text', '{"signature":{"sha256":1}}'],
    ['one further down', `{"a":{"signature":"${signature}"}}`],
    ['one in a list', `[{"signature":"${signature}"}]`],
    ['JSON that is cut', `{"a":1,"signature":"${signature}`],
    ['its end only', `,"signature":"${signature}"}`],
    ['another end', `{"a":1,"signature":"${signature}"]`],
    ['another mark at its end', `{"a":1,"signature":"${signature}\\}`],
    ['nothing', ''],
  ] as const) {
    test(`is none with ${what}`, () => {
      assert.equal(splitSigned(Buffer.from(body)), null)
    })
  }

  test('is none in bytes that are no UTF-8: they could be others without anybody noticing', () => {
    const body = Buffer.from(`{"signature":"${signature}","a":"?"}`)
    body[body.length - 3] = 0xff
    assert.equal(splitSigned(body), null)
  })

  test('is looked for in anything without complaint', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(Buffer.from), hostileText().map(Buffer.from)),
        bytes => {
          splitSigned(bytes)
          splitSigned(Buffer.concat([bytes, Buffer.from(`,"signature":"${signature}"}`)]))
        },
      ),
      { numRuns: 500 },
    )
  })
})
