import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { StorageError } from '../../../scripts/core/errors.ts'
import { open, request } from './raw-http.ts'
import { befriend, bodyOf, call, readInbox, register, send, startTestRelay } from './test-relay.ts'

const timeout = 20_000

function temporaryFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'relay.db')
}

test('accounts, friendships, messages, pages and counters survive a restart', { timeout }, async t => {
  const databasePath = temporaryFile(t)
  const first = await startTestRelay({ databasePath })
  const alice = await register(first.relay.port, { name: 'alice' })
  const bob = await register(first.relay.port, { name: 'bob' })
  await befriend(first.relay.port, alice, bob)
  await send(first.relay.port, alice, bob, 'for later')
  await call(first.relay.port, 'PUT /homepage', { token: alice.token, body: '<p>mine' })
  await first.relay.close()

  const second = await startTestRelay({ databasePath })
  t.after(() => second.relay.close())
  const { port } = second.relay
  assert.match(await readInbox(port, bob), /^收件箱共 1 条[\s\S]*内容：for later\n/)
  assert.match(bodyOf(await call(port, 'GET /friends', { token: alice.token })), /bob（ID:2）/)
  assert.equal(bodyOf(await call(port, 'GET /homepage/1')), '<p>mine')
  assert.deepEqual(JSON.parse(bodyOf(await call(port, 'GET /stats'))), { users: 2, friendships: 1, messages: 5 })
  assert.equal((await register(port, { name: 'carol' })).id, 3)
})

test('rows in flight and events no kernel has taken are in the inbox after a restart', { timeout }, async t => {
  const databasePath = temporaryFile(t)
  const first = await startTestRelay({ databasePath })
  const { port } = first.relay
  const alice = await register(port, { name: 'alice' })
  const bob = await register(port, { name: 'bob' })
  await befriend(port, alice, bob)
  await send(port, alice, bob, 'in a reply')
  await call(port, 'PUT /homepage', { token: alice.token, body: `<p>${'x'.repeat(500_000)}` })
  const connection = open(port)
  connection.socket.pause()
  const auth = { 'x-token': bob.token }
  const pages = Array.from({ length: 24 }, () => request('GET /homepage/1'))
  connection.socket.write(Buffer.concat([...pages, request('GET /messages', auth), request('GET /stream', auth)]))
  await first.until(() => first.events.some(({ kind }) => kind === 'connected'))
  await send(port, alice, bob, 'on a stream')
  await first.relay.close()
  connection.close()

  const second = await startTestRelay({ databasePath })
  t.after(() => second.relay.close())
  assert.match(await readInbox(second.relay.port, bob), /^收件箱共 2 条[\s\S]*in a reply\n[\s\S]*on a stream\n/)
})

test('the database and its side files are for their owner only', { timeout }, async t => {
  const databasePath = temporaryFile(t)
  writeFileSync(databasePath, '', { mode: 0o644 })
  const { relay } = await startTestRelay({ databasePath })
  t.after(() => relay.close())
  await register(relay.port, { name: 'alice' })
  const folder = join(databasePath, '..')
  const modes = readdirSync(folder).map(name => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)])
  assert.ok(modes.length >= 2)
  for (const [name, mode] of modes) assert.equal(mode, '600', name)
})

test('a second relay on the same file is refused and the first goes on', { timeout }, async t => {
  const databasePath = temporaryFile(t)
  const { relay } = await startTestRelay({ databasePath })
  t.after(() => relay.close())
  await assert.rejects(startTestRelay({ databasePath }), StorageError)
  assert.equal((await register(relay.port, { name: 'alice' })).id, 1)
})

test('the database of another program is refused and left as it is', { timeout }, async t => {
  const databasePath = temporaryFile(t)
  const other = new DatabaseSync(databasePath)
  other.exec('CREATE TABLE users (id INTEGER); PRAGMA user_version = 1')
  other.close()
  const before = readFileSync(databasePath)
  await assert.rejects(startTestRelay({ databasePath }), StorageError)
  assert.ok(readFileSync(databasePath).equals(before))
})

test('a database of a later version is refused', { timeout }, async t => {
  const databasePath = temporaryFile(t)
  await (await startTestRelay({ databasePath })).relay.close()
  const file = new DatabaseSync(databasePath)
  file.exec('PRAGMA user_version = 99')
  file.close()
  await assert.rejects(startTestRelay({ databasePath }), StorageError)
})

test('a file that is no database is refused and left as it is', { timeout }, async t => {
  const databasePath = temporaryFile(t)
  writeFileSync(databasePath, 'not a database, but somebody wants to keep it')
  await assert.rejects(startTestRelay({ databasePath }), StorageError)
  assert.equal(statSync(databasePath).size, 45)
})
