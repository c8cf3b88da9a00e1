import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ask, delivered, fromTelegram, order, SECRETS, signed, startIntake } from '../../engine/intake/scene.ts'
import { scale } from '../../support/scale.ts'
import { campaignSeed, type SeededRandom, seededRandom } from '../../support/seeded-random.ts'
import { accepted } from '../../support/test-outbox.ts'
import { posted, serve } from './served.ts'

const ROUNDS = scale({ short: 600, full: 10_000 })

const GOOD: readonly (readonly [path: string, ask: (id: number) => Ask])[] = [
  ['/webhook/ops', id => signed(`{"text":"hi ${id}"}`)],
  ['/webhook/telegram', id => fromTelegram(`{"update_id":${id},"message":{"text":"hi"}}`)],
  ['/im/inbound', id => delivered(`{"NewMsgId":${id + 1},"Content":{"string":"hi"}}`)],
  ['/messages/send', id => order({ to: '#2', text: 'hi', requestId: `id ${id}` })],
]

/** Each makes of the bytes of a good request some that are none, or somebody else's. */
const SPOILS: Readonly<Record<string, (random: SeededRandom, request: string) => string>> = {
  'its secret is another': (random, request) =>
    request.replace(
      /(sha256=|bearer |token: )(\S)/i,
      (_, before: string, first: string) =>
        `${before}${random.pick([...'0123456789abcdefxyz'].filter(sign => sign !== first))}`,
    ),
  'its secret is gone': (_, request) => request.replace(/^(?:x-\S+|authorization): .*\r\n/gim, ''),
  'its secret is in the path': (random, request) =>
    request
      .replace(/^(?:x-\S+|authorization): .*\r\n/gim, '')
      .replace(' HTTP/1.1', `?token=${random.pick(Object.values(SECRETS))} HTTP/1.1`),
  'its host is another': (random, request) =>
    request.replace(/Host: .*/, `Host: ${random.pick(['evil.example', '', 'localhost.evil.example', '10.0.0.1'])}`),
  'a browser sends it': (random, request) =>
    request.replace(
      '\r\n',
      `\r\n${random.pick(['Origin: null', 'Origin: http://localhost', 'Sec-Fetch-Site: cross-site'])}\r\n`,
    ),
  'its method is another': (random, request) => request.replace('POST', random.pick(['GET', 'PUT', 'OPTIONS', 'BREW'])),
  'its path is another': (random, request) =>
    request.replace(
      /^POST \S+/,
      `POST ${random.pick(['/', '//im/inbound', '/im/inbound/', '/im/../im/inbound', '/IM/inbound', '/webhook/%6fps', '/webhook/', '*'])}`,
    ),
  'it is compressed': (_, request) => request.replace('\r\n', '\r\nContent-Encoding: gzip\r\n'),
  'its length is another': (random, request) =>
    request.replace(
      /Content-Length: \d+/,
      `Content-Length: ${random.pick(['-1', 'x', '1048577', '99999999999999999999'])}`,
    ),
  'it says twice how long it is': (_, request) => request.replace('\r\n', '\r\nTransfer-Encoding: chunked\r\n'),
  'its head is noise': (random, request) =>
    Buffer.from(Array.from({ length: 20 }, () => random.below(256))).toString('latin1') + request,
}

test(`of ${ROUNDS} hostile requests over the network none is taken, and good ones in between are`, async t => {
  const seed = campaignSeed()
  const random = seededRandom(seed)
  const scene = startIntake(t, { reply: accepted })
  const served = await serve(t, scene.intake)
  const tables = ['messages', 'outbox', 'payloads']
  const stored = () =>
    tables.map(name => scene.writer.database.get(`SELECT count(*) AS n FROM ${name}`)?.['n']).join(' ')
  async function ask(request: string) {
    let isDone = false
    const reply = served
      .wire()
      .ask(request)
      .finally(() => {
        isDone = true
      })
    reply.catch(() => undefined)
    await scene.until('the answer', () => isDone, 20)
    return reply
  }

  const statuses = new Set<number>()
  for (let round = 0; round < ROUNDS; round++) {
    const [path, good] = random.pick(GOOD)
    const { body = '', headers = {} } = good(round)
    const request = posted(path, Buffer.from(body), { ...headers, Connection: 'close' })
    if (round % 50 === 0) assert.equal((await ask(request)).status, 200)
    const before = stored()
    const [how, spoil] = random.pick(Object.entries(SPOILS))
    const { status } = await ask(spoil(random, request))
    assert.ok(
      [400, 401, 403, 404, 405, 413, 415, 421, 429].includes(status),
      `OPENWECHAT_TEST_SEED=${seed} ${how}: ${status}`,
    )
    assert.equal(stored(), before, how)
    statuses.add(status)
  }
  assert.ok(statuses.size >= 7, [...statuses].join(' '))
  assert.ok(![...served.logs, ...scene.intakeLogs].some(line => line.includes('"level":"error"')))
})
