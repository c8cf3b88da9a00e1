import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  befriend,
  bodyOf,
  call,
  closeStream,
  openStream,
  readInbox,
  register,
  send,
  sendForm,
  startTestRelay,
  type TestRelay,
  type TestUser,
} from './test-relay.ts'

const timeout = 20_000

interface Strangers extends TestRelay {
  readonly alice: TestUser
  readonly bob: TestUser
  readonly port: number
}

async function strangers(t: TestContext): Promise<Strangers> {
  const testRelay = await startTestRelay()
  t.after(() => testRelay.relay.close())
  const { port } = testRelay.relay
  return {
    ...testRelay,
    port,
    alice: await register(port, { name: 'alice', description: 'first' }),
    bob: await register(port, { name: 'bob' }),
  }
}

const requested = '发送成功（好友申请已发出，等待对方回复）'
const accepted = /^发送成功（好友关系已建立）/
const pending = '错误：好友申请已发出，对方尚未回复。建立好友关系前仅允许发送一条消息。'

async function fileTo({ port }: Strangers, from: TestUser, to: TestUser, content = 'see file'): Promise<string> {
  const parts = [
    { name: 'to_id', value: `${to.id}` },
    { name: 'content', value: content },
    { name: 'file', fileName: 'photo.jpg', value: 'bytes' },
  ]
  return bodyOf(await sendForm(port, from, parts))
}

async function setStatus({ port }: Strangers, { token }: TestUser, status: string): Promise<void> {
  assert.match(bodyOf(await call(port, 'PATCH /me', { token, json: { status } })), /^状态已更新为：/)
}

const friendsOf = async ({ port }: Strangers, { token }: TestUser) =>
  bodyOf(await call(port, 'GET /friends', { token }))

test('a first message is a request, and only one is allowed until the answer', { timeout }, async t => {
  const home = await strangers(t)
  assert.equal(await send(home.port, home.alice, home.bob, 'hello'), requested)
  assert.equal(await send(home.port, home.alice, home.bob, 'hello?'), pending)
  assert.equal(await fileTo(home, home.alice, home.bob), pending)
  assert.equal(await friendsOf(home, home.alice), '暂无好友')
  assert.match(await send(home.port, home.bob, home.alice, 'hi'), accepted)
  assert.match(await send(home.port, home.alice, home.bob, 'now it works'), /^发送成功\n/)
  assert.match(await friendsOf(home, home.alice), /^共 1 位好友\n/)
})

test('a lost request leaves its sender pending until the other one writes', { timeout }, async t => {
  const home = await strangers(t)
  await send(home.port, home.alice, home.bob, 'hello')
  await readInbox(home.port, home.bob)
  assert.equal(await send(home.port, home.alice, home.bob, 'hello?'), pending)
  assert.match(await send(home.port, home.bob, home.alice, 'who are you?'), accepted)
})

test('friends_only and do_not_disturb refuse friends as well, and with different words', { timeout }, async t => {
  const home = await strangers(t)
  await befriend(home.port, home.alice, home.bob)
  await setStatus(home, home.bob, 'friends_only')
  assert.equal(await send(home.port, home.alice, home.bob, 'x'), '错误：该用户仅接受好友消息')
  await setStatus(home, home.bob, 'do_not_disturb')
  assert.equal(await fileTo(home, home.alice, home.bob), '错误：该用户已开启免打扰，不接受任何消息')
  await setStatus(home, home.bob, 'open')
  assert.equal(await send(home.port, home.alice, home.bob, 'x'), '发送成功')
})

test('who does not receive can still send', { timeout }, async t => {
  const home = await strangers(t)
  await setStatus(home, home.alice, 'do_not_disturb')
  assert.equal(await send(home.port, home.alice, home.bob, 'hello'), requested)
  assert.equal(await send(home.port, home.bob, home.alice, 'hi'), '错误：该用户已开启免打扰，不接受任何消息')
})

