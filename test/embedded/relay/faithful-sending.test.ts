import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { turns, waitFor } from '../../support/wait-for.ts'
import { inboxContents, kinds, openFaithfully, streamText, untilText } from './faithful-relay.ts'
import { completeReply, open, request } from './raw-http.ts'
import { createReplay } from './replay.ts'
import {
  bodyOf,
  call,
  closeStream,
  type Household,
  openStream,
  readInbox,
  register,
  send,
  sendForm,
  startHousehold,
  startTestRelay,
  type TestUser,
} from './test-relay.ts'

const timeout = 20_000
const failure = '错误：发送失败，请稍后重试'

async function sendFile(port: number, from: TestUser, to: TestUser, content: string): Promise<string> {
  const parts = [
    { name: 'to_id', value: `${to.id}` },
    { name: 'content', value: content },
    { name: 'file', fileName: 'photo.jpg', value: 'bytes' },
  ]
  return bodyOf(await sendForm(port, from, parts))
}

/** Runs `act` until the relay stands still because of it: it has one timer more then. */
async function freezing<T>({ clock }: Pick<Household, 'clock'>, act: () => Promise<T>): Promise<{ reply: Promise<T> }> {
  const before = clock.pending()
  const reply = act()
  await waitFor('the relay to stand still', () => clock.pending() > before)
  return { reply }
}

const frozenBy = (home: Household, content: string) =>
  freezing(home, () => sendFile(home.port, home.alice, home.bob, content))

const household = (t: TestContext, freezingFiles: boolean) => startHousehold(t, { faults: { freezingFiles } })

test('a file to somebody online is answered and delivered as it was recorded', { timeout }, async t => {
  const testRelay = await startTestRelay({ faults: { freezingFiles: true } })
  t.after(() => testRelay.relay.close())
  const replay = createReplay(testRelay)
  replay.at('06:34:57')
  await replay.recorded('100-register-ok')
  await replay.recorded('101-register-minimal')
  const { port } = testRelay.relay
  const alice = { id: 1, token: replay.ours('100-register-ok') }
  const bob = { id: 2, token: replay.ours('101-register-minimal') }
  await send(port, alice, bob, 'hello')
  await send(port, bob, alice, 'hello')
  await readInbox(port, alice)
  replay.at('06:35:00')
  const stream = await replay.stream('704-stream-attachment')
  const { reply } = await freezing(testRelay, () => replay.recorded('420-send-file-recipient-online'))
  testRelay.clock.advance(2000)
  await reply
  await stream.matchesRecording()
  await closeStream(testRelay, stream)
  assert.doesNotMatch(await readInbox(port, bob), /请看附件/)
})

test('while it stands still the relay serves nobody, then everybody', { timeout }, async t => {
  const home = await household(t, true)
  const stream = await openStream(home.port, home.bob.token)
  const { reply } = await frozenBy(home, 'file')
  const health = open(home.port)
  health.socket.write(request('GET /health'))
  const sent = send(home.port, home.alice, home.bob, 'text')
  home.clock.advance(1999)
  await turns(50)
  assert.equal(completeReply(health.received()), null)
  assert.doesNotMatch(stream.text(), /内容/)
  home.clock.advance(1)
  assert.equal(bodyOf(await health.until(completeReply)), '{"status":"ok"}')
  assert.equal(await reply, failure)
  assert.equal(await sent, '发送成功')
  await stream.untilText('内容：text\n\n')
  assert.match(stream.text(), /内容：file\n[\s\S]*内容：text\n/)
  health.close()
  await closeStream(home, stream)
})

test('a ping that falls due while the relay stands still comes late', { timeout }, async t => {
  const home = await household(t, true)
  const streams = [await openStream(home.port, home.bob.token), await openStream(home.port, home.alice.token)]
  home.clock.advance(29_000)
  const { reply } = await frozenBy(home, 'file')
  home.clock.advance(1999)
  await turns(50)
  for (const stream of streams) assert.doesNotMatch(stream.text(), /ping/)
  home.clock.advance(1)
  await reply
  await streams[0]?.untilText('内容：file\n')
  await streams[1]?.untilText(': ping\n\n')
  for (const stream of streams) await closeStream(home, stream)
})

test('two files stop the relay for four seconds', { timeout }, async t => {
  const home = await household(t, true)
  const stream = await openStream(home.port, home.bob.token)
  const { reply: first } = await frozenBy(home, 'one')
  const replies = [first, sendFile(home.port, home.alice, home.bob, 'two')]
  let answered = 0
  for (const reply of replies) void reply.then(() => answered++)
  await turns(50)
  home.clock.advance(2000)
  await waitFor('the first reply', () => answered === 1)
  // The ping, and the second standstill.
  await waitFor('the second standstill', () => home.clock.pending() === 2)
  assert.equal(answered, 1)
  home.clock.advance(2000)
  assert.deepEqual(await Promise.all(replies), [failure, failure])
  await stream.untilText('内容：two\n')
  await closeStream(home, stream)
})

