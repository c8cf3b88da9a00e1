import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventHeaders, eventText, messageData, signedBody } from '../../../scripts/protocol/webhook/event-body.ts'
import { insertEvent } from '../../../scripts/store/events.ts'
import { dueMessages } from '../../../scripts/store/messages.ts'
import { fromDiscord, fromSlack, fromTelegram, noted, SECRETS, signed, startIntake } from './scene.ts'

const OK = { status: 200, body: { ok: true } }

describe('what is pushed to a webhook', () => {
  test('becomes a message of that webhook, with whom it names as its word, and the bytes as they came', async t => {
    const scene = startIntake(t)
    const body = '{ "user": {"name": "bo b"}, "message": "你好\\nthere", "more": 12345678901234567890 }'
    assert.deepEqual(await scene.ask('/webhook/ops', signed(body)), OK)
    const [message] = dueMessages(scene.writer.database, 0, 10)
    assert.equal(message?.via, 'webhook')
    assert.deepEqual(message?.from, { address: { scheme: 'webhook', name: 'ops' }, name: 'ops' })
    assert.equal(message?.content, '你好\nthere')
    assert.deepEqual(message?.flags, { user: 'bo b' })
    assert.equal(Buffer.from(message?.payload ?? []).toString(), body)
  })

  test('is taken as it is when it is no JSON, or says nothing that is known', async t => {
    const scene = startIntake(t)
    await scene.ask('/webhook/ops', signed('disk full'))
    await scene.ask('/webhook/ops', signed('{"level": 3, "host": "a"}'))
    await scene.ask('/webhook/ops', signed(''))
    assert.deepEqual(
      scene.taken().map(({ content, flags }) => [content, flags]),
      [
        ['disk full', '{}'],
        ['{"level":3,"host":"a"}', '{}'],
        ['', '{}'],
      ],
    )
  })

  test('is told apart by nothing but an id that the sender gives it', async t => {
    const scene = startIntake(t)
    const { clock } = scene
    for (const body of ['{"text":"ok"}', '{"text":"ok"}']) {
      assert.deepEqual(await scene.ask('/webhook/ops', signed(body)), OK)
      assert.deepEqual(await scene.ask('/webhook/telegram', fromTelegram(body)), OK)
    }
    const again = { status: 200, body: { ok: true, duplicate: true } }
    const update = '{"update_id":9007199254740991,"message":{"text":"hi","from":{"id":7,"username":"bob"}}}'
    assert.deepEqual(await scene.ask('/webhook/telegram', fromTelegram(update)), OK)
    assert.deepEqual(await scene.ask('/webhook/telegram', fromTelegram(update)), again)
    const event = '{"type":"event_callback","event_id":"Ev01","event":{"type":"message","text":"hi","user":"U1"}}'
    assert.deepEqual(await scene.ask('/webhook/slack', fromSlack(event, clock.now())), OK)
    clock.advance(60_000)
    assert.deepEqual(await scene.ask('/webhook/slack', fromSlack(event, clock.now())), again)
    assert.deepEqual(
      scene.taken().map(({ account, content, flags }) => `${account} ${content} ${flags}`),
      [
        'ops ok {}',
        'telegram ok {}',
        'ops ok {}',
        'telegram ok {}',
        'telegram hi {"user":"7"}',
        'slack hi {"user":"U1"}',
      ],
    )
  })

  test('at two webhooks at once under one id is two messages; at one webhook it is one', async t => {
    const scene = startIntake(t)
    const headers = (secret: string, body: string) =>
      lowerCase(
        eventHeaders({
          id: 'evt_other',
          event: 'message.received',
          attempt: 1,
          timestampSeconds: Math.floor(scene.clock.now() / 1000),
          secret,
          body: Buffer.from(body),
        }),
      )
    scene.configure({ webhooks: { inbound: { ops: { secret: SECRETS.hook }, dev: { secret: SECRETS.hook } } } })
    const ask = { body: '{"text":"hi"}', headers: headers(SECRETS.hook, '{"text":"hi"}') }
    const answers = await Promise.all(
      ['/webhook/ops', '/webhook/dev', '/webhook/ops'].map(path => scene.ask(path, ask)),
    )
    assert.deepEqual(
      answers.map(({ body }) => body),
      [{ ok: true }, { ok: true }, { ok: true, duplicate: true }],
    )
    assert.deepEqual(
      scene.taken().map(({ account }) => account),
      ['ops', 'dev'],
    )
  })

  test('without a check is whatever anybody says', async t => {
    const scene = startIntake(t)
    assert.deepEqual(await scene.ask('/webhook/open', { body: 'anybody' }), OK)
    assert.equal(scene.taken().length, 1)
  })
})

