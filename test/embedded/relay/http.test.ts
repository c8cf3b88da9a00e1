import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ConfigError } from '../../../scripts/core/errors.ts'
import { startRelay } from '../../../scripts/embedded/relay/server.ts'
import { completeReply, open, parseReply, request } from './raw-http.ts'
import { bodyOf, call, openStream, register, send, startTestRelay } from './test-relay.ts'

const timeout = 20_000

async function relayOf(t: TestContext) {
  const testRelay = await startTestRelay()
  t.after(() => testRelay.relay.close())
  return testRelay
}

const endpoints = [
  ['/register', 'POST'],
  ['/messages', 'GET'],
  ['/send', 'POST'],
  ['/send/file', 'POST'],
  ['/users', 'GET'],
  ['/users/1', 'GET'],
  ['/friends', 'GET'],
  ['/me', 'PATCH'],
  ['/block/1', 'POST'],
  ['/unblock/1', 'POST'],
  ['/homepage', 'PUT'],
  ['/homepage/1', 'GET'],
  ['/stream', 'GET'],
  ['/health', 'GET'],
  ['/stats', 'GET'],
] as const

test('every other method is 405 on every endpoint, HEAD and OPTIONS too', { timeout }, async t => {
  const { relay } = await relayOf(t)
  for (const [path, allowed] of endpoints) {
    for (const method of ['HEAD', 'OPTIONS', 'DELETE', allowed === 'GET' ? 'POST' : 'GET']) {
      const connection = open(relay.port)
      connection.socket.write(request(`${method} ${path}`))
      // The reply to HEAD has a length and no body.
      const reply = await connection.until(method === 'HEAD' ? parseReply : completeReply)
      connection.close()
      assert.equal(reply.statusLine, 'HTTP/1.1 405 Method Not Allowed', `${method} ${path}`)
      assert.equal(reply.headers.get('allow'), allowed)
      assert.equal(bodyOf(reply), method === 'HEAD' ? '' : '{"detail":"Method Not Allowed"}')
    }
  }
})

test('a trailing slash is redirected where there is an endpoint, with its query', { timeout }, async t => {
  const { relay } = await relayOf(t)
  const target = async (line: string) => (await call(relay.port, line)).headers.get('location')
  assert.equal(await target('GET /messages/?limit=1'), 'http://relay.test/messages?limit=1')
  assert.equal(await target('POST /send/file/'), 'http://relay.test/send/file')
  assert.equal(await target('GET /users/'), 'http://relay.test/users')
  assert.equal(await target('GET /users/1/'), 'http://relay.test/users/1')
  assert.equal(await target('GET /homepage/'), 'http://relay.test/homepage')
  for (const path of ['/', '//', '/nope/', '/users/1/2/']) {
    const reply = await call(relay.port, `GET ${path}`)
    assert.equal(reply.statusLine, 'HTTP/1.1 404 Not Found', path)
    assert.equal(reply.headers.get('location'), undefined)
  }
})

test('an address is only built from a Host header that looks like a host', { timeout }, async t => {
  const { relay } = await relayOf(t)
  const locationFor = async (host: string) =>
    (await call(relay.port, 'GET /messages/', { headers: { host } })).headers.get('location')
  assert.equal(await locationFor('[::1]:8000'), 'http://[::1]:8000/messages')
  assert.equal(await locationFor('evil.test/x?'), `http://127.0.0.1:${relay.port}/messages`)
})

test('an unknown path and an id that is none of the numbers are told apart', { timeout }, async t => {
  const { relay } = await relayOf(t)
  const { token } = await register(relay.port, { name: 'alice' })
  assert.equal(bodyOf(await call(relay.port, 'GET /users/1/2', { token })), '{"detail":"Not Found"}')
  assert.equal(bodyOf(await call(relay.port, 'GET /users/%31', { token })).split('\n')[0], 'alice（ID:1）')
  for (const id of ['abc', '1.5', '%00', '%', '0x1']) {
    assert.match(bodyOf(await call(relay.port, `GET /users/${id}`, { token })), /^请求格式错误：path -> user_id: /, id)
  }
  assert.equal(bodyOf(await call(relay.port, 'GET /users/-1', { token })), '错误：用户不存在')
})

test('without a token all problems of a request are named at once, the header first', { timeout }, async t => {
  const { relay } = await relayOf(t)
  const message = 'Input should be a valid integer, unable to parse string as an integer'
  assert.equal(
    bodyOf(await call(relay.port, 'GET /messages?limit=0&from_id=x')),
    '请求格式错误：header -> X-Token: Field required; query -> limit: Input should be greater than or equal to 1; ' +
      `query -> from_id: ${message}`,
  )
})

test('connections are kept open, without a Keep-Alive header, and closed on demand', { timeout }, async t => {
  const { relay } = await relayOf(t)
  const connection = open(relay.port)
  for (let round = 1; round <= 3; round += 1) {
    connection.socket.write(request('GET /health'))
    await connection.until(bytes => (bytes.toString().split('{"status":"ok"}').length > round ? true : null))
  }
  assert.doesNotMatch(connection.received().toString(), /keep-alive/i)
  connection.socket.write(request('GET /health', { connection: 'close' }))
  await connection.ended
})

