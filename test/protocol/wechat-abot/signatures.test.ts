import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { verifyBody } from '../../../scripts/protocol/webhook/signatures.ts'
import { abotSignatures, buildAbotMessage } from '../../../scripts/protocol/wechat-abot/message.ts'
import { type SeededRandom, seededRandom } from '../../support/seeded-random.ts'
import { askPython, flipped, randomText } from '../webhook/payloads.ts'

/** OI §4.1 */
const BODY = Buffer.from(
  '{"Data":{"MsgId":12345,"NewMsgId":7773749793478223190,"Content":{"string":"wxid_a:\\n你好"}}}',
)
const NOW = 1_773_570_600

test('the agreed message has the agreed signatures', () => {
  assert.equal(BODY.length, 94)
  assert.deepEqual(abotSignatures('s3cret', BODY, NOW), {
    'X-Wechat-Abot-Signature': 'sha256=de58aa902d19ba85a2e9e36a6ff21f8de582f90b47e76b5ba6f40bb0090d493f',
    'X-Wechat-Abot-Timestamp': '1773570600',
    'X-Wechat-Abot-Signature-V2': 'sha256=835539781b0fd3717a28dcfa3b72e489782ae289f8b86a279831be9905529464',
  })
})

interface Push {
  readonly secret: string
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  readonly now: number
}

function randomPush(random: SeededRandom): Push {
  const secret = `${randomText(random, 3).toWellFormed()}密钥`
  const id = `${random.below(2 ** 30)}${random.below(2 ** 30)}9`
  const from = random.pick(['wxid_a', '4567@chatroom'])
  const body = random.chance(0.5)
    ? buildAbotMessage({ id, from, to: 'wxid_me', text: randomText(random), atSeconds: NOW })
    : Buffer.from(randomText(random, 30))
  return { secret, body, headers: abotSignatures(secret, body, NOW), now: NOW + random.between(-300, 300) }
}

type Change = (push: Push, random: SeededRandom) => Partial<Push>

const CHANGES: readonly Change[] = [
  ({ body }, random) => ({ body: body.length === 0 ? Buffer.from('x') : flipped(random, body) }),
  ({ body }) => ({ body: body.length === 0 ? Buffer.from('x') : body.subarray(1) }),
  ({ body }) => ({ body: Buffer.concat([body, Buffer.from('\n')]) }),
  ({ secret }) => ({ secret: `${secret} ` }),
  ({ body }) => ({ headers: abotSignatures('guessed', body, NOW) }),
  ({ headers }) => ({ headers: { ...headers, 'X-Wechat-Abot-Signature': '' } }),
  ({ headers }) => ({ headers: { ...headers, 'X-Wechat-Abot-Timestamp': String(NOW + 1) } }),
  ({ headers: { 'X-Wechat-Abot-Signature-V2': _, ...headers } }) => ({ headers }),
  (_, random) => ({ now: NOW + random.between(301, 10_000) }),
]

describe('a plugin in Python, which looks at the bytes as they came,', () => {
  const random = seededRandom(5)
  const ask = (pushes: readonly Push[]) =>
    askPython(
      'abot_plugin.py',
      pushes.map(({ body, ...push }) => ({ ...push, body: Buffer.from(body).toString('base64') })),
    )

  test('accepts 200 random pushes', () => {
    const pushes = Array.from({ length: 200 }, () => randomPush(random))
    assert.deepEqual(
      ask(pushes),
      pushes.map(() => 'accepted'),
    )
  })

  test('refuses 1,000 that were changed, cut, replayed later or signed with another secret', () => {
    const pushes = Array.from({ length: 1000 }, (_, round) => {
      const push = randomPush(random)
      return { ...push, ...(CHANGES[round % CHANGES.length] ?? assert.fail())(push, random) }
    })
    assert.deepEqual(
      ask(pushes),
      pushes.map(() => 'refused'),
    )
  })
})

test('of 1,000 changed, cut or wrongly signed messages that come in, none is taken', () => {
  const random = seededRandom(6)
  const ofBody = CHANGES.slice(0, 6)
  for (let round = 0; round < 1000; round++) {
    const push = randomPush(random)
    assert.ok(verifyBody(push.secret, push.body, push.headers['X-Wechat-Abot-Signature']))
    const { secret, body, headers } = { ...push, ...(ofBody[round % ofBody.length] ?? assert.fail())(push, random) }
    assert.ok(!verifyBody(secret, body, headers['X-Wechat-Abot-Signature']), `round ${round}`)
  }
})
