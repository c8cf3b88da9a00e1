import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { webhookSink } from '../../../scripts/adapters/webhook/push.ts'
import { type OutboundWebhook, parseConfig } from '../../../scripts/core/config.ts'
import { pushTo } from '../../engine/delivery/real-sink.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { type Answer, startReceiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'

/** As `config.json` may have it. */
function webhookOf(url: string, settings: Readonly<Record<string, unknown>>): OutboundWebhook {
  const ops = { url, ...settings }
  const { config } = parseConfig(
    JSON.stringify({ base_url: 'http://127.0.0.1:9', token: 'a'.repeat(32), webhooks: { outbound: { ops } } }),
  )
  return config.webhooks.outbound[0] ?? assert.fail('no webhook')
}

async function failing(
  t: TestContext,
  { answer = 503, random = 0.5, ...settings }: { answer?: Answer; random?: number } & Readonly<Record<string, unknown>>,
) {
  const receiver = await startReceiver(t, answer)
  const clock = { ...createFakeClock(), random: () => random }
  const to = await pushTo(t, webhookSink(webhookOf(receiver.url, settings)), { clock })
  await to.run.queue('a1')
  return { ...to, receiver, clock }
}

/** Waits until it is given up. Returns the waits between the tries. */
async function waitsOf(to: Awaited<ReturnType<typeof failing>>): Promise<number[]> {
  const waits: number[] = []
  for (let tries = 1; ; tries++) {
    await to.tried(tries)
    await waitFor('told', () => to.run.states.length === tries)
    if (to.run.dead.length > 0) return waits
    waits.push(await to.toNextTry())
  }
}

describe('how often, and when', () => {
  const MINUTE = 60_000
  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly number[]])[] = [
    ['as it is without settings', {}, [5000, 10_000, 20_000]],
    ['no try but the first', { retries: 0 }, []],
    ['one more', { retries: 1, retryDelay: 100 }, [100]],
    [
      'ten more, from the shortest wait on',
      { retries: 10, retryDelay: 100 },
      [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200],
    ],
    [
      'ten more, which grow up to 5 min and no further',
      { retries: 10, retryDelay: 60_000 },
      [MINUTE, 2 * MINUTE, 4 * MINUTE, ...Array<number>(7).fill(250_000)],
    ],
    ['the longest wait is 5 min too', { retries: 2, retryDelay: 600_000 }, [250_000, 250_000]],
  ]
  for (const [name, settings, expected] of rows) {
    test(name, async t => {
      const to = await failing(t, settings)
      assert.deepEqual(await waitsOf(to), expected)
      assert.deepEqual(to.counts(), { waiting: 0, delivered: 0, dead: 1 })
      assert.equal(to.receiver.requests.length, expected.length + 1)
    })
  }

  test('chance takes away a fifth, or adds one, and never more than 5 min in all', async t => {
    const shortest = await failing(t, { random: 0, retries: 10, retryDelay: 10_000 })
    assert.deepEqual((await waitsOf(shortest)).slice(0, 3), [8000, 16_000, 32_000])
    const longest = await failing(t, { random: 1 - 1e-9, retries: 10, retryDelay: 10_000 })
    const waits = await waitsOf(longest)
    assert.deepEqual(waits.slice(0, 3), [12_000, 24_000, 48_000])
    assert.equal(Math.max(...waits), 300_000)
  })
})

describe('Retry-After', () => {
  // The clock of the test says 10:00:00 on that Monday.
  const rows: readonly (readonly [string, number])[] = [
    ['1', 1000],
    ['90', 90_000],
    [' 90 ', 90_000],
    ['3600', 3_600_000],
    ['3601', 3_600_000],
    ['999999999999', 3_600_000],
    ['9'.repeat(400), 3_600_000],
    ['Mon, 09 Mar 2026 10:02:00 GMT', 120_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
    // What says nothing leaves the schedule as it is: a receiver in trouble is not asked without a pause.
    ['0', 5000],
    ['Sun, 08 Mar 2026 10:00:00 GMT', 5000],
    ['Mon, 09 Mar 2026 10:00:00 GMT', 5000],
    ['-5', 5000],
    ['1.5', 5000],
    ['1e3', 5000],
    ['soon', 5000],
    ['5, 5', 5000],
    ['', 5000],
  ]
  for (const status of [429, 503]) {
    for (const [header, wait] of rows) {
      test(`${status}, "${header.slice(0, 40)}": ${wait / 1000} s`, async t => {
        const to = await failing(t, { answer: { status, headers: { 'Retry-After': header } } })
        await to.tried(1)
        await waitFor('told', () => to.run.states.length === 1)
        assert.equal(await to.toNextTry(), wait)
      })
    }
  }

  test('holds for everybody, whatever else is queued', async t => {
    const to = await failing(t, { answer: { status: 429, headers: { 'Retry-After': '600' } } })
    await to.tried(1)
    to.receiver.answer(200)
    await to.run.queue('b1', 'c1')
    await waitFor('told', () => to.run.states.length === 1)
    assert.equal(await to.toNextTry(), 600_000)
    await to.tried(4)
    assert.deepEqual(to.tries(), [
      ['a1', 1, 'http_429'],
      ['a1', 2, null],
      ['b1', 1, null],
      ['c1', 1, null],
    ])
  })

  test('does not give more tries than there are', async t => {
    const to = await failing(t, { answer: { status: 503, headers: { 'Retry-After': '7' } }, retries: 2 })
    assert.deepEqual(await waitsOf(to), [7000, 7000])
    assert.deepEqual(to.dead(), [['a1', 'http_503']])
  })
})

describe('a receiver that fails for everybody', () => {
  test('is left alone for longer and longer, though each message has only one try', async t => {
    const to = await failing(t, { retries: 0, retryDelay: 1000 })
    await to.run.queue(...Array.from({ length: 40 }, (_, i) => `p${i}x1`))
    await waitFor('a minute', () => to.run.clock.monotonic() >= 60_000, {
      meanwhile: () => to.run.clock.advance(100),
      everyMs: 1,
    })
    // 0, 1, 3, 7, 15, 31 s, and then one in half a minute: the rest of the queue has not been thrown away.
    assert.ok(to.receiver.requests.length <= 7, String(to.receiver.requests.length))
    assert.equal((to.counts().waiting ?? 0) + (to.counts().dead ?? 0), 41)
  })

  test('one that chokes on one peer keeps the others waiting for a moment only', async t => {
    const receiver = await startReceiver(t)
    receiver.answer(({ body }) => (body.toString().startsWith('a') ? 500 : 200))
    const to = await pushTo(t, webhookSink(webhookOf(receiver.url, { retries: 10, retryDelay: 1000 })))
    await to.run.queue('a1')
    const queuedAt = new Map<string, number>()
    for (let n = 1; n <= 30; n++) {
      queuedAt.set(`b${n}`, to.run.clock.monotonic())
      await to.run.queue(`b${n}`)
      const until = to.run.clock.monotonic() + 2000
      await waitFor('two seconds', () => to.run.clock.monotonic() >= until, {
        meanwhile: () => to.run.clock.advance(100),
        everyMs: 1,
      })
    }
    const late = to.run.seen.filter(({ text, atMs }) => atMs - (queuedAt.get(text) ?? atMs) > 1500)
    assert.deepEqual(late, [])
    assert.equal(to.counts().delivered, 30)
    assert.ok(to.run.seen.filter(({ text }) => text === 'a1').length >= 5)
  })
})