describe('what is no message', () => {
  test('is answered as the sender wants it, once they have shown who they are', async t => {
    const scene = startIntake(t)
    const now = scene.clock.now()
    const challenge = '{"type":"url_verification","challenge":"3eZbrw1a"}'
    assert.deepEqual(await scene.ask('/webhook/slack', fromSlack(challenge, now)), {
      status: 200,
      body: { challenge: '3eZbrw1a' },
    })
    assert.deepEqual(await scene.ask('/webhook/discord', fromDiscord('{"type":1}', now)), {
      status: 200,
      body: { type: 1 },
    })
    assert.equal((await scene.ask('/webhook/slack', { body: challenge })).status, 401)
    assert.equal((await scene.ask('/webhook/discord', { body: '{"type":1}' })).status, 401)
    assert.deepEqual(scene.taken(), [])
    await noted()
    assert.deepEqual(
      scene
        .requestsOf('webhook:slack')
        .map(({ httpStatus, ok, test: isTest, error }) => [httpStatus, ok, isTest, error]),
      [
        [200, true, true, null],
        [401, false, false, 'no_signature'],
      ],
    )
  })

  test('is a test of a webhook: it is noted as one, and not kept', async t => {
    const scene = startIntake(t)
    const body = '{"event":"webhook.test","timestamp":"2026-03-09T10:00:00Z","data":{"message":"This is a test."}}'
    const ask = signed(body)
    const answer = await scene.ask('/webhook/ops', {
      ...ask,
      headers: { ...ask.headers, 'x-webhook-event': 'webhook.test' },
    })
    assert.deepEqual(answer, { status: 200, body: { ok: true, test: true } })
    const unsigned = await scene.ask('/webhook/ops', { body, headers: { 'x-webhook-event': 'webhook.test' } })
    assert.equal(unsigned.status, 401)
    await noted()
    assert.deepEqual(scene.taken(), [])
    assert.deepEqual(
      scene.requestsOf('webhook:ops').map(one => one.test),
      [true, false],
    )
  })

  test('is not what a header alone calls a test: anybody on the way can add one', async t => {
    const scene = startIntake(t)
    const ask = signed('{"message":"a real one"}')
    const answer = await scene.ask('/webhook/ops', {
      ...ask,
      headers: { ...ask.headers, 'x-webhook-event': 'webhook.test' },
    })
    assert.deepEqual(answer, { status: 200, body: { ok: true } })
    assert.deepEqual(
      scene.taken().map(one => one.content),
      ['a real one'],
    )
  })

  for (const [where, strip] of [
    ['in its headers', (headers: Record<string, string>) => headers],
    ['in its body alone', () => ({})],
  ] as const) {
    test(`is an event of our own that comes back, with its id ${where}`, async t => {
      const scene = startIntake(t)
      const message = {
        seq: 4,
        via: 'stream',
        type: 'chat',
        from: { address: { scheme: 'relay', id: 2 }, name: 'bob' },
        to: null,
        content: 'hi',
        flags: {},
      } as const
      const at = '2026-03-09T10:00:00Z'
      const push = (eventId: string) => {
        const data = messageData(message, { eventId, error: null })
        const text = new Uint8Array(Buffer.from(eventText({ name: 'message.received', at, data })))
        const body = signedBody(text, SECRETS.hook)
        const timestampSeconds = Math.floor(scene.clock.now() / 1000)
        const sent = {
          id: eventId,
          event: 'message.received',
          attempt: 1,
          timestampSeconds,
          secret: SECRETS.hook,
          body,
        }
        return { body, headers: strip(lowerCase(eventHeaders(sent))) }
      }
      const own = { eventId: 'evt_own', name: 'message.received', at, lane: 'relay:2', seq: 4, body: Buffer.from('x') }
      insertEvent(scene.writer.database, { ...own, name: 'message.received' })
      const echo = { status: 200, body: { ok: true, echo: true } }
      assert.deepEqual(await scene.ask('/webhook/ops', push('evt_own')), echo)
      assert.deepEqual(await scene.ask('/webhook/ops', push('evt_foreign')), OK)
      assert.equal(scene.taken().length, 1)
      await noted()
      assert.deepEqual(
        scene.requestsOf('webhook:ops').map(({ httpStatus, ok, error }) => [httpStatus, ok, error]),
        [
          [200, false, 'echo'],
          [200, true, null],
        ],
      )
    })
  }
})

