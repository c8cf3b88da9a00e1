import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { eventHeaders, signedBody } from '../../../scripts/protocol/webhook/event-body.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { askPython, flipped, randomEvent, randomText } from './payloads.ts'

/** Those who receive our events, and were written without us. */

test('the official package verifies 10,000 random events, and no changed one', () => {
  const random = seededRandom(1)
  const encoded = `whsec_${randomBytes(24).toString('base64')}`
  const plain = 'a text that is agreed on'
  const receivers = [
    { secret: encoded, webhook: new Webhook(encoded) },
    { secret: plain, webhook: new Webhook(plain, { format: 'raw' }) },
  ]
  for (let round = 0; round < 10_000; round++) {
    const { secret, webhook } = random.pick(receivers)
    const id = `evt_${round}`
    const body = Buffer.from(signedBody(randomEvent(random, id), secret))
    // The package looks at the clock.
    const timestampSeconds = Math.floor(Date.now() / 1000) + random.between(-60, 60)
    const headers = eventHeaders({ id, event: 'message.received', attempt: 1, timestampSeconds, secret, body })
    assert.deepEqual(webhook.verify(body, headers), JSON.parse(body.toString()))
    if (round % 20 > 0) continue
    assert.throws(() => webhook.verify(flipped(random, body), headers), { name: 'WebhookVerificationError' })
    assert.throws(() => webhook.verify(body, { ...headers, 'webhook-id': 'evt_x' }), {
      name: 'WebhookVerificationError',
    })
  }
})

describe('a receiver in Python, as tutorials have it,', () => {
  const random = seededRandom(2)
  const cases = Array.from({ length: 200 }, () => {
    const secret = `密钥 ${randomText(random, 3).toWellFormed()}`
    const S = randomEvent(random)
    return { secret, S, body: Buffer.from(signedBody(S, secret)) }
  })
  const asked = (changed: (one: (typeof cases)[number]) => { secret?: string; body?: Uint8Array }) =>
    askPython(
      'event_receiver.py',
      cases.map(one => {
        const { secret = one.secret, body = one.body } = changed(one)
        return { secret, body: Buffer.from(body).toString('base64') }
      }),
    )
  const all = (word: string) => cases.map(() => word)

  test('accepts 200 random events', () => {
    assert.deepEqual(
      asked(() => ({})),
      all('accepted'),
    )
  })

  test('refuses those that were changed, cut, signed with another secret or not signed', () => {
    const changes: ((one: (typeof cases)[number]) => { secret?: string; body?: Uint8Array })[] = [
      ({ body }) => ({ body: Buffer.from(body.toString().replace('"message":"', '"message":"pay me ')) }),
      ({ body }) => ({ body: Buffer.from(body.toString().replace('{', '{"first":1,')) }),
      ({ body }) => ({ body: body.subarray(0, random.below(body.length)) }),
      ({ body }) => ({ body: flipped(random, body.subarray(-20)) }),
      ({ secret }) => ({ secret: `${secret}x` }),
      ({ S }) => ({ body: S }),
      ({ S }) => ({ body: signedBody(S, 'guessed') }),
    ]
    assert.deepEqual(
      asked(one => random.pick(changes)(one)),
      all('refused'),
    )
  })
})
