import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open, parseReply, request } from './raw-http.ts'
import {
  bodyOf,
  call,
  closeStream,
  openStream,
  readInbox,
  register,
  send,
  startHousehold,
  startTestRelay,
  type TestRelay,
} from './test-relay.ts'

const timeout = 20_000

const kinds = ({ events }: TestRelay, ...wanted: string[]) => events.filter(({ kind }) => wanted.includes(kind))
const count = (text: string, part: string) => text.split(part).length - 1

test('a message goes to the stream or to the inbox, never to both', { timeout }, async t => {
  const home = await startHousehold(t)
  const stream = await openStream(home.port, home.bob.token)
  await send(home.port, home.alice, home.bob, 'pushed')
  await stream.untilText('内容：pushed\n\n')
  assert.equal(await readInbox(home.port, home.bob), '收件箱为空')
  await closeStream(home, stream)
  await send(home.port, home.alice, home.bob, 'stored')
  assert.match(await readInbox(home.port, home.bob), /内容：stored\n/)
})

test('messages are stored again as soon as the last stream is closed, by FIN, half-close or reset', {
  timeout,
}, async t => {
  const home = await startHousehold(t)
  for (const how of ['destroy', 'end', 'resetAndDestroy'] as const) {
    const kept = await openStream(home.port, home.bob.token)
    const stream = await openStream(home.port, home.bob.token)
    const ends = kinds(home, 'disconnected').length
    stream.connection.socket[how]()
    await home.until(() => kinds(home, 'disconnected').length === ends + 1)
    await send(home.port, home.alice, home.bob, `one left, ${how}`)
    await kept.untilText(`one left, ${how}`)
    await closeStream(home, kept)
    await send(home.port, home.alice, home.bob, `none left, ${how}`)
    assert.match(await readInbox(home.port, home.bob), new RegExp(`收件箱共 1 条[\\s\\S]*内容：none left, ${how}\n`))
  }
})

test('a client that hangs up before the head of its stream leaves no registration behind', { timeout }, async t => {
  const home = await startHousehold(t)
  for (let round = 0; round < 10; round += 1) {
    const connection = open(home.port)
    await new Promise(resolve => connection.socket.once('connect', resolve))
    connection.socket.write(request('GET /stream', { 'x-token': home.bob.token }))
    connection.close()
    await home.until(() => kinds(home, 'disconnected').length === round + 1)
    await send(home.port, home.alice, home.bob, `round ${round}`)
    assert.match(await readInbox(home.port, home.bob), new RegExp(`内容：round ${round}\n`))
  }
})

test('the observer learns who connects, what is pushed where, and who disconnects', { timeout }, async t => {
  const home = await startHousehold(t)
  const first = await openStream(home.port, home.bob.token)
  const second = await openStream(home.port, home.bob.token)
  await send(home.port, home.alice, home.bob, 'hi')
  await home.until(() => kinds(home, 'pushed').length === 2)
  await closeStream(home, first)
  await closeStream(home, second)
  const payload = `类型：聊天消息\n时间：2026-11-20 14:34:57\n发件人：alice（ID:1）\n内容：hi`
  assert.deepEqual(kinds(home, 'connected', 'pushed', 'disconnected'), [
    { kind: 'connected', userId: 2, connection: 1 },
    { kind: 'connected', userId: 2, connection: 2 },
    { kind: 'pushed', userId: 2, connection: 1, payload },
    { kind: 'pushed', userId: 2, connection: 2, payload },
    { kind: 'disconnected', userId: 2, connection: 1 },
    { kind: 'disconnected', userId: 2, connection: 2 },
  ])
})

test('a ping comes exactly 30 s after the last byte, be it a message or a ping', { timeout }, async t => {
  const home = await startHousehold(t)
  const stream = await openStream(home.port, home.bob.token)
  const pings = () => count(stream.text(), ': ping\n\n')
  const advance = async (ms: number) => {
    home.clock.advance(ms)
    // A reply on another connection comes after what was written to the stream before.
    await call(home.port, 'GET /health')
  }
  await advance(20_000)
  await send(home.port, home.alice, home.bob, 'hi')
  await stream.untilText('内容：hi\n\n')
  await advance(29_999)
  assert.equal(pings(), 0)
  await advance(1)
  await stream.untilText(': ping\n\n')
  await advance(29_999)
  assert.equal(pings(), 1)
  await advance(1)
  await stream.untilText(': ping\n\n: ping\n\n')
})

