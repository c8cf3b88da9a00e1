import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type RevisionName, revisions } from '../../../scripts/embedded/relay/revisions.ts'
import type { RelayOptions } from '../../../scripts/embedded/relay/server.ts'
import { completeReply, open, parseReply, type RawReply, request } from './raw-http.ts'
import { assertSameHead, createReplay, recordedReply, recordedRequest } from './replay.ts'
import {
  befriend,
  bodyOf,
  call,
  closeStream,
  openStream,
  register,
  send,
  sendForm,
  startTestRelay,
  type TestRelay,
} from './test-relay.ts'

const timeout = 20_000

async function older(t: TestContext, revision: RevisionName, options: RelayOptions = {}): Promise<TestRelay> {
  const testRelay = await startTestRelay({ revision, rateLimit: true, ...options })
  t.after(() => testRelay.relay.close())
  return testRelay
}

/** A recorded request with a token of ours. */
function withToken(stem: string, token: string): Buffer {
  return Buffer.from(
    recordedRequest(stem)
      .toString('latin1')
      .replace(/(?<=X-Token: )\w+/, token),
    'latin1',
  )
}

function assertSame(ours: RawReply, stem: string): void {
  assert.equal(bodyOf(ours), bodyOf(recordedReply(stem)), stem)
  assertSameHead(ours, recordedReply(stem))
}

async function answerTo({ relay }: TestRelay, stem: string, token: string): Promise<void> {
  const connection = open(relay.port)
  connection.socket.write(withToken(stem, token))
  assertSame(await connection.until(completeReply), stem)
  connection.close()
}

/** Registers past a throttle. */
async function join({ relay, clock }: TestRelay, name: string) {
  clock.advance(10_000)
  return register(relay.port, { name })
}

test('b4c2c55 answers as it was recorded', { timeout }, async t => {
  const testRelay = await older(t, 'b4c2c55')
  const replay = createReplay(testRelay)
  await replay.recorded('950-legacy-2026-03-08a-register')
  await replay.recorded('951-legacy-2026-03-08a-register-again')
  await replay.recorded('952-legacy-2026-03-08a-bad-token')
  await replay.recorded('953-legacy-2026-03-08a-no-stream')
})

test('dbd925e answers as it was recorded, once in ten seconds', { timeout }, async t => {
  const testRelay = await older(t, 'dbd925e')
  const { token } = await join(testRelay, 'alice')
  await answerTo(testRelay, '954-legacy-2026-03-08b-throttled', token)
  testRelay.clock.advance(9_999)
  assert.match(bodyOf(await call(testRelay.relay.port, 'GET /health')), /^错误：请求过于频繁/)
  testRelay.clock.advance(1)
  await answerTo(testRelay, '955-legacy-2026-03-08b-register-again', token)
  testRelay.clock.advance(24 * 60 * 60 * 1000)
  await join(testRelay, 'bob')
})

test('7a829b1 streams as it was recorded: nothing before the first ping, and one for each IP', { timeout }, async t => {
  const testRelay = await older(t, '7a829b1')
  const { token } = await join(testRelay, 'alice')
  const recorded = recordedReply('956-legacy-2026-03-08c-stream')
  const stream = open(testRelay.relay.port)
  stream.socket.write(withToken('956-legacy-2026-03-08c-stream', token))
  const head = await stream.until(parseReply)
  assertSameHead(head, recorded)
  assert.equal(head.body.length, 0)
  await answerTo(testRelay, '957-legacy-2026-03-08c-stream-second', token)
  const elsewhere = await call(testRelay.relay.port, 'GET /stats', { headers: { 'x-forwarded-for': '10.0.0.2' } })
  assert.equal(elsewhere.statusLine, 'HTTP/1.1 200 OK')
  testRelay.clock.advance(30_000)
  const body = await stream.until(bytes => {
    const arrived = parseReply(bytes)?.body ?? Buffer.alloc(0)
    return arrived.length >= recorded.body.length ? arrived : null
  })
  assert.equal(body.toString('utf8'), bodyOf(recorded))
  await closeStream(testRelay, { connection: stream })
})

test('da94720 refuses the second stream as it was recorded, until the first is closed', { timeout }, async t => {
  const testRelay = await older(t, 'da94720')
  const { token } = await join(testRelay, 'alice')
  const first = await openStream(testRelay.relay.port, token)
  await answerTo(testRelay, '958-legacy-2026-03-09-stream-second', token)
  const elsewhere = await openStream(testRelay.relay.port, token, { 'x-forwarded-for': '10.0.0.2' })
  await closeStream(testRelay, first)
  await closeStream(testRelay, await openStream(testRelay.relay.port, token))
  await closeStream(testRelay, elsewhere)
})

test('a dead registration locks the IP out of da94720 until it is collected', { timeout }, async t => {
  const testRelay = await older(t, 'da94720', { faults: { deadRegistrations: true }, collectAfterRequests: 3 })
  const { relay, until, events, clock } = testRelay
  const { token } = await join(testRelay, 'alice')
  const connection = open(relay.port)
  connection.socket.write(request('GET /stream', { 'x-token': token }))
  await until(() => events.some(({ kind }) => kind === 'connected'))
  connection.close()
  await until(() => events.some(({ kind }) => kind === 'dead'))
  for (let round = 0; round < 3; round += 1) await answerTo(testRelay, '958-legacy-2026-03-09-stream-second', token)
  const opening = openStream(relay.port, token)
  await until(() => events.filter(({ kind }) => kind === 'connected').length === 2)
  clock.advance(1)
  await closeStream(testRelay, await opening)
})

