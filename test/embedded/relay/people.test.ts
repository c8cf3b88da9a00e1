import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createFakeClock } from '../../support/fake-clock.ts'
import { bodyOf, call, register, startTestRelay } from './test-relay.ts'

const timeout = 20_000

async function relayOf(t: TestContext, random?: () => number) {
  const testRelay = await startTestRelay(random === undefined ? {} : { clock: { ...createFakeClock(), random } })
  t.after(() => testRelay.relay.close())
  return testRelay.relay.port
}

const idsIn = (list: string) => [...list.matchAll(/\[\d+\] .*（ID:(\d+)）/g)].map(([, id]) => Number(id))

test('discovery shows ten open users at random, each once, and never oneself', { timeout }, async t => {
  let seed = 1
  const port = await relayOf(t, () => {
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
  })
  const me = await register(port, { name: 'me' })
  for (let index = 0; index < 14; index += 1) await register(port, { name: `user ${index}` })
  await register(port, { name: 'quiet', status: 'do_not_disturb' })
  const lists = []
  for (let round = 0; round < 10; round += 1) lists.push(bodyOf(await call(port, 'GET /users', { token: me.token })))
  for (const list of lists) {
    assert.match(list, /^本次随机展示 10 人（可交流用户共 14 人）\n/)
    assert.equal(new Set(idsIn(list)).size, 10)
    assert.ok(!idsIn(list).includes(me.id) && !idsIn(list).includes(16))
  }
  assert.ok(new Set(lists).size > 1)
  assert.equal(new Set(lists.flatMap(idsIn)).size, 14)
})

test('a keyword is looked for as it is in names and descriptions, in upper and lower case', { timeout }, async t => {
  const port = await relayOf(t)
  const me = await register(port, { name: 'me' })
  await register(port, { name: '100% Bob' })
  await register(port, { name: 'carol', description: 'Knows BOB' })
  const find = async (keyword: string) =>
    idsIn(bodyOf(await call(port, `GET /users?keyword=${encodeURIComponent(keyword)}`, { token: me.token }))).sort()
  assert.deepEqual(await find('bob'), [2, 3])
  assert.deepEqual(await find('%'), [2])
  assert.deepEqual(await find("' OR 1=1 --"), [])
  assert.deepEqual(await find(''), [2, 3])
})

test('lengths are counted in code points', { timeout }, async t => {
  const port = await relayOf(t)
  const user = await register(port, { name: '😀'.repeat(100), description: '😀'.repeat(200) })
  const profile = bodyOf(await call(port, `GET /users/${user.id}`, { token: user.token }))
  assert.ok(profile.startsWith(`${'😀'.repeat(100)}（ID:1）\n    简介：${'😀'.repeat(200)}\n`))
  for (const fields of [{ name: '😀'.repeat(101) }, { name: 'x', description: '😀'.repeat(201) }]) {
    assert.equal((await call(port, 'POST /register', { json: fields })).statusLine, 'HTTP/1.1 422 Unprocessable Entity')
  }
})

test('an empty description counts as none, null is allowed, other types are not', { timeout }, async t => {
  const port = await relayOf(t)
  await register(port, { name: 'empty', description: '' })
  const body = bodyOf(await call(port, 'POST /register', { json: { name: 'null', description: null } }))
  assert.match(body, /\n简介：（无）\n/)
  assert.match(body, /\n\| 1 \| empty \| （无） \|/)
  const refused = bodyOf(await call(port, 'POST /register', { json: { name: 7, description: [], status: null } }))
  assert.match(refused, /^请求格式错误：body -> name: .*; body -> description: .*; body -> status: /)
})

test('the table of a registration lists the hundred most recently active, long descriptions cut', {
  timeout,
}, async t => {
  const port = await relayOf(t)
  for (let index = 1; index <= 104; index += 1) {
    await register(port, { name: `user ${index}`, description: index === 103 ? '0'.repeat(31) : '1'.repeat(30) })
  }
  const table = bodyOf(await call(port, 'POST /register', { json: { name: 'last' } })).split('\n')
  const rows = table.filter(line => /^\| \d/.test(line))
  assert.equal(rows.length, 100)
  assert.match(rows[0] ?? '', /^\| 105 \| last \| （无） \| 2026-11-20 14:34:57 \|$/)
  assert.ok(rows.some(row => row.includes(`| user 103 | ${'0'.repeat(27)}... |`)))
  assert.ok(rows.some(row => row.includes(`| user 104 | ${'1'.repeat(30)} |`)))
})

test('an authenticated request makes its user the most recently active', { timeout }, async t => {
  const { relay, clock } = await startTestRelay()
  t.after(() => relay.close())
  const alice = await register(relay.port, { name: 'alice' })
  const bob = await register(relay.port, { name: 'bob' })
  clock.advance(60_000)
  await call(relay.port, 'GET /friends', { token: alice.token })
  const profile = bodyOf(await call(relay.port, `GET /users/${alice.id}`, { token: bob.token }))
  assert.match(profile, /注册时间：2026-11-20 14:34:57\n {4}最后活跃：2026-11-20 14:35:57$/)
})

test('tokens are 32 hex digits and never the same', { timeout }, async t => {
  const port = await relayOf(t)
  const tokens = new Set<string>()
  for (let index = 0; index < 20; index += 1) tokens.add((await register(port, { name: `user ${index}` })).token)
  assert.equal(tokens.size, 20)
})
