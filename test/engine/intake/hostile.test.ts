import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventHeaders, eventText, signedBody } from '../../../scripts/protocol/webhook/event-body.ts'
import { scale } from '../../support/scale.ts'
import { campaignSeed, type SeededRandom, seededRandom } from '../../support/seeded-random.ts'
import { accepted } from '../../support/test-outbox.ts'
import {
  type Ask,
  delivered,
  fromDiscord,
  fromSlack,
  fromTelegram,
  order,
  type Scene,
  SECRETS,
  signed,
  startIntake,
} from './scene.ts'

/** Enough for every way to spoil a request to meet every place of it. */
const ROUNDS = scale({ short: 1000, full: 20_000 })

interface Target {
  readonly path: string
  /** A request that is taken. @param id another one each time */
  good(id: number, nowMs: number): Ask
  /** Headers that prove something, each of them needed. */
  readonly proofs: readonly string[]
  /** The body is covered by them. */
  readonly isBodyProven: boolean
  /** The time is: an old request is no good. */
  readonly isTimed?: true
  /** What makes it the same request as an earlier one. */
  readonly hasId: boolean
}

const text = (id: number) => JSON.stringify({ user: 'bob', text: `你好 ${id}`, more: [1, { a: 'b' }] })

const TARGETS: Readonly<Record<string, Target>> = {
  'a webhook, signed in a header': {
    path: '/webhook/ops',
    good: id => signed(text(id)),
    proofs: ['x-webhook-signature'],
    isBodyProven: true,
    hasId: false,
  },
  'a webhook, signed in its body': {
    path: '/webhook/ops',
    good(id) {
      const data = { user: 'bob', message: `你好 ${id}`, sessionId: 'peer:2', id: `evt_${id}` }
      const S = eventText({ name: 'message.received', at: '2026-03-09T10:00:00Z', data })
      return { body: signedBody(new Uint8Array(Buffer.from(S)), SECRETS.hook), headers: {} }
    },
    proofs: [],
    isBodyProven: true,
    hasId: true,
  },
  'a webhook, signed by the standard': {
    path: '/webhook/ops',
    good(id, nowMs) {
      const body = Buffer.from(text(id))
      const timestampSeconds = Math.floor(nowMs / 1000)
      const sent = { id: `msg_${id}`, event: 'x', attempt: 1, timestampSeconds, secret: SECRETS.hook, body }
      const all = Object.entries(eventHeaders(sent)).filter(([name]) => name.startsWith('webhook-'))
      return { body, headers: Object.fromEntries(all) }
    },
    proofs: ['webhook-signature', 'webhook-timestamp', 'webhook-id'],
    isBodyProven: true,
    isTimed: true,
    hasId: true,
  },
  'a webhook of Telegram': {
    path: '/webhook/telegram',
    good: id => fromTelegram(`{"update_id":${id},"message":{"text":"hi","from":{"id":7}}}`),
    proofs: ['x-telegram-bot-api-secret-token'],
    isBodyProven: false,
    hasId: true,
  },
  'a webhook of Slack': {
    path: '/webhook/slack',
    good: (id, nowMs) => fromSlack(`{"event_id":"Ev${id}","event":{"text":"hi"}}`, nowMs),
    proofs: ['x-slack-signature', 'x-slack-request-timestamp'],
    isBodyProven: true,
    isTimed: true,
    hasId: true,
  },
  'a webhook of Discord': {
    path: '/webhook/discord',
    good: (id, nowMs) => fromDiscord(`{"id":"${id}","type":2,"text":"hi"}`, nowMs),
    proofs: ['x-signature-ed25519', 'x-signature-timestamp'],
    isBodyProven: true,
    isTimed: true,
    hasId: true,
  },
  'the intake of wechat_abot': {
    path: '/im/inbound',
    good: id => delivered(`{"NewMsgId":${9_007_199_254_740_993n + BigInt(id)},"Content":{"string":"hi"}}`),
    proofs: ['x-wechat-abot-signature'],
    isBodyProven: true,
    hasId: true,
  },
  'the way to send': {
    path: '/messages/send',
    good: id => order({ to: '#2', text: `hello ${id}`, requestId: `id ${id}` }),
    proofs: ['authorization'],
    isBodyProven: false,
    hasId: true,
  },
  'the other way to send': {
    path: '/api/messages/send',
    good: id => order({ to: '#2', text: `hello ${id}`, requestId: `id ${id}` }),
    proofs: ['authorization'],
    isBodyProven: false,
    hasId: true,
  },
}

type Spoil = (random: SeededRandom, ask: Ask, target: Target) => Ask | null

const bytesOf = ({ body = '' }: Ask) => Buffer.from(body)
const other = (random: SeededRandom, byte: number) => (byte + random.between(1, 255)) % 256

function withHeader(ask: Ask, name: string, change: (value: string) => string | undefined): Ask {
  const { [name]: value = '', ...headers } = ask.headers ?? {}
  const next = change(value)
  return { ...ask, headers: next === undefined ? headers : { ...headers, [name]: next } }
}

