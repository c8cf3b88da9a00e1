import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { InboundKind } from '../../scripts/core/config/webhooks.ts'
import { splitSigned } from '../../scripts/protocol/webhook/event-body.ts'
import { checkInbound } from '../../scripts/protocol/webhook/inbound-check.ts'
import { verifyBody } from '../../scripts/protocol/webhook/signatures.ts'
import { countRequests, lastRequests } from '../../scripts/store/request-log.ts'
import { sinkState } from '../../scripts/store/sinks.ts'
import { startReceiver } from '../support/receiver.ts'
import { createWebhookDesk } from '../support/webhook-commands.ts'

const SECRET = 'webhook-signing-secret'

describe('webhooks test, of an outbound one', () => {
  test('makes one signed request, and prints status and milliseconds', async t => {
    const receiver = await startReceiver(t)
    const { type, json } = createWebhookDesk()
    await type(`create a --url ${receiver.url} --secret ${SECRET}`)
    const { code, stdout } = await type('test a')
    assert.equal(code, 0)
    assert.match(stdout, /^✓ 200, \d+ ms\n$/)
    const [request] = receiver.requests
    assert.ok(request !== undefined && receiver.requests.length === 1)
    assert.equal(request.method, 'POST')
    assert.deepEqual(Object.keys(request.json), ['event', 'timestamp', 'data', 'signature'])
    assert.equal(request.json['event'], 'webhook.test')
    const split = splitSigned(request.body)
    assert.ok(split !== null && verifyBody(SECRET, split.S, split.signature))
    assert.ok(verifyBody(SECRET, request.body, String(request.headers['x-webhook-signature'])))
    assert.equal(request.headers['x-webhook-event'], 'webhook.test')
    assert.match(String(request.headers['x-webhook-id']), /^evt_test_/)
    const facts = await json('test a')
    assert.deepEqual(
      { ...facts, duration_ms: 0 },
      {
        code: 0,
        name: 'a',
        direction: 'outbound',
        ok: true,
        http_status: 200,
        duration_ms: 0,
        error: null,
        note: null,
      },
    )
  })

  test('goes out though it is paused, and nothing is queued or counted', async t => {
    const receiver = await startReceiver(t)
    const { type, withDatabase } = createWebhookDesk()
    await type(`create a --url ${receiver.url}`)
    await type('pause a')
    assert.equal((await type('test a')).code, 0)
    assert.equal(receiver.requests.length, 1)
    assert.deepEqual(Object.keys(receiver.requests[0]?.json ?? {}), ['event', 'timestamp', 'data'])
    withDatabase(database => {
      const [row] = lastRequests(database, 'webhook:a', { limit: 9 })
      assert.deepEqual(
        [row?.direction, row?.event, row?.httpStatus, row?.ok, row?.error, row?.test, row?.bytes],
        ['out', 'webhook.test', 200, true, null, true, receiver.requests[0]?.body.length],
      )
      assert.equal(row?.eventId, receiver.requests[0]?.headers['x-webhook-id'])
      assert.equal(countRequests(database, 'webhook:a', '2000'), 0)
      assert.equal(sinkState(database, 'webhook:a'), null)
    })
  })

  test('only 2xx is exit code 0, and nothing is tried twice or followed', async t => {
    const elsewhere = await startReceiver(t)
    const receiver = await startReceiver(t)
    const { type, withDatabase } = createWebhookDesk()
    await type(`create a --url ${receiver.url}`)
    await type('update a --timeout 1000')
    const answers = [
      { answer: 204, code: 0, says: /✓ 204/ },
      { answer: 500, code: 1, says: /✗ 500/ },
      { answer: 429, code: 1, says: /✗ 429/ },
      { answer: 410, code: 1, says: /✗ 410/ },
      { answer: { status: 302, headers: { Location: elsewhere.url } }, code: 1, says: /✗ 302/ },
      { answer: 'reset', code: 1, says: /✗ no answer \(\w+\)/ },
      { answer: 'hang', code: 1, says: /✗ no answer \(timeout\)/ },
    ] as const
    for (const { answer, code, says } of answers) {
      receiver.answer(answer)
      const said = await type('test a')
      assert.equal(said.code, code, String(says))
      assert.match(said.stdout + said.stderr, says)
    }
    assert.equal(receiver.requests.length, answers.length)
    assert.equal(elsewhere.requests.length, 0)
    await receiver.close()
    assert.match((await type('test a')).stderr, /✗ no answer \(ECONNREFUSED\)/)
    withDatabase(database => {
      assert.equal(lastRequests(database, 'webhook:a', { limit: 99, failedOnly: true }).length, answers.length)
      // 410 pauses a webhook; a test is no reason to.
      assert.equal(sinkState(database, 'webhook:a'), null)
    })
  })
})

describe('webhooks test --inbound', () => {
  test('signs its probe as each kind of sender does', async t => {
    const kinds: readonly InboundKind[] = ['telegram', 'slack', 'generic']
    for (const kind of kinds) {
      const receiver = await startReceiver(t)
      const { type, withDatabase } = createWebhookDesk()
      await type(`set-inbound ${kind} --url ${receiver.url} --secret ${SECRET}`)
      receiver.answer(({ headers, body }) => {
        const nowSeconds = Math.floor(Date.now() / 1000)
        return checkInbound(kind, { secret: SECRET, publicKey: null }, { headers, body, nowSeconds }).ok ? 200 : 401
      })
      assert.equal((await type(`test ${kind} --inbound`)).code, 0, kind)
      assert.equal(receiver.requests[0]?.headers['x-webhook-event'], 'webhook.test', kind)
      withDatabase(database => {
        const [row] = lastRequests(database, `webhook:${kind}`, { limit: 9 })
        assert.deepEqual([row?.direction, row?.ok, row?.test], ['in', true, true])
      })
    }
  })

  test('takes a 401 from the one for Discord as the sign that it is reached, and says so', async t => {
    const receiver = await startReceiver(t, 401)
    const { type, json } = createWebhookDesk()
    await type(`set-inbound discord --url ${receiver.url} --public-key ${'ab'.repeat(32)}`)
    const { code, stdout } = await type('test discord --inbound')
    assert.equal(code, 0)
    assert.match(stdout, /^✓ 401, \d+ ms: reachable, and signatures are checked/)
    assert.equal(receiver.requests[0]?.headers['x-signature-ed25519'], undefined)
    assert.equal((await json('test discord --inbound'))['ok'], true)
    receiver.answer(502)
    assert.equal((await type('test discord --inbound')).code, 1)
  })

  test('takes a 401 from any other one for what it is', async t => {
    const receiver = await startReceiver(t, 401)
    const { type } = createWebhookDesk()
    await type(`set-inbound telegram --url ${receiver.url} --secret ${SECRET}`)
    assert.equal((await type('test telegram --inbound')).code, 1)
  })

  test('of one without a public address says how to set it', async () => {
    const { type, folder } = createWebhookDesk()
    const config = { base_url: 'https://r.example.org', token: 't', webhooks: { inbound: { a: {} } } }
    writeFileSync(folder.file('config.json'), JSON.stringify(config))
    const { code, stderr } = await type('test a --inbound')
    assert.equal(code, 1)
    assert.match(stderr, /no public address/)
  })
})
