import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { readBytes } from '../../../scripts/embedded/relay/request-body.ts'
import { completeReply, form, formBoundary, open, request } from './raw-http.ts'
import { bodyOf, call, register, startHousehold, startTestRelay } from './test-relay.ts'

const timeout = 20_000
const MIB = 1024 * 1024

test('a JSON body may be sent without a type, with another one it has no fields', { timeout }, async t => {
  const { port, alice } = await startHousehold(t)
  const body = '{"to_id":"2","content":"hi","unknown":1}'
  const post = async (headers: Record<string, string>) =>
    bodyOf(await call(port, 'POST /send', { token: alice.token, body, headers }))
  assert.equal(await post({}), '发送成功')
  assert.equal(await post({ 'content-type': 'application/vnd.x+json; charset=utf-8' }), '发送成功')
  assert.match(await post({ 'content-type': 'text/plain' }), /^请求格式错误：body: /)
})

test('values of the wrong type are named with their place', { timeout }, async t => {
  const { port, alice } = await startHousehold(t)
  const refusals: [unknown, RegExp][] = [
    [{ to_id: null, content: 'x' }, /^请求格式错误：body -> to_id: Input should be a valid integer$/],
    [{ to_id: 1.5, content: 'x' }, /^请求格式错误：body -> to_id: /],
    [{ to_id: {}, content: [] }, /^请求格式错误：body -> to_id: .*; body -> content: /],
    [{ to_id: 2, content: 7 }, /^请求格式错误：body -> content: Input should be a valid string$/],
    [[], /^请求格式错误：body: /],
    [null, /^请求格式错误：body: /],
    ['text', /^请求格式错误：body: /],
  ]
  for (const [json, expected] of refusals) {
    assert.match(bodyOf(await call(port, 'POST /send', { token: alice.token, json })), expected)
  }
  assert.match(bodyOf(await call(port, 'POST /send', { token: alice.token })), /^请求格式错误：body: Field required$/)
})

test('unpaired surrogates are refused in names and descriptions as well', { timeout }, async t => {
  const { port } = await startHousehold(t)
  const body = '{"name":"a\\ud83d","description":"\\udc00"}'
  const reply = bodyOf(await call(port, 'POST /register', { body }))
  assert.match(reply, /^请求格式错误：body -> name: .*; body -> description: /)
})

test('a JSON body that is too long is refused without being kept', { timeout }, async t => {
  const { port, alice } = await startHousehold(t)
  const body = `{"to_id":2,"content":"hi","padding":"${'x'.repeat(2 * MIB)}"}`
  assert.match(bodyOf(await call(port, 'POST /send', { token: alice.token, body })), /^请求格式错误：body: /)
})

test('of a long body no more than one byte too many is kept', async () => {
  const request = Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(1000, 'x'))) as IncomingMessage
  assert.equal((await readBytes(request, 2500)).length, 2501)
})

test('an endless body is cut off and the relay goes on', { timeout }, async t => {
  const { port, alice } = await startHousehold(t)
  const connection = open(port)
  connection.socket.write(
    `POST /send HTTP/1.1\r\nhost: x\r\nx-token: ${alice.token}\r\ntransfer-encoding: chunked\r\n\r\n`,
  )
  const chunk = Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), Buffer.alloc(MIB, 'x'), Buffer.from('\r\n')])
  const pour = () => {
    while (connection.socket.writable && connection.socket.write(chunk));
  }
  connection.socket.on('drain', pour)
  pour()
  await connection.ended
  assert.equal(bodyOf(await call(port, 'GET /health')), '{"status":"ok"}')
})

test('a homepage is kept byte for byte, also at the limit and out of a form', { timeout }, async t => {
  const { port, alice } = await startHousehold(t)
  const put = async (body: string | Buffer, headers: Record<string, string> = {}) =>
    bodyOf(await call(port, 'PUT /homepage', { token: alice.token, body, headers }))
  const page = async () => (await call(port, 'GET /homepage/1')).body
  const largest = Buffer.from(`\ufeff<p>\r\n\0${'a'.repeat(512 * 1024 - 9)}`)
  assert.equal(largest.length, 512 * 1024)
  assert.match(await put(largest), /^主页已更新\n访问地址：http:\/\/relay\.test\/homepage\/1$/)
  assert.ok((await page()).equals(largest))
  const type = { 'content-type': `multipart/form-data; boundary=${formBoundary}` }
  const field = (value: Buffer) => form([{ name: 'file', fileName: 'x.html', value }])
  assert.match(await put(field(largest), type), /^主页已更新/)
  assert.ok((await page()).equals(largest))
  assert.equal(
    await put(field(Buffer.concat([largest, Buffer.from('a')])), type),
    '错误 400：主页大小超过限制（最大 512KB）',
  )
  assert.equal(await put(form([{ name: 'other', value: '<p>' }]), type), '错误 400：HTML 内容不能为空')
  assert.equal(await put('{"a":"<p>"}'), '错误 400：请提供 HTML 页面，而非 JSON')
  assert.equal(await put('1 < 2 > 0'), '错误 400：请提供有效的 HTML 页面（需包含 HTML 标签）')
})

test('a client that vanishes in the middle of an upload is not an error', { timeout }, async t => {
  const testRelay = await startTestRelay()
  t.after(() => testRelay.relay.close())
  const { port } = testRelay.relay
  const { token } = await register(port, { name: 'alice' })
  for (const path of ['/send', '/send/file', '/homepage']) {
    const connection = open(port)
    const type = `content-type: multipart/form-data; boundary=${formBoundary}`
    const method = path === '/homepage' ? 'PUT' : 'POST'
    connection.socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: x\r\nx-token: ${token}\r\n${type}\r\ncontent-length: 999\r\n\r\n--`,
    )
    await testRelay.until(() => testRelay.events.some(event => event.kind === 'request' && event.path === path))
    connection.close()
    await connection.ended
  }
  const health = open(port)
  health.socket.write(request('GET /health'))
  await health.until(completeReply)
  health.close()
  assert.deepEqual(
    testRelay.events.filter(({ kind }) => kind === 'failed'),
    [],
  )
})