test('a file to somebody offline, and text to somebody online, stop nothing', { timeout }, async t => {
  const home = await household(t, true)
  assert.equal(await sendFile(home.port, home.alice, home.bob, 'file'), '发送成功')
  assert.deepEqual(await inboxContents(home), ['file'])
  const stream = await openStream(home.port, home.bob.token)
  assert.equal(await send(home.port, home.alice, home.bob, 'text'), '发送成功')
  await closeStream(home, stream)
})

test('a relay that stands still can be closed', { timeout }, async t => {
  const home = await household(t, true)
  await openStream(home.port, home.bob.token)
  const { reply } = await frozenBy(home, 'file')
  const cut = [assert.rejects(reply), assert.rejects(call(home.port, 'GET /health'))]
  await turns(50)
  await home.relay.close()
  await Promise.all(cut)
})

for (const freezingFiles of [true, false]) {
  const title = freezingFiles ? 'can ask any number of times by file' : 'can ask once, with the fault off'
  test(`a stranger ${title}`, { timeout }, async t => {
    const home = await household(t, freezingFiles)
    const stranger = await register(home.port, { name: 'stranger' })
    const stream = await openStream(home.port, home.bob.token)
    const replies: string[] = []
    for (const content of ['one', 'two', 'three']) {
      const ask = () => sendFile(home.port, stranger, home.bob, content)
      const { reply } = freezingFiles ? await freezing(home, ask) : { reply: ask() }
      home.clock.advance(2000)
      replies.push(await reply)
    }
    await stream.untilText(`内容：${freezingFiles ? 'three' : 'one'}\n`)
    assert.equal(replies.filter(reply => reply === failure).length, freezingFiles ? 3 : 0)
    assert.equal([...stream.text().matchAll(/类型：好友申请/g)].length, freezingFiles ? 3 : 1)
    await closeStream(home, stream)
  })

  const outcome = freezingFiles ? 'is heard and not recorded' : 'makes friends with the fault off'
  test(`an acceptance by file to somebody online ${outcome}`, { timeout }, async t => {
    const home = await household(t, freezingFiles)
    const carol = await register(home.port, { name: 'carol' })
    const stream = await openStream(home.port, carol.token)
    await send(home.port, carol, home.bob, 'hello')
    const accept = () => sendFile(home.port, home.bob, carol, 'yes')
    const { reply } = freezingFiles ? await freezing(home, accept) : { reply: accept() }
    home.clock.advance(2000)
    assert.ok((await reply).startsWith(freezingFiles ? failure : '发送成功（好友关系已建立）'))
    await stream.untilText('内容：yes\n')
    const friends = bodyOf(await call(home.port, 'GET /friends', { token: carol.token }))
    assert.match(friends, freezingFiles ? /^暂无好友$/ : /bob（ID:2）/)
    // One more message, so that a notice would have arrived before it.
    await send(home.port, home.bob, carol, 'and more')
    await stream.untilText('内容：and more\n')
    assert.equal(/系统通知[\s\S]*and more/.test(stream.text()), !freezingFiles)
    await closeStream(home, stream)
  })
}

test('of two who write first at once one is heard twice, as it was recorded', { timeout }, async t => {
  const testRelay = await startTestRelay({ faults: { doubleFirstContact: true } })
  t.after(() => testRelay.relay.close())
  const { port } = testRelay.relay
  for (let id = 1; id <= 10; id += 1) await register(port, { name: `user ${id}` })
  const xena = await register(port, { name: 'xena1' })
  const yuri = await register(port, { name: 'yuri1' })
  const replay = createReplay(testRelay)
  replay.knows('f6dff99e6d9b4557d17856d3fef1e2d4', yuri)
  replay.at('06:35:07')
  const stream = await replay.stream('709-stream-simultaneous-first-contact')
  assert.equal(await send(port, yuri, xena, 'hello xena'), '发送成功（好友申请已发出，等待对方回复）')
  assert.match(await send(port, xena, yuri, 'hello yuri'), /^发送成功（好友关系已建立）/)
  await stream.matchesRecording()
  await closeStream(testRelay, stream)
})

test('an answer that comes later is heard once, and so is one that was stored', { timeout }, async t => {
  const home = await startHousehold(t, { faults: { doubleFirstContact: true } })
  const later = await register(home.port, { name: 'later' })
  const stored = await register(home.port, { name: 'stored' })
  const stream = await openFaithfully(home)
  await send(home.port, home.bob, later, 'hello')
  home.clock.advance(5)
  await send(home.port, later, home.bob, 'answer')
  await untilText(stream, '内容：answer\n')
  assert.doesNotMatch(streamText(stream), /好友申请/)
  await closeStream(home, { connection: stream })
  await send(home.port, home.bob, stored, 'hello')
  await send(home.port, stored, home.bob, 'at once')
  const notice = kinds(home, 'stored').at(-1)?.payload ?? ''
  assert.match(notice, /类型：系统通知/)
  assert.deepEqual((await inboxContents(home)).slice(0, 1), ['at once'])
  assert.equal(kinds(home, 'stored').filter(({ payload }) => payload.includes('at once')).length, 1)
})
