import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { INBOUND_KINDS } from '../../../scripts/core/config/webhooks.ts'
import { checkInbound, type InboundKeys } from '../../../scripts/protocol/webhook/inbound-check.ts'
import { signBody, standardSignature } from '../../../scripts/protocol/webhook/signatures.ts'
import { hostileText } from '../../support/arbitraries.ts'
import { type SeededRandom, seededRandom } from '../../support/seeded-random.ts'
import { flipped, randomEvent, randomText } from './payloads.ts'
import { KEY, KEYS, NOW, PUBLIC, type Request, WAYS, type Way } from './ways.ts'

function isTaken({ kind }: Way, { headers, body }: Request, nowSeconds = NOW, keys = KEYS): boolean {
  return checkInbound(kind, keys, { headers, body, nowSeconds }).ok
}

type Change = (request: Request, random: SeededRandom) => { request: Request; now?: number; keys?: InboundKeys }

/** Everything that somebody without the secret can do to a request that he saw. */
function changesOf(way: Way): Change[] {
  const withHeader = ({ headers, body }: Request, name: string, value: string) => ({
    request: { headers: { ...headers, [name]: value }, body },
  })
  // A blank behind a body that holds its own signature says nothing else.
  const behind = way.headers.length === 0 ? '}' : ' '
  const bodyChanges: Change[] = [
    ({ headers, body }, random) => ({ request: { headers, body: flipped(random, body) } }),
    ({ headers, body }, random) => ({ request: { headers, body: body.subarray(0, random.below(body.length)) } }),
    ({ headers, body }) => ({ request: { headers, body: Buffer.concat([body, Buffer.from(behind)]) } }),
    ({ headers, body }) => ({ request: { headers, body: Buffer.concat([Buffer.from('\ufeff'), body]) } }),
    ({ headers }, random) => ({
      request: { headers, body: way.signed(randomEvent(random), { secret: 'guessed' }).body },
    }),
  ]
  const timeChanges: Change[] = [
    (request, random) => ({ request, now: NOW + random.between(301, 100_000) }),
    (request, random) => ({ request, now: NOW - random.between(301, 100_000) }),
  ]
  const headerChanges: Change[] = [
    (request, random) => {
      const name = random.pick(way.headers)
      const value = request.headers[name] ?? ''
      const at = random.below(value.length)
      const other = String.fromCharCode((value.charCodeAt(at) + random.between(1, 90)) % 128)
      return withHeader(request, name, value.slice(0, at) + other + value.slice(at + 1))
    },
    (request, random) => {
      const name = random.pick(way.headers)
      return withHeader(request, name, (request.headers[name] ?? '').slice(0, -1))
    },
    (request, random) => {
      // That header is a list, in which one may stand twice.
      const name = random.pick(way.headers.filter(one => one !== 'webhook-signature'))
      return withHeader(request, name, `${request.headers[name]}, ${request.headers[name]}`)
    },
    (request, random) =>
      withHeader(request, random.pick(way.headers), random.pick(['', ' ', '0', 'null', randomText(random)])),
    ({ headers, body }, random) => {
      const { [random.pick(way.headers)]: _, ...rest } = headers
      return { request: { headers: rest, body } }
    },
    ({ headers, body }, random) => {
      const name = random.pick(Object.keys(headers).filter(one => /(?:signature|token|ed25519)$/.test(one)))
      return withHeader({ headers, body }, name, (headers[name] ?? '').toUpperCase())
    },
  ]
  const always: Change[] = [
    (_, random) => ({ request: way.signed(randomEvent(random), { secret: 'guessed' }) }),
    (_, random) => ({ request: { headers: {}, body: randomEvent(random) } }),
    request => ({ request, keys: { secret: null, publicKey: null } }),
    request => ({ request, keys: { secret: '', publicKey: '' } }),
    request => ({
      request,
      keys: { secret: `${KEY}x`, publicKey: PUBLIC.replace(/^../, PUBLIC.startsWith('00') ? '01' : '00') },
    }),
  ]
  return [
    ...always,
    ...(way.covers.body ? bodyChanges : []),
    ...(way.covers.time ? timeChanges : []),
    ...(way.headers.length > 0 ? headerChanges : []),
  ]
}

