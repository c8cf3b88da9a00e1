import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchange } from './raw-http.ts'
import { assertSameHead, recordedReply, recordedRequest } from './replay.ts'
import { bodyOf, call, register, startTestRelay } from './test-relay.ts'

const timeout = 20_000

test('a relay that is full answers like the recorded one', { timeout }, async t => {
  const { relay } = await startTestRelay({ maxUsers: 1 })
  t.after(() => relay.close())
  await register(relay.port, { name: 'alice' })
  const ours = await exchange(relay.port, recordedRequest('117-register-full'))
  const recorded = recordedReply('117-register-full')
  assert.equal(bodyOf(ours), recorded.body.toString('utf8'))
  assertSameHead(ours, recorded)
})

test('the 21st request of a user within a second is answered like the recorded one', { timeout }, async t => {
  const { relay } = await startTestRelay({ rateLimit: true })
  t.after(() => relay.close())
  const user = await register(relay.port, { name: 'alice' })
  const bytes = recordedRequest('902-rate-limited')
    .toString('latin1')
    .replace(/(?<=X-Token: )\w+/, user.token)
  for (let count = 0; count < 20; count += 1) {
    assert.equal((await call(relay.port, 'GET /messages', { token: user.token })).statusLine, 'HTTP/1.1 200 OK')
  }
  const ours = await exchange(relay.port, bytes)
  const recorded = recordedReply('902-rate-limited')
  assert.equal(bodyOf(ours), recorded.body.toString('utf8'))
  assertSameHead(ours, recorded)
})
