import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openForReading } from '../../scripts/store/database.ts'
import { ALICE, BOB, chat, friendRequest, notice } from '../support/blocks.ts'
import { startScene } from '../support/test-daemon.ts'

describe('the stream', () => {
  test('what is pushed stands in both files, in order, under its sender', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.streams[0]?.push(chat(ALICE, 'hello'))
    scene.relay.streams[0]?.push(chat(BOB, 'line one\nline two\r\nfrom=#1(alice)'))
    await scene.until('written', () => scene.records().length === 2 && scene.entries().length === 2)

    assert.deepEqual(
      scene.records().map(one => [one.at, one.from?.name, one.type, one.content]),
      [
        ['2026-03-09T10:00:00Z', 'alice', 'chat', 'hello'],
        ['2026-03-09T10:00:00Z', 'bob', 'chat', 'line one\nline two\r\nfrom=#1(alice)'],
      ],
    )
    assert.deepEqual(
      scene.entries().map(one => [one.seq, one.via, one.payload]),
      [
        [1, 'stream', chat(ALICE, 'hello')],
        [2, 'stream', chat(BOB, 'line one\nline two\r\nfrom=#1(alice)')],
      ],
    )
  })

  test('every transition is a line of the log', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length === 1)
    scene.relay.streams[0]?.breakOff('ECONNRESET')
    await scene.until('restored', () => scene.channel(/SSE_RESTORED/).length === 1)
    await scene.stop()
    assert.deepEqual(
      scene.channel().filter(event => event !== 'INBOX_DRAINED'),
      [
        'DAEMON_STARTED',
        'SSE_CONNECT_START',
        'SSE_CONNECTED',
        'SSE_DISCONNECTED',
        'SSE_RECONNECT_SCHEDULED',
        'SSE_RECONNECT_ATTEMPT',
        'SSE_CONNECT_START',
        'SSE_CONNECTED',
        'SSE_RESTORED',
        'SSE_DISCONNECTED',
        'DAEMON_STOPPED',
      ],
    )
    await scene.eventually(() =>
      assert.match(scene.channel(/SSE_DISCONNECTED/)[0] ?? '', /reason=ECONNRESET stream=s1$/),
    )
    await scene.eventually(() =>
      assert.match(scene.channel(/\[server\]/)[0] ?? '', /^\[2026-03-09T10:00:00Z\] \[server\] stream_connected /),
    )
  })

  test('two equal messages of one second are two in state.db and one line in conversations.md', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    for (let i = 0; i < 2; i++) scene.relay.streams[0]?.push(chat(ALICE, 'ok'))
    await scene.until('written', () => scene.entries().length === 2)
    await scene.stop()
    assert.equal(scene.records().length, 1)
    const database = openForReading(scene.folder.file('state.db'))
    t.after(() => database?.close())
    assert.equal(database?.get("SELECT count(*) AS n FROM messages WHERE content = 'ok'")?.['n'], 2)
  })

  test('a message that is request and chat at once (RC 709) is one friend request that was also a chat', async t => {
    for (const order of ['request first', 'chat first']) {
      const scene = await startScene(t)
      await scene.until('connected', () => scene.relay.streams.length === 1)
      const pair = [friendRequest(ALICE, 'hello yuri'), chat(ALICE, 'hello yuri')]
      for (const block of order === 'chat first' ? pair.reverse() : pair) scene.relay.streams[0]?.push(block)
      scene.relay.streams[0]?.push(notice(ALICE))
      await scene.until('written', () => scene.entries().length === 3 && scene.records().length === 2)
      assert.deepEqual(
        scene.records().map(one => [one.type, one.from?.name, one.flags['also'], one.content]),
        [
          ['friend_request', 'alice', 'chat', 'hello yuri'],
          ['system', 'system', undefined, notice(ALICE).split('内容：')[1]],
        ],
        order,
      )
      await scene.until('counted', () => scene.json('stats.json')['messages_received'] === 2)
      await scene.stop()
    }
  })

  test('a request without a twin is shown after a second', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.streams[0]?.push(friendRequest(ALICE, 'hi'))
    await scene.until('written', () => scene.records().length === 1)
    assert.equal(scene.records()[0]?.type, 'friend_request')
    assert.equal(scene.records()[0]?.flags['also'], undefined)
    await scene.until('in contacts', () => scene.text('contacts.json').includes('pending_incoming'))
  })

  test('an event that is torn by the end of the connection is kept and marked', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    const lines = chat(ALICE, `the end is missing ${'.'.repeat(400)}`).split('\n')
    scene.relay.streams[0]?.raw(`event: message\n${lines.map(line => `data: ${line}`).join('\n')}`)
    scene.relay.streams[0]?.breakOff('ECONNRESET')
    await scene.until('written', () => scene.records().length === 1)
    assert.equal(scene.records()[0]?.flags['state'], 'partial')
    assert.equal(scene.records()[0]?.from?.name, 'alice')
    await scene.eventually(() => assert.match(scene.channel(/MESSAGE_PARTIAL/)[0] ?? '', /reason=stream_cut/))
  })

  test('an event that nobody understands is kept as it came', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.streams[0]?.push('类型：新品种\n时间：2026-03-09 18:00:00\n内容：?')
    await scene.until('written', () => scene.records().length === 1 && scene.entries().length === 1)
    assert.equal(scene.records()[0]?.type, 'unparsed')
    assert.equal(scene.records()[0]?.from, null)
    assert.equal(scene.entries()[0]?.payload, '类型：新品种\n时间：2026-03-09 18:00:00\n内容：?')
  })

  test('the first try after a loss comes at once, later ones with growing pauses, and never more than one at a time', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.override = path => (path === '/stream' ? Promise.reject(new Error('down')) : null)
    const before = scene.relay.count(/\/stream/)
    scene.relay.streams[0]?.end()
    await scene.pass(60_000)
    const tries = scene.relay.requests.filter(one => one.line.endsWith('/stream')).slice(before)
    const start = tries[0]?.atMs ?? 0
    assert.ok(tries.length >= 4 && tries.length <= 9, `${tries.length} tries in a minute`)
    const gaps = tries.slice(1).map((one, i) => one.atMs - (tries[i]?.atMs ?? 0))
    for (const gap of gaps) assert.ok(gap >= 1000, `gaps ${gaps.join(' ')} after ${start}`)
    assert.ok((gaps.at(-1) ?? 0) > (gaps[0] ?? 0), 'the pauses grow')
    await scene.eventually(() => assert.equal(scene.channel(/SSE_CONNECT_FAILED/).length, tries.length))
  })

  test('a minute of health makes the next loss a first one again', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    for (let i = 0; i < 2; i++) {
      await scene.pass(61_000, 5000)
      scene.relay.streams[0]?.end()
      await scene.until('back', () => scene.channel(/SSE_RESTORED/).length === i + 1)
    }
    for (const line of scene.channel(/SSE_RECONNECT_SCHEDULED/)) assert.match(line, /attempt=1 delay_sec=0$/)
  })
})
