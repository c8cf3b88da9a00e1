import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openStream, type StreamEnd } from '../../../scripts/adapters/relay/stream.ts'
import { systemClock } from '../../../scripts/core/clock.ts'
import type { FetchAnswer, FetchLike } from '../../../scripts/core/fetch.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { alwaysAnswer, chunkedAnswer } from '../../support/fake-fetch.ts'
import { fixtureReply } from '../../support/fixtures.ts'
import { turns } from '../../support/wait-for.ts'

interface Received {
  readonly messages: readonly { payload: string; cut: string | null }[]
  readonly logs: readonly string[]
  readonly end: StreamEnd
  readonly connected: boolean
}

async function receive(fetch: FetchLike, clock = systemClock): Promise<Received> {
  const messages: { payload: string; cut: string | null }[] = []
  const logs: string[] = []
  const stream = openStream({
    url: 'http://relay.test/stream',
    token: 'secret',
    fetch,
    clock,
    onMessage: (payload, cut) => messages.push({ payload, cut }),
    onLog: text => logs.push(text),
    onBytes: () => {},
    roomForMore: () => undefined,
  })
  const end = await stream.ended
  return { messages, logs, end, connected: await stream.connected }
}

const CONTENTS = [
  'aé中😀',
  'cr\rlf crlf\r\nend\r',
  'nel\u0085ls\u2028ps\u2029',
  '\ufeffbom\ufeff',
  'nul\0dle\x10',
  '',
  '\n',
  '\n\ndata: x\n\n',
  'a\n\n\nb',
]

/** A stream as the relay writes it (RC §6): lines end with LF only. */
function relayStream(contents: readonly string[]): Buffer {
  const log = 'event: log\ndata: stream_connected request_id=1 user_id=2 ip=127.0.0.1 ts=2026-03-09T10:00:00Z\n\n'
  const events = contents.map(
    text =>
      `event: message\n${text
        .split('\n')
        .map(line => `data: ${line}`)
        .join('\n')}\n\n`,
  )
  return Buffer.from(`${log}${events.join(': ping\n\n')}`)
}

function split(bytes: Buffer, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts, bytes.length]
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to))
}

describe('one stream', () => {
  const bytes = relayStream(CONTENTS)

  test('gives the same events at every single cut', async () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { messages } = await receive(alwaysAnswer(() => chunkedAnswer(split(bytes, [cut]))))
      assert.deepEqual(
        messages.map(one => one.payload),
        CONTENTS,
        `cut at ${cut}`,
      )
    }
  })

  test('gives the same events at 2,000 random cuttings', async () => {
    let seed = 1
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    for (let round = 0; round < 2000; round++) {
      const cuts = Array.from({ length: 1 + Math.floor(random() * 30) }, () => Math.floor(random() * bytes.length))
      cuts.sort((a, b) => a - b)
      const { messages } = await receive(alwaysAnswer(() => chunkedAnswer(split(bytes, cuts))))
      assert.deepEqual(
        messages.map(one => one.payload),
        CONTENTS,
        `cuts ${cuts.join(' ')}`,
      )
    }
  })

  test('is connected with the relay’s own line and ends when the connection does', async () => {
    const { logs, end, connected } = await receive(alwaysAnswer(() => chunkedAnswer([bytes])))
    assert.equal(connected, true)
    assert.match(logs[0] ?? '', /^stream_connected request_id=1 user_id=2 /)
    assert.deepEqual(end, { kind: 'lost', reason: 'ended' })
  })

  test('keeps what came before the connection broke, the torn event too', async () => {
    const broken = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    const part = relayStream(['whole', 'this one is torn in the middle'])
    const { messages, end } = await receive(
      alwaysAnswer(() => chunkedAnswer([part.subarray(0, part.length - 12)], { breakWith: broken })),
    )
    assert.deepEqual(messages, [
      { payload: 'whole', cut: null },
      { payload: 'this one is torn in ', cut: 'stream_cut' },
    ])
    assert.deepEqual(end, { kind: 'lost', reason: 'ECONNRESET' })
  })

  test('an older relay without the line counts as connected after its head', async () => {
    const clock = createFakeClock()
    const never = new ReadableStream<Uint8Array>()
    const answer: FetchAnswer = { ...chunkedAnswer([]), body: never }
    const stream = openStream({
      url: 'http://relay.test/stream',
      token: 'secret',
      fetch: alwaysAnswer(() => answer),
      clock,
      onMessage: () => {},
      onLog: () => {},
      onBytes: () => {},
      roomForMore: () => undefined,
    })
    let connected: boolean | undefined
    void stream.connected.then(value => {
      connected = value
    })
    await turns()
    assert.equal(connected, undefined)
    clock.advance(5000)
    await turns()
    assert.equal(connected, true)
    stream.close()
    assert.deepEqual(await stream.ended, { kind: 'closed' })
  })

  test('a head that never comes is given up after two minutes, and not before', async () => {
    const clock = createFakeClock()
    const fetch: FetchLike = (_url, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const received = receive(fetch, clock)
    await turns()
    clock.advance(119_000)
    assert.equal(clock.pending(), 1)
    clock.advance(1000)
    assert.deepEqual((await received).end, { kind: 'lost', reason: 'timeout' })
  })
})

describe('an answer that is no stream is told apart (RC §5, §11)', () => {
  const cases: Readonly<Record<string, StreamEnd>> = {
    '710-stream-bad-token': { kind: 'unauthorized', status: 401 },
    '711-stream-missing-token': { kind: 'unauthorized', status: 422 },
    '953-legacy-2026-03-08a-no-stream': { kind: 'no_stream' },
    '957-legacy-2026-03-08c-stream-second': { kind: 'stream_limit', retryAfterMs: undefined },
    '958-legacy-2026-03-09-stream-second': { kind: 'stream_limit', retryAfterMs: 2000 },
    '906-internal-error': { kind: 'lost', reason: 'http_500', retryAfterMs: undefined },
    '905-trailing-slash': { kind: 'lost', reason: 'http_307', retryAfterMs: undefined },
    '900-health': { kind: 'lost', reason: 'not_a_stream' },
  }
  for (const [stem, expected] of Object.entries(cases)) {
    test(stem, async () => {
      const { status, headers, body } = fixtureReply(stem)
      const { end, connected, messages } = await receive(
        alwaysAnswer(() => chunkedAnswer([body], { status, headers: Object.fromEntries(headers) })),
      )
      assert.deepEqual(end, expected)
      assert.equal(connected, false)
      assert.equal(messages.length, 0)
    })
  }

  test('a failure before the answer keeps its code', async () => {
    const refused = Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
    })
    const { end } = await receive(() => Promise.reject(refused))
    assert.deepEqual(end, { kind: 'lost', reason: 'ECONNREFUSED' })
  })

  test('asks once, with the token, and follows no redirect', async () => {
    const asked: unknown[] = []
    await receive((url, init) => {
      asked.push({ url, token: init.headers['X-Token'], redirect: init.redirect })
      return Promise.resolve(chunkedAnswer([], { status: 503 }))
    })
    assert.deepEqual(asked, [{ url: 'http://relay.test/stream', token: 'secret', redirect: 'manual' }])
  })
})
