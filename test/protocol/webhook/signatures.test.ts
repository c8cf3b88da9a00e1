import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import {
  equalSecrets,
  signBody,
  standardSignature,
  verifyBody,
  verifyStandard,
} from '../../../scripts/protocol/webhook/signatures.ts'
import { hostileText } from '../../support/arbitraries.ts'

/** Published with Standard Webhooks. */
const PUBLISHED = {
  key: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  message: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: Buffer.from('{"test": 2432232314}') },
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const { key, message, signature } = PUBLISHED

describe('the signature of a body', () => {
  const bytes = Buffer.from('你好')
  const right = signBody('key', bytes)
  const digits = right.slice('sha256='.length)

  test('is sha256= and 64 digits of HMAC-SHA256', () => {
    // RFC 4231, test case 2
    assert.equal(
      signBody('Jefe', Buffer.from('what do ya want for nothing?')),
      'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })

  test('is made of the text of a secret in UTF-8', () => {
    assert.ok(verifyBody('密钥', bytes, signBody('密钥', bytes)))
    assert.ok(!verifyBody('密', bytes, signBody('密钥', bytes)))
  })

  test('is good for these bytes and this secret', () => {
    assert.ok(verifyBody('key', bytes, right))
    assert.ok(!verifyBody('kez', bytes, right))
    assert.ok(!verifyBody('key', Buffer.from('你好 '), right))
  })

  for (const spelling of [
    '',
    digits,
    `sha256=${digits.toUpperCase()}`,
    `SHA256=${digits}`,
    ` ${right}`,
    `${right} `,
    `${right}\n`,
    `${right}, ${right}`,
    `${right}0`,
    right.slice(0, -1),
    `sha256:${digits}`,
    `sha1=${digits}`,
    `sha256=${'０'.repeat(64)}`,
  ]) {
    test(`has one spelling only: not ${JSON.stringify(spelling.slice(0, 20))} with ${spelling.length} characters`, () => {
      assert.ok(!verifyBody('key', bytes, spelling))
    })
  }

  test('is needed', () => {
    assert.ok(!verifyBody('key', bytes, undefined))
  })

  test('of an empty secret is anybody’s', () => {
    assert.ok(!verifyBody('', bytes, signBody('', bytes)))
  })
})

describe('the signature of Standard Webhooks', () => {
  test('is the published one for the published message', () => {
    assert.equal(standardSignature(key, message), signature)
    assert.ok(verifyStandard(key, message, signature))
  })

  test('is that of the official package', () => {
    const { id, timestamp, body } = message
    assert.equal(new Webhook(key).sign(id, new Date(timestamp * 1000), body), signature)
    const raw = new Webhook('an ordinary text', { format: 'raw' })
    assert.equal(standardSignature('an ordinary text', message), raw.sign(id, new Date(timestamp * 1000), body))
  })

  test('may stand among others, while a secret is being replaced', () => {
    const older = standardSignature('the one before', message)
    assert.ok(verifyStandard(key, message, `${older} ${signature}`))
    assert.ok(verifyStandard(key, message, `v1a,of-another-kind ${signature}`))
    assert.ok(!verifyStandard(key, message, older))
  })

  for (const [what, other] of [
    ['id', { ...message, id: 'msg_other' }],
    ['time', { ...message, timestamp: message.timestamp + 1 }],
    ['body', { ...message, body: Buffer.from('{"test": 2432232315}') }],
  ] as const) {
    test(`covers the ${what}`, () => {
      assert.ok(!verifyStandard(key, other, signature))
    })
  }

  for (const text of ['whsec_', 'whsec_A', 'whsec_not in base64', 'whsec_====', 'whsec']) {
    test(`takes ${text} as it stands: its key is never empty`, () => {
      const raw = new Webhook(text, { format: 'raw' })
      const { id, timestamp, body } = message
      assert.equal(standardSignature(text, message), raw.sign(id, new Date(timestamp * 1000), body))
    })
  }

  test('of an empty secret is anybody’s', () => {
    assert.ok(!verifyStandard('', message, standardSignature('', message)))
  })
})

describe('secrets are compared', () => {
  test('whatever their lengths are', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), (a, b) => {
        assert.equal(equalSecrets(a, b), a.toWellFormed() === b.toWellFormed() && a !== '')
        assert.equal(equalSecrets(a, a), a !== '')
      }),
      { numRuns: 300 },
    )
  })

  test('and an empty one equals nothing, not even another empty one', () => {
    assert.ok(!equalSecrets('', ''))
    assert.ok(!equalSecrets('', 'x'))
  })
})