test('no timer is left when the streams are closed', { timeout }, async t => {
  const home = await startHousehold(t)
  const stream = await openStream(home.port, home.bob.token)
  assert.equal(home.clock.pending(), 1)
  await closeStream(home, stream)
  assert.equal(home.clock.pending(), 0)
})

test('dropStreams ends the streams of one user, or all', { timeout }, async t => {
  const home = await startHousehold(t)
  const bobs = [await openStream(home.port, home.bob.token), await openStream(home.port, home.bob.token)]
  const alices = await openStream(home.port, home.alice.token)
  home.relay.dropStreams(home.bob.id)
  await Promise.all(bobs.map(stream => stream.connection.ended))
  await send(home.port, home.bob, home.alice, 'still there')
  await alices.untilText('内容：still there')
  home.relay.dropStreams()
  await alices.connection.ended
  await send(home.port, home.bob, home.alice, 'stored')
  assert.match(await readInbox(home.port, home.alice), /收件箱共 1 条[\s\S]*内容：stored\n/)
})

test('the log event names the request, the user and the address, and the id of the client is kept', {
  timeout,
}, async t => {
  const home = await startHousehold(t)
  const headers = { 'x-request-id': 'abc', 'x-forwarded-for': '10.1.2.3, 10.0.0.1' }
  const stream = await openStream(home.port, home.bob.token, headers)
  const log = 'event: log\ndata: stream_connected request_id=abc user_id=2 ip=10.1.2.3 ts=2026-11-20T06:34:57Z\n\n'
  assert.equal(stream.text(), log)
  assert.equal(parseReply(stream.connection.received())?.headers.get('x-request-id'), 'abc')
})

test('when both write first at the same moment, nothing is delivered twice', { timeout }, async t => {
  const testRelay = await startTestRelay()
  t.after(() => testRelay.relay.close())
  const { port } = testRelay.relay
  for (let round = 0; round < 10; round += 1) {
    const a = await register(port, { name: `xena${round}` })
    const b = await register(port, { name: `yuri${round}` })
    const [streamA, streamB] = await Promise.all([openStream(port, a.token), openStream(port, b.token)])
    const replies = await Promise.all([send(port, a, b, 'from xena'), send(port, b, a, 'from yuri')])
    const sorted = ['发送成功（好友关系已建立）', '发送成功（好友申请已发出，等待对方回复）']
    assert.deepEqual(replies.sort(), sorted.sort())
    await Promise.all([streamA.untilText('北京时间）\n\n'), streamB.untilText('北京时间）\n\n')])
    assert.equal(count(streamA.text(), '内容：from yuri\n'), 1)
    assert.equal(count(streamB.text(), '内容：from xena\n'), 1)
    assert.equal(count(streamA.text() + streamB.text(), '类型：好友申请'), 1)
    assert.equal(count(streamA.text() + streamB.text(), '类型：聊天消息'), 1)
    streamA.connection.close()
    streamB.connection.close()
  }
})

test('a stream on a connection that is blocked by unread replies loses nothing when it is cut', {
  timeout,
}, async t => {
  const home = await startHousehold(t)
  await call(home.port, 'PUT /homepage', { token: home.alice.token, body: `<p>${'x'.repeat(500_000)}` })
  const connection = open(home.port)
  connection.socket.pause()
  const pages = Array.from({ length: 24 }, () => request('GET /homepage/1'))
  connection.socket.write(Buffer.concat([...pages, request('GET /stream', { 'x-token': home.bob.token })]))
  await home.until(() => kinds(home, 'connected').length === 1)
  for (const content of ['one', 'two', 'three']) await send(home.port, home.alice, home.bob, content)
  assert.equal(kinds(home, 'pushed').length, 0)
  assert.equal(await readInbox(home.port, home.bob), '收件箱为空')
  connection.close()
  await home.until(() => kinds(home, 'disconnected').length === 1)
  assert.match(bodyOf(await call(home.port, 'GET /messages', { token: home.bob.token })), /one[\s\S]*two[\s\S]*three/)
})
