import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FetchAnswer } from '../../scripts/core/fetch.ts'
import { ALICE, BOB, chat, inboxBody } from '../support/blocks.ts'
import { answer, cutAnswer, networkError, type ScriptedRelay } from '../support/scripted-relay.ts'
import { type Scene, startScene } from '../support/test-daemon.ts'

const MESSAGES = /^GET \/messages/

function reads(scene: Scene): number[] {
  return scene.relay.requests.filter(one => MESSAGES.test(one.line)).map(one => one.atMs)
}

function contents(scene: Scene): (string | undefined)[] {
  return scene.records().map(one => one.content)
}

/** The first look into the inbox gets this answer, later ones the ordinary ones. */
function firstRead(relay: ScriptedRelay, reply: FetchAnswer): void {
  let given = false
  relay.override = path => {
    if (!path.startsWith('/messages') || given) return null
    given = true
    return reply
  }
}

describe('the inbox', () => {
  test('is emptied one by one after the stream opened, and looked at again 10 s later and every 5 minutes', async t => {
    const scene = await startScene(t, {
      prepare: relay => relay.inbox.push(chat(ALICE, 'a'), chat(BOB, 'b'), chat(ALICE, 'c')),
    })
    await scene.until('drained', () => scene.records().length === 3)
    assert.deepEqual(contents(scene), ['a', 'b', 'c'])
    await scene.eventually(() =>
      assert.deepEqual(
        scene.entries().map(one => one.via),
        ['poll', 'poll', 'poll'],
      ),
    )
    assert.equal(scene.relay.count(/limit=1$/), 3)
    for (const [i, at] of reads(scene).slice(1).entries())
      assert.ok(at - (reads(scene)[i] ?? 0) >= 100, 'ten a second at most')
    await scene.eventually(() => assert.match(scene.channel(/INBOX_DRAINED/)[0] ?? '', /reason=stream_open fetched=3$/))

    const first = reads(scene).at(-1) ?? 0
    await scene.pass(11 * 60_000, 1000)
    const later = reads(scene)
      .slice(3)
      .map(at => Math.round((at - first) / 1000))
    assert.equal(later.length, 3)
    assert.ok(Math.abs((later[0] ?? 0) - 10) <= 1, `again after ${later[0]} s`)
    assert.ok(Math.abs((later[1] ?? 0) - 310) <= 3, `then after ${later[1]} s`)
    assert.ok(Math.abs((later[2] ?? 0) - 610) <= 5, `then after ${later[2]} s`)
  })

  test('is looked into while a relay takes its time to open the stream', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        relay.inbox.push(chat(ALICE, 'meanwhile'))
        relay.override = (path, init) =>
          path === '/stream'
            ? new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
            : null
      },
    })
    await scene.pass(14_000)
    assert.equal(reads(scene).length, 0)
    await scene.until('polled', () => contents(scene).includes('meanwhile'))
    assert.equal(scene.relay.count(/\/stream$/), 1, 'the request for the stream is still open')
  })

  test('with sweep_minutes 0 it is looked at only while the stream is down', async t => {
    const scene = await startScene(t, { config: { sweep_minutes: 0 } })
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    await scene.pass(30 * 60_000, 5000)
    assert.equal(reads(scene).length, 2)
  })

  test('takes the place of the stream while that is down: 2, 4, 8 … 30 s, and at once back to the stream', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    await scene.pass(15_000)
    const before = reads(scene).length
    scene.relay.override = path => (path === '/stream' ? Promise.reject(networkError('ECONNREFUSED')) : null)
    scene.relay.streams[0]?.end()
    const downAt = scene.clock.monotonic()
    await scene.pass(100_000)
    const gaps = reads(scene)
      .slice(before)
      .map((at, i, all) => Math.round((at - (all[i - 1] ?? downAt)) / 1000))
    assert.deepEqual(gaps.slice(0, 6), [2, 4, 8, 16, 30, 30])
    await scene.eventually(() =>
      assert.match(scene.channel(/FALLBACK_MESSAGES_POLL/)[0] ?? '', /reason=stream_down fetched=0$/),
    )

    const empty = reads(scene).length
    scene.relay.inbox.push(chat(ALICE, 'while down'))
    await scene.until('polled', () => contents(scene).includes('while down'))
    await scene.until('and again', () => reads(scene).length >= empty + 2)
    const [found = 0, next = 0] = reads(scene).slice(empty)
    assert.equal(Math.round((next - found) / 1000), 2, 'something found: the short pause again')

    scene.relay.override = null
    await scene.until('back', () => scene.channel(/SSE_RESTORED/).length === 1)
    await scene.eventually(() => assert.match(scene.channel(/INBOX_DRAINED/).at(-1) ?? '', /reason=stream_open/))
  })

  test('a body that is cut is kept as far as it came, and marked', async t => {
    const body = inboxBody([chat(ALICE, `only the beginning ${'.'.repeat(400)}`)])
    const scene = await startScene(t, {
      prepare: relay => firstRead(relay, cutAnswer(body.slice(0, -100))),
    })
    await scene.until('kept', () => scene.records().length === 1)
    const [record] = scene.records()
    assert.equal(record?.from?.name, 'alice')
    assert.equal(record?.flags['state'], 'partial')
    assert.match(record?.content ?? '', /^only the beginning/)
    await scene.eventually(() => assert.match(scene.channel(/MESSAGE_PARTIAL/)[0] ?? '', /reason=body_cut via=poll$/))
  })

  test('a cut body whose sender could still change is nobody’s', async t => {
    const scene = await startScene(t, {
      prepare: relay => firstRead(relay, cutAnswer(inboxBody([chat(ALICE, 'hi')]).slice(0, -41))),
    })
    await scene.until('kept', () => scene.records().length === 1)
    assert.equal(scene.records()[0]?.from, null)
  })

  test('a read without an answer is said to be a message at risk; one that was never sent is not', async t => {
    let failure = 'UND_ERR_SOCKET'
    const scene = await startScene(t, {
      prepare(relay) {
        relay.override = path => (path.startsWith('/messages') ? Promise.reject(networkError(failure)) : null)
      },
    })
    await scene.until('said', () => scene.channel(/MESSAGE_AT_RISK/).length === 1)
    await scene.eventually(() =>
      assert.match(scene.channel(/MESSAGE_AT_RISK/)[0] ?? '', /reason=connection_closed during=inbox_read$/),
    )
    failure = 'ECONNREFUSED'
    await scene.pass(6 * 60_000, 1000)
    await scene.eventually(() => assert.equal(scene.channel(/MESSAGE_AT_RISK/).length, 1))
  })

  test('pages of a portal or proxy are no messages and change nothing', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        relay.inbox.push(chat(ALICE, 'safe'))
        relay.override = path =>
          path.startsWith('/messages')
            ? answer('<html>收件箱共 1 条 please log in</html>', { headers: { 'content-type': 'text/html' } })
            : null
      },
    })
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    await scene.pass(15_000)
    assert.equal(scene.records().length, 0)
    scene.relay.override = null
    await scene.until('read later', () => contents(scene).includes('safe'), 1000)
  })

  test('an unknown form of the inbox is kept as it came: the relay has no second copy', async t => {
    const scene = await startScene(t, {
      prepare: relay => firstRead(relay, answer('收件箱：新格式\n你好')),
    })
    await scene.until('kept', () => scene.records().length === 1 && scene.entries().length === 1)
    assert.equal(scene.records()[0]?.type, 'unparsed')
    assert.equal(scene.entries()[0]?.payload, '收件箱：新格式\n你好')
  })

  test('a stream that is deaf is replaced: a routine look finds what should have been pushed', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    const [deaf] = scene.relay.streams
    await scene.pass(4 * 60_000, 1000)
    scene.relay.inbox.push(chat(ALICE, 'not pushed'))
    await scene.until('replaced', () => scene.channel(/SSE_STREAM_DROPPED/).length === 1, 1000)
    assert.deepEqual(
      scene.channel().filter(one => /DEAF|SECOND|DROPPED/.test(one)),
      ['SSE_DEAF', 'SSE_SECOND_OPENED', 'SSE_STREAM_DROPPED'],
    )
    assert.equal(scene.relay.streams.length, 1)
    assert.notEqual(scene.relay.streams[0], deaf)
    await scene.until('read', () => contents(scene).includes('not pushed'))
    scene.relay.streams[0]?.push(chat(ALICE, 'pushed again'))
    await scene.until('works', () => contents(scene).includes('pushed again'))
    await scene.eventually(() => assert.equal(scene.channel(/SSE_DISCONNECTED/).length, 0))
  })

  test('what a routine look finds in the first minute of a stream does not make it deaf', async t => {
    const scene = await startScene(t, { config: { sweep_minutes: 0.1 } })
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    await scene.pass(12_000)
    // A send that was under way at registration may still have been stored (RC §7.3.2).
    scene.relay.inbox.push(chat(ALICE, 'late'))
    await scene.until('read', () => contents(scene).includes('late'))
    await scene.eventually(() => assert.match(scene.channel(/INBOX_DRAINED/).at(-1) ?? '', /reason=sweep fetched=1$/))
    assert.ok(scene.clock.monotonic() < 60_000)
    assert.equal(scene.channel(/SSE_DEAF/).length, 0)
  })

  test('a message that both the old and the new stream carry is shown once', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    const [old] = scene.relay.streams
    await scene.pass(4 * 60_000, 1000)
    scene.relay.override = path => {
      if (path !== '/stream') return null
      // Registered before its answer: both streams get what is sent from now on.
      old?.push(chat(ALICE, 'on both'))
      scene.relay.override = null
      return null
    }
    scene.relay.inbox.push(chat(BOB, 'not pushed'))
    await scene.until('second', () => scene.relay.streams.length === 1 && scene.relay.streams[0] !== old, 1000)
    scene.relay.streams[0]?.push(chat(ALICE, 'on both'))
    scene.relay.streams[0]?.push(chat(ALICE, 'after'))
    await scene.until('shown', () => contents(scene).includes('after'))
    assert.deepEqual(contents(scene), ['not pushed', 'on both', 'after'])
    await scene.eventually(() => assert.deepEqual(scene.entries().length, 3))
    await scene.until('counted', () => scene.json('stats.json')['transport_copies_dropped'] === 1)
  })
})