/** Each makes of a good request one that is not. null: it can not spoil this one. */
const SPOILS: Readonly<Record<string, Spoil>> = {
  'one byte of the body is another': (random, ask, { isBodyProven }) => {
    if (!isBodyProven) return null
    const body = bytesOf(ask)
    const at = random.below(body.length)
    body[at] = other(random, body[at] ?? 0)
    return { ...ask, body }
  },
  'the body breaks off': (random, ask, { isBodyProven }) =>
    isBodyProven ? { ...ask, body: bytesOf(ask).subarray(0, random.below(bytesOf(ask).length)) } : null,
  'the body goes on': (random, ask, { isBodyProven, proofs }) => {
    // What is signed within the body is its tokens: blanks behind it change none.
    const tails = proofs.length === 0 ? ['}', '\0', '{}', 'x'] : [' ', '\n', '}', '\0', '{}']
    return isBodyProven ? { ...ask, body: Buffer.concat([bytesOf(ask), Buffer.from(random.pick(tails))]) } : null
  },
  'the body is too long': (random, ask) =>
    // Few of them: each is a megabyte.
    random.chance(0.02) ? { ...ask, body: Buffer.concat([bytesOf(ask), Buffer.alloc(1024 * 1024, ' ')]) } : null,
  'a proof is missing': (random, ask, { proofs }) =>
    proofs.length === 0 ? null : withHeader(ask, random.pick(proofs), () => undefined),
  'a proof is empty': (random, ask, { proofs }) =>
    proofs.length === 0
      ? null
      : withHeader(ask, random.pick(proofs), () => random.pick(['', ' ', 'null', 'undefined'])),
  'a character of a proof is another': (random, ask, { proofs }) =>
    proofs.length === 0
      ? null
      : withHeader(ask, proofs[0] ?? '', value => {
          // The scheme in front of a token may be written in any case.
          const from = value.startsWith('Bearer') ? 7 : 0
          const at = random.between(from, value.length - 1)
          const sign = String.fromCharCode(random.between(33, 126))
          return value[at] === sign || /[=]$/.test(value.slice(at))
            ? `${value}0`
            : value.slice(0, at) + sign + value.slice(at + 1)
        }),
  'a proof breaks off': (random, ask, { proofs }) =>
    proofs.length === 0 ? null : withHeader(ask, proofs[0] ?? '', value => value.slice(0, random.below(value.length))),
  'a proof comes twice': (random, ask, { proofs }) => {
    // By the standard, a list of signatures is good when one of them is.
    const once = proofs.filter(name => name !== 'webhook-signature')
    return once.length === 0 ? null : withHeader(ask, random.pick(once), value => `${value}, ${value}`)
  },
  'a proof is of another kind': (_random, ask, { proofs }) =>
    proofs.length === 0
      ? null
      : withHeader(ask, proofs[0] ?? '', value => value.replace(/^(?:sha256=|v0=|v1,|Bearer )|^/, 'md5=')),
  'it is signed with another secret': (random, ask, { path, isBodyProven }) => {
    if (!isBodyProven || path === '/webhook/discord') return null
    const body = bytesOf(ask).toString()
    const secret = random.pick(['', 'x', SECRETS.bot, `${SECRETS.hook} `])
    if (path === '/im/inbound') return delivered(body, secret)
    return path === '/webhook/slack' ? fromSlack(body, 1_773_050_400_000, secret) : signed(body, secret)
  },
  'it is nothing at all': random => ({
    body: Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256))),
  }),
}

/** Good ones that are not taken a second time, or not any more. */
function replay(scene: Scene, target: Target, random: SeededRandom): Ask | null {
  if (target.isTimed && random.chance(0.5)) {
    const away = random.between(301, 100_000) * 1000 * random.pick([1, -1])
    return target.good(10_000_000 + random.below(1_000_000), scene.clock.now() + away)
  }
  return target.hasId ? target.good(1, scene.clock.now()) : null
}

function count(scene: Scene): string {
  const { writer } = scene
  return ['messages', 'outbox'].map(table => writer.database.get(`SELECT count(*) AS n FROM ${table}`)?.['n']).join(' ')
}

describe(`of ${ROUNDS} tampered, truncated, oversized, wrongly signed or replayed requests none is taken`, () => {
  for (const [name, target] of Object.entries(TARGETS)) {
    test(`by ${name}`, async t => {
      const seed = campaignSeed()
      const random = seededRandom(seed)
      const scene = startIntake(t, { reply: accepted })
      const ask = (one: Ask) =>
        target.proofs.includes('authorization') ? scene.send(one, target.path) : scene.ask(target.path, one)
      assert.equal((await ask(target.good(1, scene.clock.now()))).status, 200)
      const before = count(scene)
      for (let round = 0; round < ROUNDS; round++) {
        const isReplay = random.chance(0.05)
        const [how, spoil] = random.pick(Object.entries(SPOILS))
        const good = target.good(2 + round, scene.clock.now())
        const bad = isReplay ? replay(scene, target, random) : spoil(random, good, target)
        if (bad === null) {
          round--
          continue
        }
        const what = `OPENWECHAT_TEST_SEED=${seed}, round ${round}: ${isReplay ? 'replayed' : how}`
        const { status, body } = isReplay ? await ask(bad) : await scene.ask(target.path, bad)
        const isKnown = isReplay && status === 200 && body['duplicate'] === true
        assert.ok(isKnown || [400, 401, 413, 415, 429].includes(status), `${what}: ${status}`)
        // Those who guess do so in more than an instant.
        scene.clock.advance(40)
      }
      assert.equal(count(scene), before)
      assert.equal((await ask(target.good(5_000_000, scene.clock.now()))).status, 200)
    })
  }
})
