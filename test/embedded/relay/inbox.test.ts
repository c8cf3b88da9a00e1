import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Connection, open, request } from './raw-http.ts'
import {
  befriend,
  bodyOf,
  call,
  type Household,
  readInbox,
  register,
  send,
  startHousehold,
  startTestRelay,
} from './test-relay.ts'

const timeout = 20_000

async function write({ port, alice, bob, clock }: Household, contents: readonly string[]): Promise<void> {
  for (const content of contents) {
    clock.advance(1)
    assert.match(await send(port, alice, bob, content), /^发送成功(\n|$)/)
  }
}

const contentsOf = (inbox: string) => [...inbox.matchAll(/\n内容：(.*)/g)].map(([, content]) => content)

/** Waits until bob's inbox looks so in the preview of a send, which takes nothing out of it. */
async function untilInbox({ port, alice, bob }: Household, expected: string): Promise<void> {
  for (;;) {
    const preview = await send(port, bob, alice, 'look')
    if ((/收件箱共 \d+ 条/.exec(preview)?.[0] ?? '收件箱为空') === expected) return
  }
}

/** Reads bob's inbox behind so much unread data that the reply can not leave the relay. */
async function stuckRead(home: Household, query = ''): Promise<Connection> {
  const page = `<p>${'x'.repeat(500_000)}`
  await call(home.port, 'PUT /homepage', { token: home.alice.token, body: page })
  const requests = () => home.events.filter(event => event.kind === 'request' && event.path === '/messages').length
  const before = requests()
  const connection = open(home.port)
  connection.socket.pause()
  const pages = Array.from({ length: 24 }, () => request(`GET /homepage/${home.alice.id}`))
  connection.socket.write(Buffer.concat([...pages, request(`GET /messages${query}`, { 'x-token': home.bob.token })]))
  await home.until(() => requests() > before)
  return connection
}

test('a client that hangs up together with its request loses nothing', { timeout }, async t => {
  const home = await startHousehold(t)
  await write(home, ['one'])
  for (let round = 0; round < 20; round += 1) {
    const requests = home.events.filter(({ kind }) => kind === 'request').length
    const connection = open(home.port)
    await new Promise(resolve => connection.socket.once('connect', resolve))
    connection.socket.write(request('GET /messages', { 'x-token': home.bob.token }))
    connection.close()
    await home.until(() => home.events.filter(({ kind }) => kind === 'request').length > requests)
  }
  assert.deepEqual(contentsOf(await readInbox(home.port, home.bob)), ['one'])
})

test('rows of a reply that is being written are hidden, and back when the client vanishes', { timeout }, async t => {
  const home = await startHousehold(t)
  await write(home, ['one', 'two'])
  const stuck = await stuckRead(home)
  await untilInbox(home, '收件箱为空')
  await write(home, ['three'])
  assert.match(await send(home.port, home.bob, home.alice, 'x'), /收件箱共 1 条，预览前 1 条：/)
  stuck.close()
  await untilInbox(home, '收件箱共 3 条')
  assert.deepEqual(contentsOf(await readInbox(home.port, home.bob)), ['one', 'two', 'three'])
  assert.equal(await readInbox(home.port, home.bob), '收件箱为空')
})

test('a client that does not read its reply for two minutes is cut off and its rows are free', { timeout }, async t => {
  const home = await startHousehold(t)
  await write(home, ['one'])
  const stuck = await stuckRead(home)
  await untilInbox(home, '收件箱为空')
  home.clock.advance(120_000)
  await untilInbox(home, '收件箱共 1 条')
  stuck.close()
})

test('rows are deleted only after the reply was written, and then for good', { timeout }, async t => {
  const home = await startHousehold(t)
  await write(home, ['one'])
  const drained = () => home.events.filter(event => event.kind === 'drained' && event.payloads.length > 0).length
  const before = drained()
  const stuck = await stuckRead(home)
  await untilInbox(home, '收件箱为空')
  assert.equal(drained(), before)
  stuck.socket.resume()
  await stuck.until(bytes => (bytes.subarray(-1000).includes('内容：one') ? true : null))
  await home.until(() => drained() === before + 1)
  stuck.close()
  assert.equal(await readInbox(home.port, home.bob), '收件箱为空')
})