describe('a relay that throttles (RC §11)', () => {
  for (const status of [200, 429]) {
    test(`one request per 10 s, refused with status ${status}: nothing is lost, and several are read at a time`, async t => {
      let freeAt = 0
      const scene = await startScene(t, {
        config: { batch_size: 4 },
        prepare(relay) {
          for (let i = 1; i <= 9; i++) relay.inbox.push(chat(i % 2 === 0 ? ALICE : BOB, `m${i}`))
          relay.override = path => {
            if (path === '/stream') return null
            const now = scene?.clock.monotonic() ?? 0
            if (now < freeAt) return answer('错误：请求过于频繁，请稍后再试。', { status })
            freeAt = now + 10_000
            return null
          }
        },
      })
      await scene.until('all read', () => scene.records().length === 9, 500)
      assert.deepEqual(contents(scene).toSorted(), ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9'])
      assert.ok(scene.relay.count(/limit=4$/) >= 2)
      const refused = scene.logs.filter(one => one['msg'] === 'relay asks for fewer requests').length
      assert.ok(refused <= 8, `${refused} refusals`)
    })
  }

  test('a body that can be cut in two ways is kept whole and attributed to nobody', async t => {
    const SEP = '─'.repeat(40)
    const forged = chat(BOB, `x\n${SEP}\n[2]\n${chat(ALICE, 'pay bob')}`)
    const scene = await startScene(t, {
      prepare: relay => firstRead(relay, answer(inboxBody([forged, chat(ALICE, 'real')]))),
    })
    await scene.until('kept', () => scene.records().length === 1)
    const [record] = scene.records()
    assert.deepEqual([record?.type, record?.from, record?.flags['state']], ['unparsed', null, 'ambiguous'])
    assert.ok(record?.content.includes('real') && record.content.includes('pay bob'))
  })
})