test('what is not HTTP is refused and hurts nobody', { timeout }, async t => {
  const { relay, events } = await relayOf(t)
  const { token } = await register(relay.port, { name: 'alice' })
  const stream = await openStream(relay.port, token)
  const garbage = [
    'hello\r\n\r\n',
    'GET /messages\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET /messages HTTP/1.1\r\nhost: x\r\nx-token: a\0b\r\n\r\n',
    `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    'POST /send HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n',
    'POST /send HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n',
    'CONNECT evil.test:443 HTTP/1.1\r\nhost: evil.test\r\n\r\n',
  ]
  for (const bytes of garbage) {
    const connection = open(relay.port)
    connection.socket.write(Buffer.from(bytes, 'latin1'))
    await connection.ended
  }
  stream.connection.socket.write('nonsense\r\n\r\n')
  await stream.connection.ended
  assert.doesNotMatch(stream.connection.received().toString(), /400 Bad Request/)
  assert.equal((await call(relay.port, 'GET /health')).statusLine, 'HTTP/1.1 200 OK')
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'failed'),
    [],
  )
})

test('a client that waits in the middle of its request keeps nobody else waiting', { timeout }, async t => {
  const { relay } = await relayOf(t)
  const connection = open(relay.port)
  connection.socket.write(
    'POST /register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"na',
  )
  assert.equal((await register(relay.port, { name: 'alice' })).id, 1)
  connection.socket.write('me": "bob"}')
  assert.match(bodyOf(await connection.until(completeReply)), /^注册成功\n/)
  connection.close()
})

test('an observer that throws hurts nobody', { timeout }, async t => {
  const relay = await startRelay({
    observe() {
      throw new Error('observer')
    },
  })
  t.after(() => relay.close())
  const alice = await register(relay.port, { name: 'alice' })
  const bob = await register(relay.port, { name: 'bob' })
  const stream = await openStream(relay.port, bob.token)
  assert.match(await send(relay.port, alice, bob, 'hello'), /^发送成功/)
  await stream.untilText('内容：hello')
  stream.connection.close()
})

test('an unforeseen error is a 500 for its caller and an event for the operator', { timeout }, async t => {
  const { relay, events } = await relayOf(t)
  const { token } = await register(relay.port, { name: 'alice' })
  const reply = await call(relay.port, 'GET /users/99999999999999999999', { token })
  assert.equal(reply.statusLine, 'HTTP/1.1 500 Internal Server Error')
  assert.equal(bodyOf(reply), 'Internal Server Error')
  const [failed] = events.filter(({ kind }) => kind === 'failed')
  assert.ok(failed?.kind === 'failed' && failed.where === 'GET /users/99999999999999999999')
})

test('each request is observed once, without its query, and with the owner of its token', { timeout }, async t => {
  const { relay, events } = await relayOf(t)
  const { token } = await register(relay.port, { name: 'alice' })
  await call(relay.port, 'GET /messages?limit=1', { token })
  await call(relay.port, 'GET /nope')
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'request'),
    [
      { kind: 'request', method: 'POST', path: '/register', userId: null },
      { kind: 'request', method: 'GET', path: '/messages', userId: 1 },
      { kind: 'request', method: 'GET', path: '/nope', userId: null },
    ],
  )
})

test('closing ends streams and idle connections, twice is once, and the port is free', { timeout }, async () => {
  const { relay, clock } = await startTestRelay()
  const { token } = await register(relay.port, { name: 'alice' })
  const stream = await openStream(relay.port, token)
  const idle = open(relay.port)
  idle.socket.write(request('GET /health'))
  await idle.until(completeReply)
  await Promise.all([relay.close(), relay.close(), stream.connection.ended, idle.ended])
  assert.equal(clock.pending(), 0)
  const again = await startRelay({ port: relay.port })
  assert.equal(again.url, `http://127.0.0.1:${relay.port}`)
  await again.close()
})

test('closing waits for nobody in the middle of a request or a reply', { timeout }, async () => {
  const { relay, clock, events, until } = await startTestRelay()
  const { token } = await register(relay.port, { name: 'alice' })
  await call(relay.port, 'PUT /homepage', { token, body: `<p>${'x'.repeat(500_000)}` })
  const asking = open(relay.port)
  asking.socket.write('POST /send HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{')
  const notReading = open(relay.port)
  notReading.socket.pause()
  notReading.socket.write(Buffer.concat(Array.from({ length: 24 }, () => request('GET /homepage/1'))))
  const arrived = () => events.filter(({ kind }) => kind === 'request').length
  await until(() => arrived() === 27)
  await relay.close()
  await asking.ended
  notReading.close()
  assert.equal(clock.pending(), 0)
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'failed'),
    [],
  )
})

test('a port that is in use is an error that says so', { timeout }, async t => {
  const { relay } = await relayOf(t)
  await assert.rejects(startRelay({ port: relay.port }), (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /EADDRINUSE/)
    return true
  })
})