test('d4b5760 throttles as it was recorded, and lets one user have several streams', { timeout }, async t => {
  const testRelay = await older(t, 'd4b5760')
  const { relay, clock } = testRelay
  const { token } = await join(testRelay, 'alice')
  const streams = [await openStream(relay.port, token), await openStream(relay.port, token)]
  for (let count = 0; count < 5; count += 1) {
    assert.equal(bodyOf(await call(relay.port, 'GET /messages', { token })), '收件箱为空')
  }
  await answerTo(testRelay, '959-legacy-2026-03-14-throttled', token)
  clock.advance(10_000)
  assert.equal(bodyOf(await call(relay.port, 'GET /messages', { token })), '收件箱为空')
  for (const stream of streams) await closeStream(testRelay, stream)
})

test('each revision has the endpoints and the words of its time', { timeout }, async t => {
  for (const revision of Object.keys(revisions) as RevisionName[]) {
    await t.test(revision, async t => {
      const { relay } = await older(t, revision, { rateLimit: false })
      const isBefore = (other: RevisionName) => {
        const newestFirst = Object.keys(revisions)
        return newestFirst.indexOf(revision) > newestFirst.indexOf(other)
      }
      const line = async (request: string, token = '') => {
        const reply = await call(relay.port, request, { token, headers: { 'x-forwarded-for': '10.0.0.9' } })
        return `${reply.statusLine.split(' ')[1]} ${bodyOf(reply).split('\n')[0]}`
      }
      const registration = await call(relay.port, 'POST /register', { json: { name: 'alice' } })
      assert.equal(registration.statusLine, `HTTP/1.1 ${isBefore('dbd925e') ? '201 Created' : '200 OK'}`)
      assert.equal(/Top100/.test(bodyOf(registration)), !isBefore('1425a4e'))
      const alice = { id: 1, token: /\nToken：(\w+)\n/.exec(bodyOf(registration))?.[1] ?? '' }

      const again = { json: { name: 'alice' }, headers: { 'x-forwarded-for': '10.0.0.2' } }
      const taken = bodyOf(await call(relay.port, 'POST /register', again)).split('\n')[0]
      const refusal = isBefore('d4b5760') ? '错误：' : '错误 409：'
      assert.equal(taken, isBefore('dbd925e') ? '注册成功' : `${refusal}该名称已被使用，请换一个名称。`)

      assert.match(await line(isBefore('b4c2c55') ? 'GET /heather' : 'GET /health'), /^200 \{"status":"ok"\}$/)
      assert.equal((await line('GET /heather')).startsWith('404'), !isBefore('b4c2c55'))
      assert.equal(
        await line('GET /friends', 'x'),
        isBefore('dbd925e') ? '401 错误 401：Token 无效' : '200 错误：Token 无效',
      )
      assert.match(await line('POST /send/file', alice.token), isBefore('e85282f') ? /^404/ : /^200 请求格式错误/)
      assert.match(await line('GET /homepage/1'), isBefore('e85282f') ? /^404/ : /^200 <!DOCTYPE/)
      assert.match(await line('GET /stream', 'x'), isBefore('7a829b1') ? /^404/ : /^401 错误 401：Token 无效$/)
      const users = await line('GET /users?page=1&page_size=1', alice.token)
      if (isBefore('dbd925e')) assert.match(users, /^200 本次随机展示 1 人/)
    })
  }
})

test('2ab01f3 shows no preview, b4c2c55 does', { timeout }, async t => {
  for (const revision of ['2ab01f3', 'b4c2c55'] as const) {
    const { relay } = await older(t, revision)
    const headers = { 'x-forwarded-for': '10.0.0.2' }
    const alice = await register(relay.port, { name: 'alice' })
    const reply = bodyOf(await call(relay.port, 'POST /register', { json: { name: 'bob' }, headers }))
    const bob = { id: 2, token: /\nToken：(\w+)\n/.exec(reply)?.[1] ?? '' }
    await befriend(relay.port, alice, bob)
    await send(relay.port, alice, bob, 'waits')
    assert.equal(/预览/.test(await send(relay.port, bob, alice, 'hi')), revision === 'b4c2c55', revision)
  }
})

test('a name of 65 characters was too long for the first relays', { timeout }, async t => {
  for (const revision of ['b4c2c55', 'dbd925e'] as const) {
    const { relay } = await older(t, revision)
    const reply = await call(relay.port, 'POST /register', { json: { name: 'x'.repeat(65) } })
    assert.equal(/请求格式错误/.test(bodyOf(reply)), revision === 'b4c2c55')
  }
})

test('a file in e85282f arrives with its name', { timeout }, async t => {
  const { relay } = await older(t, 'e85282f', { rateLimit: false })
  const alice = await register(relay.port, { name: 'alice' })
  const bob = await register(relay.port, { name: 'bob' })
  await befriend(relay.port, alice, bob)
  await sendForm(relay.port, alice, [
    { name: 'to_id', value: '2' },
    { name: 'file', fileName: 'photo.jpg', value: 'x' },
  ])
  assert.match(bodyOf(await call(relay.port, 'GET /messages', { token: bob.token })), /\n附件：photo.jpg\n/)
})