for (const way of WAYS) {
  describe(`${way.name}`, () => {
    const text = Buffer.from('{"event":"x","data":{"message":"你好"}}')

    test('is taken', () => {
      assert.ok(isTaken(way, way.signed(text)))
    })

    test('stays what it is in 1,000 changed, cut, replayed or wrongly signed requests: none is taken', () => {
      const random = seededRandom(3)
      const changes = changesOf(way)
      for (let round = 0; round < 1000; round++) {
        const original = way.signed(randomEvent(random))
        const { request, now, keys } = (changes[round % changes.length] ?? assert.fail())(original, random)
        const check = checkInbound(way.kind, keys ?? KEYS, { ...request, nowSeconds: now ?? NOW })
        assert.ok(!check.ok, `round ${round}, change ${round % changes.length}`)
        if (round % 100 === 0) assert.ok(isTaken(way, original))
      }
    })

    test('counts for nothing without a key to check it with', () => {
      for (const keys of [
        { secret: null, publicKey: null },
        { secret: '', publicKey: '' },
        way.kind === 'discord' ? { secret: KEY, publicKey: null } : { secret: null, publicKey: PUBLIC },
      ]) {
        const check = checkInbound(way.kind, keys, { ...way.signed(text), nowSeconds: NOW })
        assert.deepEqual(check, { ok: false, reason: 'no_key' })
      }
      const unsigned = way.kind === 'discord' ? { ...KEYS, publicKey: 'not hexadecimal' } : { ...KEYS, secret: '' }
      assert.ok(!isTaken(way, way.signed(text, { secret: '' }), NOW, unsigned))
    })

    test('is missed', () => {
      const check = checkInbound(way.kind, KEYS, { headers: {}, body: text, nowSeconds: NOW })
      assert.deepEqual(check, { ok: false, reason: 'no_signature' })
    })

    if (!way.covers.time) return
    test('is good for five minutes, by clocks that are ahead too', () => {
      for (const seconds of [-300, 300]) assert.ok(isTaken(way, way.signed(text, { at: NOW + seconds })))
      for (const seconds of [-301, 301]) {
        const { headers, body } = way.signed(text, { at: NOW + seconds })
        const check = checkInbound(way.kind, KEYS, { headers, body, nowSeconds: NOW })
        assert.deepEqual(check, { ok: false, reason: 'stale_timestamp' })
      }
    })
  })
}

describe('what is signed in two ways', () => {
  const ours = WAYS.find(({ name }) => name === 'all that we send ourselves') ?? assert.fail()
  const text = Buffer.from('{"event":"x"}')

  test('has to be right in both', () => {
    const { headers, body } = ours.signed(text)
    const other = ours.signed(text, { secret: 'another' }).headers
    for (const name of ['x-webhook-signature', 'webhook-signature']) {
      assert.ok(!isTaken(ours, { headers: { ...headers, [name]: other[name] ?? '' }, body }), name)
    }
  })

  test('is not asked for a member of that name, which may mean something else there', () => {
    const body = Buffer.from('{"signature":"of somebody on a contract"}')
    assert.ok(isTaken(ours, { headers: { 'x-webhook-signature': signBody(KEY, body) }, body }))
  })
})

test('the words of a peer can not become a message of their own by a dot in the id', () => {
  const forged = 'pay me'
  const body = Buffer.from(`{"message":"hello.${NOW}.${forged}"}`)
  const signature = standardSignature(KEY, { id: 'msg_1', timestamp: NOW - 10_000, body })
  const id = `msg_1.${NOW - 10_000}.{"message":"hello`
  const cut = Buffer.from(`${forged}"}`)
  assert.equal(standardSignature(KEY, { id, timestamp: NOW, body: cut }), signature, 'the same bytes are signed')
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(NOW), 'webhook-signature': signature }
  assert.deepEqual(checkInbound('generic', KEYS, { headers, body: cut, nowSeconds: NOW }), {
    ok: false,
    reason: 'bad_signature',
  })
})

test('a signature that stands elsewhere in the body is taken only with what it was made for', () => {
  const random = seededRandom(4)
  let taken = 0
  for (let round = 0; round < 1000; round++) {
    const text = randomEvent(random).toString()
    const member = `"signature":"${signBody(KEY, Buffer.from(text))}"`
    const body = Buffer.from(text.replace('{', `{ ${member} ,\n`))
    const changed = round % 4 === 0 ? body : flipped(random, body)
    if (!checkInbound('generic', KEYS, { headers: {}, body: changed, nowSeconds: NOW }).ok) continue
    assert.deepEqual(JSON.parse(changed.toString()), JSON.parse(body.toString()))
    taken++
  }
  assert.ok(taken >= 250 && taken < 300, `${taken}`)
})

test('headers that came twice count as none that is right', () => {
  const headers = { 'x-telegram-bot-api-secret-token': [KEY, KEY] }
  assert.ok(!checkInbound('telegram', KEYS, { headers, body: Buffer.from('{}'), nowSeconds: NOW }).ok)
})

test('nothing that is sent breaks a check, and none of it is taken', () => {
  const names = [...new Set(WAYS.flatMap(({ headers }) => headers))]
  const value = fc.oneof(
    hostileText(),
    fc.constantFrom(String(NOW), 'v0=', 'v1,', `sha256=${'0'.repeat(64)}`, '0'.repeat(128)),
  )
  const body = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.json().map(Buffer.from))
  const key = fc.option(fc.oneof(hostileText(), fc.constant('f'.repeat(64)), fc.constant('0'.repeat(64))))
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), body, key, (headers, bytes, publicKey) => {
      for (const kind of INBOUND_KINDS) {
        assert.ok(!checkInbound(kind, { secret: KEY, publicKey }, { headers, body: bytes, nowSeconds: NOW }).ok)
      }
    }),
    { numRuns: 500 },
  )
})
