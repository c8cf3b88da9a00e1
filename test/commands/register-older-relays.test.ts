import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { ThrottledError, UsageError } from '../../scripts/core/errors.ts'
import { type RevisionName, revisions } from '../../scripts/embedded/relay/revisions.ts'
import { startTestRelay } from '../embedded/relay/test-relay.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { listen } from '../support/listen.ts'
import { registerHere } from '../support/register-here.ts'
import { waitFor } from '../support/wait-for.ts'

/** Lets time pass until the command has ended. */
async function registerIn(clock: FakeClock, values: Parameters<typeof registerHere>[0]) {
  let ended = false
  const outcome = registerHere(values, { clock }).finally(() => {
    ended = true
  })
  await waitFor('the command to end', () => ended, { meanwhile: () => clock.advance(250) })
  return outcome
}

async function relayOf(t: TestContext, revision: RevisionName) {
  const { relay, clock } = await startTestRelay({ revision, rateLimit: true })
  t.after(() => relay.close())
  return { url: relay.url, clock }
}

describe('registering at relays of all revisions (RC §11)', () => {
  for (const revision of Object.keys(revisions) as RevisionName[]) {
    test(`${revision}: works, however few requests it takes`, async t => {
      const { url, clock } = await relayOf(t, revision)
      const { code, view, noted, printed } = await registerIn(clock, { 'base-url': url, name: 'Lumen' })
      assert.equal(code, 0)
      assert.equal(view.json('config.json')['my_id'], 1)
      assert.match(printed, /Token: [0-9a-f]{32}/)
      const limit = revisions[revision].rateLimit
      const isThrottled = limit !== null && !limit.isExempt('/register') && limit.requests === 1
      assert.equal(noted.includes('asks for fewer requests'), isThrottled)
    })
  }

  test('one that allows one account a day says so at the second, in its own words', async t => {
    const { url, clock } = await relayOf(t, 'b4c2c55')
    assert.equal((await registerIn(clock, { 'base-url': url, name: 'one' })).code, 0)
    const { error, view } = await registerIn(clock, { 'base-url': url, name: 'two' })
    assert.match(String(error), /同一 IP 一天内仅允许注册一个账号/)
    assert.equal(view.text('config.json'), '')
  })

  test('names may be shorter there: the relay’s words say it', async t => {
    const { url, clock } = await relayOf(t, 'b4c2c55')
    const { error } = await registerIn(clock, { 'base-url': url, name: 'x'.repeat(65) })
    assert.match(String(error), /The relay refuses: 请求格式错误：body -> name/)
  })
})

test('a relay that never lets one in is asked three times, as far apart as it wants, and then it is said', async t => {
  const clock = createFakeClock()
  const at: number[] = []
  const server = createServer((request, response) => {
    if (request.url === '/health') response.end('{"status":"ok"}')
    else if (request.url !== '/register') response.writeHead(404).end()
    else {
      at.push(clock.monotonic())
      response.writeHead(429, { 'retry-after': '30' }).end('错误 429：请求过于频繁，请稍后再试。')
    }
  })
  const { error } = await registerIn(clock, {
    'base-url': `http://127.0.0.1:${await listen(t, server)}`,
    name: 'Lumen',
  })
  assert.ok(error instanceof ThrottledError, String(error))
  assert.match(error.message, /Nothing was registered/)
  const [first = 0, second = 0, third = 0] = at
  assert.equal(at.length, 3)
  assert.ok(second - first >= 30_000 && third - second >= 30_000)
})

test('half a character in a name is a wrong usage', async () => {
  const { error } = await registerIn(createFakeClock(), { 'base-url': 'http://127.0.0.1:9', name: 'a\ud800' })
  assert.ok(error instanceof UsageError)
})
