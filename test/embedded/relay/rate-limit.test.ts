import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createRateLimiter, currentRateLimit } from '../../../scripts/embedded/relay/rate-limit.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { bodyOf, call, register, startTestRelay, type TestRelay } from './test-relay.ts'

const timeout = 20_000
const refused = '错误：请求过于频繁，请稍后再试。'

interface Caller {
  readonly token?: string
  readonly headers?: Record<string, string>
}

/** How many of `count` simultaneous requests were let through. */
async function admitted(
  { relay }: TestRelay,
  count: number,
  { path = '/friends', ...who }: Caller & { path?: string },
) {
  const replies = await Promise.all(Array.from({ length: count }, () => call(relay.port, `GET ${path}`, who)))
  for (const reply of replies) assert.equal(reply.statusLine.includes('429'), bodyOf(reply) === refused)
  return replies.filter(reply => bodyOf(reply) !== refused).length
}

async function limitedRelay(t: TestContext): Promise<TestRelay> {
  const testRelay = await startTestRelay({ rateLimit: true })
  t.after(() => testRelay.relay.close())
  return testRelay
}

test('a user gets 20 requests through in a sliding second', { timeout }, async t => {
  const testRelay = await limitedRelay(t)
  const { token } = await register(testRelay.relay.port, { name: 'alice' })
  assert.equal(await admitted(testRelay, 12, { token }), 12)
  testRelay.clock.advance(600)
  assert.equal(await admitted(testRelay, 12, { token }), 8)
  testRelay.clock.advance(399)
  assert.equal(await admitted(testRelay, 1, { token }), 0)
  testRelay.clock.advance(1)
  assert.equal(await admitted(testRelay, 30, { token }), 12)
})

test('refused requests do not count', { timeout }, async t => {
  const testRelay = await limitedRelay(t)
  const { token } = await register(testRelay.relay.port, { name: 'alice' })
  assert.equal(await admitted(testRelay, 20, { token }), 20)
  testRelay.clock.advance(999)
  assert.equal(await admitted(testRelay, 30, { token }), 0)
  testRelay.clock.advance(1)
  assert.equal(await admitted(testRelay, 20, { token }), 20)
})

test('one user does not use up what another one has', { timeout }, async t => {
  const testRelay = await limitedRelay(t)
  const alice = await register(testRelay.relay.port, { name: 'alice' })
  const bob = await register(testRelay.relay.port, { name: 'bob' })
  assert.equal(await admitted(testRelay, 21, { token: alice.token }), 20)
  assert.equal(await admitted(testRelay, 21, { token: bob.token }), 20)
})

test('without a known token the first X-Forwarded-For entry is what counts', { timeout }, async t => {
  const testRelay = await limitedRelay(t)
  const from = (value: string, token?: string): Caller => ({
    headers: { 'x-forwarded-for': value },
    ...(token === undefined ? {} : { token }),
  })
  assert.equal(await admitted(testRelay, 11, from('10.0.0.1, 10.0.0.9')), 11)
  assert.equal(await admitted(testRelay, 11, from('10.0.0.1, 10.0.0.8', 'f'.repeat(32))), 9)
  assert.equal(await admitted(testRelay, 1, from('10.0.0.2')), 1)
  assert.equal(await admitted(testRelay, 21, {}), 20)
})

test('health, stats, stream, register and homepages are exempt, unknown paths are not', { timeout }, async t => {
  const testRelay = await limitedRelay(t)
  await register(testRelay.relay.port, { name: 'alice' })
  for (const path of ['/health', '/stats', '/stream', '/homepage/1', '/register']) {
    assert.equal(await admitted(testRelay, 25, { path }), 25, path)
  }
  assert.equal(await admitted(testRelay, 25, { path: '/nope' }), 20)
})

test('addresses that came once are forgotten, those of the last second are not', () => {
  const clock = createFakeClock()
  const limiter = createRateLimiter(clock, currentRateLimit)
  for (let count = 0; count < 20; count += 1) assert.ok(limiter.admit('known'))
  for (let count = 0; count < 5000; count += 1) assert.ok(limiter.admit(`stranger ${count}`))
  assert.equal(limiter.admit('known'), false)
  clock.advance(1000)
  for (let count = 0; count < 5000; count += 1) limiter.admit(`other stranger ${count}`)
  assert.ok(limiter.keyCount() < 10_000, `${limiter.keyCount()} keys`)
})