test('parallel reads never share a row and lose none', { timeout }, async t => {
  const home = await startHousehold(t)
  const contents = Array.from({ length: 40 }, (_, index) => `message ${index}`)
  await write(home, contents)
  const reads = await Promise.all(Array.from({ length: 25 }, () => readInbox(home.port, home.bob, '?limit=2')))
  const got = reads.flatMap(contentsOf)
  assert.deepEqual(new Set(got), new Set(contents))
  assert.equal(got.length, contents.length)
})

test('blocking somebody also drops what a reply in flight holds', { timeout }, async t => {
  const home = await startHousehold(t)
  const carol = await register(home.port, { name: 'carol' })
  await write(home, ['one'])
  const stuck = await stuckRead(home)
  await untilInbox(home, '收件箱为空')
  assert.match(bodyOf(await call(home.port, `POST /block/${home.alice.id}`, { token: home.bob.token })), /^已拉黑/)
  await send(home.port, carol, home.bob, 'from carol')
  assert.match(await readInbox(home.port, home.bob), /^收件箱共 1 条 \| 本次读取并清除 1 条/)
  stuck.close()
  // The relay has noticed when nothing waits for the reply any more.
  while (home.clock.pending() > 0) await call(home.port, 'GET /health')
  assert.equal(await readInbox(home.port, home.bob), '收件箱为空')
})

test('a read beside a reply in flight gets the rows that follow, up to its own limit', { timeout }, async t => {
  const home = await startHousehold(t)
  await write(home, ['one', 'two', 'three', 'four', 'five'])
  const stuck = await stuckRead(home, '?limit=2')
  await untilInbox(home, '收件箱共 3 条')
  const beside = await readInbox(home.port, home.bob, '?limit=2')
  assert.deepEqual(contentsOf(beside), ['three', 'four'])
  assert.match(beside, /^收件箱共 3 条 \| 本次读取并清除 2 条 \| 剩余 1 条/)
  stuck.close()
  await untilInbox(home, '收件箱共 3 条')
  assert.deepEqual(contentsOf(await readInbox(home.port, home.bob)), ['one', 'two', 'five'])
})

test('the filter counts and returns one sender only, and never notices', { timeout }, async t => {
  const home = await startHousehold(t)
  const carol = await register(home.port, { name: 'carol' })
  await befriend(home.port, carol, home.bob)
  await send(home.port, carol, home.bob, 'from carol')
  await write(home, ['one', 'two', 'three'])
  const filtered = await readInbox(home.port, home.bob, `?limit=2&from_id=${home.alice.id}`)
  assert.match(filtered, /^来自 ID:1 收件箱共 3 条 \| 本次读取并清除 2 条 \| 剩余 1 条（约 1 次可读完，每次 2 条）\n/)
  assert.equal(await readInbox(home.port, home.bob, '?from_id=99'), '来自 ID:99 的消息为空')
  assert.equal(await readInbox(home.port, home.bob, '?from_id=0'), '收件箱为空')
  assert.deepEqual(contentsOf(await readInbox(home.port, home.bob)), ['from carol', 'three'])
})

test('the rest of a long inbox is announced in rounds of the limit', { timeout }, async t => {
  const home = await startHousehold(t)
  await write(
    home,
    Array.from({ length: 8 }, (_, index) => `${index}`),
  )
  assert.match(await readInbox(home.port, home.bob, '?limit=3'), /剩余 5 条（约 2 次可读完，每次 3 条）/)
  assert.match(await readInbox(home.port, home.bob, '?limit=5'), /剩余 0 条（已全部读取）/)
})

test('a chat of the second of a friendship sorts before its notice', { timeout }, async t => {
  const { relay, clock } = await startTestRelay()
  t.after(() => relay.close())
  const alice = await register(relay.port, { name: 'alice' })
  const bob = await register(relay.port, { name: 'bob' })
  await send(relay.port, alice, bob, 'hello')
  await readInbox(relay.port, bob)
  await send(relay.port, bob, alice, 'accepted')
  clock.advance(900)
  await send(relay.port, bob, alice, 'right after')
  const [first, second, third] = contentsOf(await readInbox(relay.port, alice))
  assert.deepEqual([first, second], ['accepted', 'right after'])
  assert.match(third ?? '', /^您与 bob（ID:2）已成功建立好友关系。/)
})
