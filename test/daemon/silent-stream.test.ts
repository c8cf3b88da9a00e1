import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ALICE, BOB, chat } from '../support/blocks.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { answer } from '../support/scripted-relay.ts'
import { type Scene, startScene } from '../support/test-daemon.ts'

const MINUTE = 60_000

async function connectedScene(t: Parameters<typeof startScene>[0], options: Parameters<typeof startScene>[1] = {}) {
  const scene = await startScene(t, options)
  await scene.until('connected and drained', () => scene.channel(/INBOX_DRAINED/).length === 1)
  await scene.pass(15_000, 500)
  return scene
}

const contents = (scene: Scene): string[] => scene.records().map(one => one.content)

/** Names of the events that are about streams, without the ones that begin each try. */
const turns = (scene: Scene): string[] =>
  scene.channel().filter(one => /^SSE_/.test(one) && !/CONNECT_START|RECONNECT/.test(one))

describe('a silent stream (RC §7.2, §7.3.4)', () => {
  test('a link that is dead for 70 s costs nothing: the socket is kept, a second one is opened beside it', async t => {
    const scene = await connectedScene(t)
    const { relay } = scene
    relay.cutLink()
    for (let n = 1; n <= 15; n++) {
      relay.send(chat(ALICE, `during ${n}`))
      await scene.pass(4666, 933)
    }
    relay.mendLink()
    await scene.until('a second stream', () => relay.streams.length === 2, 500)
    for (let n = 1; n <= 7; n++) relay.send(chat(BOB, `after ${n}`))
    await scene.until('the old one again', () => contents(scene).length === 22, 500)
    assert.deepEqual(
      contents(scene).toSorted(),
      [
        ...Array.from({ length: 15 }, (_, i) => `during ${i + 1}`),
        ...Array.from({ length: 7 }, (_, i) => `after ${i + 1}`),
      ].toSorted(),
    )
    assert.deepEqual(relay.inbox, [])
    assert.equal(relay.mostStreams, 2)
    await scene.until('written', () => scene.entries().length === 22)
    assert.equal(new Set(scene.entries().map(one => one.payload)).size, 22)
  })

  test('the second stream is asked for within 50 s of the last byte', async t => {
    const scene = await connectedScene(t)
    scene.relay.streams[0]?.raw(': ping\n\n')
    const lastByteAt = scene.clock.monotonic()
    scene.relay.streams[0]?.freeze()
    await scene.until('a second stream', () => scene.relay.streams.length === 2, 250)
    const askedAt = scene.relay.requests.findLast(one => one.line === 'GET /stream')?.atMs ?? 0
    assert.ok(askedAt - lastByteAt >= 45_000 && askedAt - lastByteAt <= 50_000, `${askedAt - lastByteAt} ms`)
    await scene.eventually(() => assert.deepEqual(turns(scene), ['SSE_CONNECTED', 'SSE_SILENT', 'SSE_SECOND_OPENED']))
  })

  test('a stream that is pinged is never silent', async t => {
    const scene = await connectedScene(t)
    await scene.pass(30 * MINUTE, 1000)
    assert.equal(scene.relay.count(/\/stream/), 1)
    assert.equal(scene.channel(/SSE_SILENT/).length, 0)
  })

  test('once the second one is there the inbox is emptied, and what both bring is shown once', async t => {
    const scene = await connectedScene(t)
    const [first] = scene.relay.streams
    first?.freeze()
    scene.relay.override = path => {
      // A send that was under way: pushed to both, because registration comes before the answer.
      if (path === '/stream') scene.relay.send(chat(ALICE, 'on the old one only'))
      return null
    }
    await scene.until('a second stream', () => scene.relay.streams.length === 2, 500)
    scene.relay.override = null
    scene.relay.inbox.push(chat(BOB, 'stored'))
    scene.relay.send(chat(ALICE, 'on both'))
    scene.relay.send(chat(ALICE, 'on both'))
    await scene.until('the second one and the inbox', () => contents(scene).length >= 2, 500)
    first?.thaw()
    scene.relay.send(chat(ALICE, 'at the end'))
    await scene.until('all', () => scene.entries().length === 5)
    assert.deepEqual(
      scene
        .entries()
        .map(one => /内容：(.*)$/.exec(one.payload)?.[1])
        .toSorted(),
      ['at the end', 'on both', 'on both', 'on the old one only', 'stored'],
    )
    // conversations.md folds equal messages of one second (design §3).
    await scene.eventually(() => assert.equal(contents(scene).length, 4))
    await scene.eventually(() => assert.equal(scene.json('stats.json')['transport_copies_dropped'], 3))
  })

  test('the old one goes when it ends, when it breaks, and when it is silent for 20 minutes', async t => {
    for (const [how, reason] of [
      [(scene: Scene) => scene.relay.streams[0]?.end(), 'ended'],
      [(scene: Scene) => scene.relay.streams[0]?.breakOff('ETIMEDOUT'), 'ETIMEDOUT'],
      [(scene: Scene) => scene.pass(20 * MINUTE, 1000), 'silent'],
    ] as const) {
      const scene = await connectedScene(t)
      scene.relay.streams[0]?.freeze()
      await scene.until('a second stream', () => scene.relay.streams.length === 2, 500)
      await how(scene)
      await scene.until('one is left', () => scene.relay.streams.length === 1)
      await scene.eventually(() =>
        assert.match(scene.channel(/SSE_STREAM_DROPPED/)[0] ?? '', new RegExp(`stream=s1 reason=${reason}`)),
      )
      scene.relay.streams[0]?.push(chat(ALICE, 'still there'))
      await scene.until('pushed', () => contents(scene).includes('still there'))
      assert.equal(scene.channel(/SSE_DISCONNECTED/).length, 0, 'the channel was never lost')
    }
  })

  test('the silent one is heard again: both are read, and after five good minutes the older one is given up', async t => {
    const scene = await connectedScene(t)
    const [first] = scene.relay.streams
    first?.freeze()
    await scene.until('a second stream', () => scene.relay.streams.length === 2, 500)
    first?.thaw()
    await scene.pass(4 * MINUTE, 1000)
    assert.equal(scene.relay.streams.length, 2)
    await scene.pass(2 * MINUTE, 1000)
    assert.equal(scene.relay.streams.length, 1)
    assert.notEqual(scene.relay.streams[0], first)
    await scene.eventually(() =>
      assert.deepEqual(turns(scene), [
        'SSE_CONNECTED',
        'SSE_SILENT',
        'SSE_SECOND_OPENED',
        'SSE_RESTORED',
        'SSE_STREAM_DROPPED',
      ]),
    )
  })

  test('both silent: no third one; the older one is exchanged, at most once in 45 s', async t => {
    const scene = await connectedScene(t)
    const { relay } = scene
    const askedAt: number[] = []
    relay.override = path => {
      if (path === '/stream') askedAt.push(scene.clock.monotonic())
      return null
    }
    // Every stream falls silent as soon as it is open.
    const freezer = () => relay.streams.forEach(one => void one.freeze())
    for (let turn = 0; turn < 150; turn++) {
      freezer()
      await scene.pass(4000, 500)
      assert.ok(relay.streams.length <= 2)
    }
    assert.equal(relay.mostStreams, 2)
    assert.ok(askedAt.length >= 6, `${askedAt.length} in ten minutes`)
    for (const [i, at] of askedAt.slice(1).entries()) assert.ok(at - (askedAt[i] ?? 0) >= 45_000)
    await scene.eventually(() =>
      assert.match(scene.channel(/SSE_STREAM_DROPPED/)[0] ?? '', /stream=s1 reason=both_silent/),
    )
  })

  test('both silent and the relay out of reach: nothing is closed, nothing is asked of /stream', async t => {
    const scene = await connectedScene(t)
    scene.relay.streams[0]?.freeze()
    await scene.until('a second stream', () => scene.relay.streams.length === 2, 500)
    scene.relay.cutLink()
    const before = scene.relay.count(/\/stream/)
    await scene.pass(10 * MINUTE, 1000)
    assert.equal(scene.relay.count(/\/stream/), before)
    assert.equal(scene.relay.streams.length, 2)
    scene.relay.send(chat(ALICE, 'while it was dead'))
    scene.relay.mendLink()
    await scene.until('heard', () => contents(scene).includes('while it was dead'), 500)
  })

  test('a link that is dead for good: lost is what was sent until the relay noticed, and nothing after', async t => {
    const scene = await connectedScene(t)
    const { relay } = scene
    relay.cutLink()
    let n = 0
    for (; n < 120; n++) {
      relay.send(chat(ALICE, `${n}`))
      await scene.pass(10_000, 1000)
    }
    const stored = relay.inbox.length
    // 935 s at one per 10 s (RC §7.2: 93 of 93).
    assert.equal(stored, n - 94)
    relay.mendLink()
    await scene.until('read', () => relay.inbox.length === 0 && contents(scene).length === stored, 500)
    assert.deepEqual(
      contents(scene),
      Array.from({ length: stored }, (_, i) => String(i + 94)),
    )
    assert.ok(relay.mostStreams <= 2)
  })

  test('where a second stream can not be had the inbox is looked at every 30 s', async t => {
    const scene = await connectedScene(t)
    scene.relay.override = path => (path === '/stream' ? Promise.reject(new Error('no route')) : null)
    scene.relay.streams[0]?.freeze()
    await scene.until('in doubt', () => scene.channel(/FALLBACK_MESSAGES_POLL reason=stream_silent/).length >= 1, 500)
    scene.relay.inbox.push(chat(ALICE, 'stored meanwhile'))
    await scene.pass(31_000, 500)
    await scene.until('polled', () => contents(scene).includes('stored meanwhile'))
    assert.equal(scene.relay.streams.length, 1, 'the silent one is kept')
    // It is heard again: the usual rhythm comes back.
    scene.relay.streams[0]?.thaw()
    await scene.pass(20_000, 500)
    const polls = scene.channel(/FALLBACK_MESSAGES_POLL/).length
    await scene.pass(2 * MINUTE, 1000)
    assert.equal(scene.channel(/FALLBACK_MESSAGES_POLL/).length, polls)
    assert.match(scene.channel(/SSE_RESTORED/).at(-1) ?? '', /stream=s1 silent_sec=/)
  })

  test('an older relay that refuses a second one: polled every 30 s, closed at two minutes of silence, then opened', async t => {
    const scene = await connectedScene(t)
    const { relay } = scene
    relay.override = path =>
      path === '/stream' && relay.streams.length > 0
        ? answer('错误：该 IP 的 SSE 连接数已达上限（最多 1 条）。断开后请重试。', {
            status: 429,
            headers: { 'retry-after': '2' },
          })
        : null
    const [first] = relay.streams
    first?.raw(': ping\n\n')
    const lastByteAt = scene.clock.monotonic()
    first?.freeze()
    await scene.until('the other one', () => relay.streams.length === 1 && relay.streams[0] !== first, 500)
    assert.ok(scene.clock.monotonic() - lastByteAt >= 120_000)
    assert.ok(scene.clock.monotonic() - lastByteAt < 135_000)
    assert.equal(relay.count(/\/stream/), 3, 'the first, the refused one, the new one')
    const polls = relay.requests.filter(one => one.line.startsWith('GET /messages') && one.atMs > lastByteAt + 45_000)
    assert.ok(polls.length >= 2 && polls.length <= 5, `${polls.length} polls`)
    assert.equal(relay.mostStreams, 2, 'the refused request counts while it is asked')
    relay.streams[0]?.push(chat(ALICE, 'works'))
    await scene.until('works', () => contents(scene).includes('works'))
  })

  test('a machine that slept: the wall clock tells, and a second stream is opened at once', async t => {
    const scene = await connectedScene(t)
    scene.relay.streams[0]?.freeze()
    scene.clock.setWall(scene.clock.now() + 3_600_000)
    const wokeAt = scene.clock.monotonic()
    await scene.until('a second stream', () => scene.relay.streams.length === 2, 250)
    assert.ok(scene.clock.monotonic() - wokeAt <= 15_000)
  })

  test('a clock that is set by a few seconds, or back, is no sleep', async t => {
    const scene = await connectedScene(t)
    scene.clock.setWall(scene.clock.now() + 5000)
    await scene.pass(15_000, 500)
    scene.clock.setWall(scene.clock.now() - 3_600_000)
    await scene.pass(15_000, 500)
    assert.equal(scene.relay.count(/\/stream/), 1)
  })

  test('a relay that is frozen while it is asked is heard out, and the inbox is looked at meanwhile', async t => {
    const clock = createFakeClock()
    const scene = await startScene(t, {
      clock,
      prepare(relay) {
        relay.override = async path => {
          if (path === '/stream') await clock.sleep(100_000)
          return null
        }
      },
    })
    await scene.pass(90_000, 500)
    assert.equal(scene.relay.count(/\/stream/), 1)
    assert.ok(scene.channel(/FALLBACK_MESSAGES_POLL reason=stream_down/).length >= 3)
    await scene.until('connected', () => scene.relay.streams.length === 1, 500)
    assert.equal(scene.relay.count(/\/stream/), 1)
  })

  test('status says what silence means', async t => {
    const scene = await connectedScene(t)
    scene.relay.override = path => (path === '/stream' ? Promise.reject(new Error('no route')) : null)
    scene.relay.streams[0]?.freeze()
    await scene.until('silent', () => channelState(scene) === 'silent', 500)
    scene.relay.override = null
    await scene.until('a second stream', () => channelState(scene) === 'connected', 500)
  })
})

function channelState(scene: Scene): unknown {
  return (scene.json('context_snapshot.json')['channel'] as { state?: unknown } | null | undefined)?.state
}