describe('what is refused', () => {
  const cases = [
    ['an unknown name', '/webhook/nobody', 404, 'not_found', null],
    ['a name with something behind it', '/webhook/ops/', 404, 'not_found', null],
    ['a name in another case', '/webhook/OPS', 404, 'not_found', null],
    ['no name', '/webhook/', 404, 'not_found', null],
    ['a webhook that is paused', '/webhook/paused', 403, 'forbidden', 'forbidden'],
    ['no signature', '/webhook/ops', 401, 'unauthorized', 'no_signature'],
    ['a webhook that has no secret to check with', '/webhook/keyless', 401, 'unauthorized', 'no_key'],
  ] as const
  for (const [what, path, status, error, reason] of cases) {
    test(`${what}: ${status}`, async t => {
      const scene = startIntake(t)
      const answer = await scene.ask(path, { body: '{"text":"hi"}' })
      assert.equal(answer.status, status)
      assert.equal(answer.body['error'], error)
      assert.match(String(answer.body['message']), /\p{Script=Han}/u)
      await noted()
      assert.deepEqual(scene.taken(), [])
      const rows = scene.requestsOf(path.slice(1).replace('/', ':'))
      assert.deepEqual(
        rows.map(one => [one.direction, one.httpStatus, one.ok, one.error]),
        reason === null ? [] : [['in', status, false, reason]],
      )
    })
  }

  test('a signature with the secret of another webhook: 401', async t => {
    const scene = startIntake(t)
    assert.equal((await scene.ask('/webhook/ops', signed('hi', SECRETS.slack))).status, 401)
    assert.deepEqual(scene.taken(), [])
  })

  test('a compressed body: 415; one of more than a megabyte: 413, by what the head says or by what comes', async t => {
    const scene = startIntake(t)
    const whole = 'x'.repeat(1024 * 1024)
    const ask = signed('hi')
    const zipped = await scene.ask('/webhook/ops', { ...ask, headers: { ...ask.headers, 'content-encoding': 'gzip' } })
    assert.equal(zipped.status, 415)
    const long = await scene.ask('/webhook/ops', { ...ask, headers: { ...ask.headers, 'content-length': '1048577' } })
    assert.equal(long.status, 413)
    assert.equal((await scene.ask('/webhook/ops', signed(`${whole}x`))).status, 413)
    assert.deepEqual(scene.taken(), [])
    assert.equal((await scene.ask('/webhook/ops', signed(whole))).status, 200)
  })

  test('everything where nothing is configured: 404', async t => {
    const scene = startIntake(t, { sections: {} })
    for (const path of ['/webhook/ops', '/im/inbound', '/messages/send', '/']) {
      assert.equal((await scene.ask(path, signed('hi'))).status, 404)
    }
  })
})

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
