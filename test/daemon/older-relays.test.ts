import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ALICE, BOB, chat } from '../support/blocks.ts'
import { answer } from '../support/scripted-relay.ts'
import { startScene } from '../support/test-daemon.ts'

describe('older relays (RC §11)', () => {
  test('without a stream: the inbox is polled, and a stream is looked for now and then', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        relay.inbox.push(chat(ALICE, 'one'))
        relay.users.set(1, ALICE).set(2, BOB)
        relay.friends.push(ALICE)
        relay.override = path =>
          path === '/stream'
            ? answer('{"detail":"Not Found"}', { status: 404, headers: { 'content-type': 'application/json' } })
            : null
      },
    })
    await scene.until('polled', () => scene.records().length === 1)
    scene.relay.inbox.push(chat(BOB, 'two'))
    await scene.until('polled again', () => scene.records().length === 2)
    await scene.until('friends known', () => scene.text('contacts.json').includes('accepted'))
    await scene.until('profile known', () => scene.json('profile.json')['my_name'] === 'bob')
    await scene.pass(20 * 60_000, 5000)
    assert.equal(scene.relay.count(/\/stream$/), 1)
    await scene.pass(15 * 60_000, 5000)
    assert.equal(scene.relay.count(/\/stream$/), 2)
  })

  test('without the line at the start: connected once the head is there', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        relay.sendsLog = false
      },
    })
    await scene.until('connected', () => scene.channel(/SSE_CONNECTED/).length === 1)
    assert.ok(scene.clock.monotonic() >= 5000 && scene.clock.monotonic() < 7000)
    scene.relay.streams[0]?.push(chat(ALICE, 'hello'))
    await scene.until('written', () => scene.records().length === 1)
  })

  test('with one stream an address: the refusal says why, Retry-After is honoured, the inbox is polled meanwhile', async t => {
    let taken = true
    const scene = await startScene(t, {
      prepare(relay) {
        relay.inbox.push(chat(ALICE, 'by polling'))
        relay.override = path =>
          path === '/stream' && taken
            ? answer('错误：该 IP 的 SSE 连接数已达上限（最多 1 条）。断开后请重试。', {
                status: 429,
                headers: { 'retry-after': '2' },
              })
            : null
      },
    })
    await scene.until('polled', () => scene.records().length === 1)
    await scene.eventually(() =>
      assert.match(
        scene.channel(/SSE_CONNECT_FAILED/)[0] ?? '',
        /reason=another_connection_of_this_ip_holds_the_stream$/,
      ),
    )
    const tries = scene.relay.requests.filter(one => one.line.endsWith('/stream'))
    assert.ok((tries[1]?.atMs ?? 0) - (tries[0]?.atMs ?? 0) >= 2000)
    taken = false
    await scene.until('connected', () => scene.relay.streams.length === 1)
  })

  test('a deaf stream is closed first where a second one is refused', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    const [old] = scene.relay.streams
    scene.relay.override = path =>
      path === '/stream' && scene.relay.streams.length > 0
        ? answer('错误：该 IP 的 SSE 连接数已达上限（最多 1 条）。', { status: 429 })
        : null
    await scene.pass(4 * 60_000, 1000)
    scene.relay.inbox.push(chat(BOB, 'not pushed'))
    await scene.until('replaced', () => scene.relay.streams.length === 1 && scene.relay.streams[0] !== old, 1000)
    await scene.until('read', () => scene.records().length === 1)
  })

  test('refusals with real status codes are understood on every endpoint', async t => {
    const scene = await startScene(t, {
      prepare(relay) {
        relay.override = path => {
          if (path === '/stream') return answer('{"detail":"Not Found"}', { status: 404 })
          return path.startsWith('/messages') ? answer('错误 401：Token 无效', { status: 401 }) : null
        }
      },
    })
    await scene.until('said', () => scene.channel(/AUTH_REFUSED/).length === 1)
    await scene.pass(290_000, 1000)
    assert.equal(scene.relay.count(/\/messages/), 1)
    await scene.pass(20_000, 1000)
    assert.equal(scene.relay.count(/\/messages/), 2, 'one probe every five minutes')
  })
})