test('a block needs a friendship, stops both directions, and only the blocker ends it', { timeout }, async t => {
  const home = await strangers(t)
  const { port, alice, bob } = home
  const block = async (who: TestUser, whom: TestUser) =>
    bodyOf(await call(port, `POST /block/${whom.id}`, { token: who.token }))
  const unblock = async (who: TestUser, whom: TestUser) =>
    bodyOf(await call(port, `POST /unblock/${whom.id}`, { token: who.token }))
  assert.equal(await block(bob, alice), '错误：只能拉黑已建立好友关系的用户')
  await send(port, alice, bob, 'hello')
  assert.equal(await block(bob, alice), '错误：只能拉黑已建立好友关系的用户')
  await send(port, bob, alice, 'hi')
  assert.equal(await block(bob, alice), '已拉黑 alice（ID:1），其在你收件箱中的消息已清除')
  // The notice came from nobody; it stays.
  assert.match(await readInbox(port, bob), /^收件箱共 1 条[\s\S]*系统通知/)
  assert.equal(await friendsOf(home, alice), '暂无好友')
  assert.equal(await send(port, alice, bob, 'x'), '错误：对方已将你拉黑')
  assert.equal(await send(port, bob, alice, 'x'), '错误：你已拉黑该用户，请先解除拉黑')
  assert.equal(await block(alice, bob), '错误：只能拉黑已建立好友关系的用户')
  assert.equal(await unblock(alice, bob), '错误：未找到对该用户的拉黑记录')
  assert.match(await unblock(bob, alice), /^已解除对 alice（ID:1）的拉黑/)
  assert.equal(await unblock(bob, alice), '错误：未找到对该用户的拉黑记录')
  assert.equal(await send(port, bob, alice, 'again'), requested)
})

test('a file to somebody online arrives, and its sender hears of success at once', { timeout }, async t => {
  const home = await strangers(t)
  await befriend(home.port, home.alice, home.bob)
  const stream = await openStream(home.port, home.bob.token)
  // The clock stands still: nothing was waited for.
  assert.equal(await fileTo(home, home.alice, home.bob), '发送成功')
  await stream.untilText('data: 内容：see file\ndata: 附件：photo.jpg\n\n')
  await closeStream(home, stream)
})

test('an acceptance by file to somebody online makes friends, keeps its file and notifies both', {
  timeout,
}, async t => {
  const home = await strangers(t)
  const alices = await openStream(home.port, home.alice.token)
  const bobs = await openStream(home.port, home.bob.token)
  await send(home.port, home.alice, home.bob, 'hello')
  assert.equal(await fileTo(home, home.bob, home.alice), '发送成功（好友关系已建立）')
  await alices.untilText('data: 附件：photo.jpg\n\nevent: message\ndata: 类型：系统通知\n')
  await bobs.untilText('data: 内容：您与 alice（ID:1）已成功建立好友关系。')
  assert.match(await friendsOf(home, home.alice), /\[1\] bob（ID:2）\n/)
  await closeStream(home, alices)
  await closeStream(home, bobs)
})

test('an acceptance by file to somebody offline drops the attachment line, a request by file keeps it', {
  timeout,
}, async t => {
  const home = await strangers(t)
  assert.equal(await fileTo(home, home.alice, home.bob), requested)
  assert.match(await readInbox(home.port, home.bob), /\n内容：see file\n附件：photo.jpg\n操作提示：/)
  assert.match(await fileTo(home, home.bob, home.alice), accepted)
  assert.doesNotMatch(await readInbox(home.port, home.alice), /附件/)
})

test('the statistics count accounts, friendships, and every message that was accepted', { timeout }, async t => {
  const home = await strangers(t)
  const stats = async () => JSON.parse(bodyOf(await call(home.port, 'GET /stats')))
  assert.deepEqual(await stats(), { users: 2, friendships: 0, messages: 0 })
  await send(home.port, home.alice, home.bob, 'hello')
  await send(home.port, home.alice, home.bob, 'refused')
  assert.deepEqual(await stats(), { users: 2, friendships: 0, messages: 1 })
  await send(home.port, home.bob, home.alice, 'hi')
  await readInbox(home.port, home.alice)
  assert.deepEqual(await stats(), { users: 2, friendships: 1, messages: 4 })
})
