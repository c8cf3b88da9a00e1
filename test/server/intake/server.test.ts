import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { ConfigError } from '../../../scripts/core/errors.ts'
import type { Answer } from '../../../scripts/engine/intake/exchange.ts'
import { turns, waitFor } from '../../support/wait-for.ts'
import { type Reply, requestHead } from '../ui/wire.ts'
import { listening, posted, type Served, serve } from './served.ts'

const MIB = 1024 * 1024

function assertError(reply: Reply, status: number, error: string): void {
  assert.equal(reply.status, status, reply.raw)
  assert.equal(reply.headers.get('content-type'), 'application/json')
  const { error: code, message } = JSON.parse(reply.body.toString()) as Record<string, unknown>
  assert.equal(code, error)
  assert.match(String(message), /^[A-Z].*\p{Script=Han}/su)
}

function connectTo(t: TestContext, { port }: Served): { socket: Socket; text(): string; ended: Promise<unknown> } {
  const socket = createConnection({ port, host: '127.0.0.1' })
  t.after(() => socket.destroy())
  let received = ''
  socket.on('data', piece => {
    received += String(piece)
  })
  socket.on('error', () => undefined)
  return { socket, text: () => received, ended: new Promise(resolve => socket.on('close', resolve)) }
}

describe('a request', () => {
  test('is handed on with its path, its headers in lower case, its bytes and where it comes from', async t => {
    const intake = listening()
    const served = await serve(t, intake)
    const body = Buffer.from([0, 255, 13, 10, 0xe4])
    const reply = await served.wire().ask(posted('/webhook/ops?token=x#y', body, { 'X-Webhook-Signature': 'sha256=1' }))
    assert.equal(reply.status, 200)
    assert.equal(reply.headers.get('content-type'), 'application/json')
    assert.equal(reply.headers.get('cache-control'), 'no-store')
    assert.equal(reply.headers.get('access-control-allow-origin'), undefined)
    assert.equal(intake.asked[0]?.path, '/webhook/ops')
    assert.equal(intake.asked[0]?.headers['x-webhook-signature'], 'sha256=1')
    assert.equal(intake.asked[0]?.remoteAddress, '127.0.0.1')
    assert.deepEqual(intake.bodies, [body])
  })

  test('may come in chunks, without a body, under the public name, and many on one connection', async t => {
    const intake = listening()
    const served = await serve(t, intake)
    const wire = served.wire()
    const chunked = requestHead('POST', '/a', { Host: 'Gateway.Example.com', 'Transfer-Encoding': 'chunked' })
    assert.equal((await wire.ask(`${chunked}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`)).status, 200)
    assert.equal((await wire.ask(requestHead('POST', '/b', { Host: 'localhost:1' }))).status, 200)
    assert.equal((await wire.ask(posted('/c', 'x'))).status, 200)
    assert.deepEqual(intake.bodies.map(String), ['abcde', '', 'x'])
  })

  test('of a megabyte is taken; of more, 413, and nothing is read behind the first byte too many', async t => {
    const intake = listening(body => ({ status: body.length > MIB ? 413 : 200, body: { bytes: body.length } }))
    const served = await serve(t, intake)
    const whole = 'x'.repeat(MIB)
    assert.equal((await served.wire().ask(posted('/a', whole))).status, 200)
    const head = requestHead('POST', '/a', { Host: 'localhost', 'Transfer-Encoding': 'chunked' })
    const reply = await served.wire().ask(`${head}100001\r\n${whole}xx`)
    assert.deepEqual([reply.status, JSON.parse(reply.body.toString())], [413, { bytes: MIB + 1 }])
    assert.equal(reply.headers.get('connection'), 'close')
    const endless = connectTo(t, served)
    endless.socket.write(head)
    while (endless.socket.writable) {
      endless.socket.write(`10000\r\n${whole.slice(0, 65_536)}\r\n`)
      await turns(1)
    }
    await endless.ended
    assert.equal(intake.bodies.at(-1)?.length, MIB + 1)
  })

  test('that is waited for with a signal that it aborts when whoever asks hangs up', async t => {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const intake = listening(() => promise)
    const served = await serve(t, intake)
    const { socket, ended } = connectTo(t, served)
    socket.write(posted('/a', 'x'))
    await waitFor('the request', () => intake.bodies.length === 1)
    assert.equal(intake.asked[0]?.signal.aborted, false)
    socket.destroy()
    await ended
    await waitFor('the signal', () => intake.asked[0]?.signal.aborted)
    resolve({ status: 200, body: {} })
    assert.equal((await served.wire().ask(posted('/a', 'x'))).status, 200)
  })

  test('is answered though the other side says no more', async t => {
    const served = await serve(t, listening())
    const { socket, text, ended } = connectTo(t, served)
    socket.end(posted('/a', 'half-closed'))
    await ended
    assert.match(text(), /^HTTP\/1\.1 200 .*half-closed/s)
  })

  test('is answered behind the one before it on the same connection, whose body is all that is in memory', async t => {
    const first = Promise.withResolvers<Answer>()
    const intake = listening((body, { path }) =>
      path === '/1' ? first.promise : { status: 200, body: { text: String(body) } },
    )
    const served = await serve(t, intake)
    const { socket, text } = connectTo(t, served)
    socket.write(posted('/1', 'one') + posted('/2', 'two') + posted('/3', 'three'))
    await waitFor('the first', () => intake.bodies.length === 1)
    assert.equal((await served.wire().ask(posted('/4', 'four'))).status, 200)
    assert.deepEqual(intake.bodies.map(String), ['one', 'four'])
    first.resolve({ status: 200, body: { text: 'one' } })
    await waitFor('all three', () => text().includes('three'))
    assert.deepEqual(
      [...text().matchAll(/"text":"(\w+)"/g)].map(([, word]) => word),
      ['one', 'two', 'three'],
    )
  })

  test('that asks first whether to send its body is told to, or gets its answer without', async t => {
    const intake = listening()
    const served = await serve(t, intake)
    const head = (path: string) =>
      requestHead('POST', path, { Host: 'localhost', 'Content-Length': '5', Expect: '100-continue' })
    const asking = connectTo(t, served)
    asking.socket.write(head('/a'))
    await waitFor('the go-ahead', () => asking.text().startsWith('HTTP/1.1 100 Continue\r\n\r\n'))
    asking.socket.write('hello')
    await waitFor('the answer', () => /HTTP\/1\.1 200 .*hello/s.test(asking.text()))
    const refused = connectTo(t, served)
    refused.socket.write(head('/refused'))
    await waitFor('the answer', () => refused.text().includes('unauthorized'))
    assert.match(refused.text(), /^HTTP\/1\.1 401 /)
    assert.equal((await served.wire().ask(posted('/a', 'x', { Expect: 'miracles' }))).status, 200)
    assert.equal(intake.bodies.length, 2)
  })
})

describe('who may ask', () => {
  test('programs that know our name, by POST', async t => {
    const intake = listening()
    const served = await serve(t, intake)
    const ask = (headers: Record<string, string>) => served.wire().ask(posted('/a', 'x', headers))
    assertError(await ask({ Host: 'evil.example' }), 421, 'wrong_host')
    assertError(await ask({ Host: served.host, Origin: `http://${served.host}` }), 403, 'cross_site')
    assertError(await ask({ Host: served.host, Origin: 'null' }), 403, 'cross_site')
    assertError(await ask({ Host: served.host, 'Sec-Fetch-Site': 'same-origin' }), 403, 'cross_site')
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const reply = await served.wire().ask(requestHead(method, '/a', { Host: served.host }))
      assertError(reply, 405, 'method_not_allowed')
      assert.equal(reply.headers.get('allow'), 'POST')
    }
    const head = await served.wire().ask(requestHead('HEAD', '/a', { Host: served.host }), { isHead: true })
    assert.equal(head.status, 405)
    assertError(
      await served.wire().ask(requestHead('POST', 'http://localhost/a', { Host: 'localhost' })),
      400,
      'bad_target',
    )
    assertError(await served.wire().ask(posted('/a', '', { Host: 'localhost\r\nHost: localhost' })), 421, 'wrong_host')
    assert.equal(intake.asked.length, 0)
    assert.equal((await ask({ Host: served.host, 'Sec-Fetch-Site': 'none' })).status, 200)
  })

  test('under the names of the configuration that is in force now', async t => {
    let hosts: string[] = []
    const served = await serve(t, listening(), { hosts: () => hosts })
    const ask = () => served.wire().ask(posted('/a', 'x', { Host: 'new.example' }))
    assert.equal((await ask()).status, 421)
    hosts = ['new.example']
    assert.equal((await ask()).status, 200)
  })
})

describe('what is no request', () => {
  test('is refused as one, and the next connection works', async t => {
    const served = await serve(t, listening())
    const chunked = requestHead('POST', '/a', { Host: 'localhost', 'Transfer-Encoding': 'chunked' })
    const cases: readonly (readonly [string, number, string])[] = [
      ['nonsense\r\n\r\n', 400, 'bad_request'],
      [requestHead('POST', '/a', { Host: 'localhost', 'X-Long': 'x'.repeat(20_000) }), 431, 'head_too_large'],
      [requestHead('CONNECT', 'localhost:1', { Host: 'localhost' }), 405, 'method_not_allowed'],
      [posted('/a', 'x', { 'Transfer-Encoding': 'chunked' }), 400, 'bad_request'],
      [`${chunked}zz\r\n`, 400, 'bad_request'],
      [requestHead('POST', '/a', { Host: 'localhost', 'Content-Length': '-1' }), 400, 'bad_request'],
      ['POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx', 400, 'bad_request'],
      ['POST /a HTTP/1.1\r\n\r\n', 400, ''],
    ]
    for (const [text, status, error] of cases) {
      const reply = await served.wire().ask(text)
      assert.equal(reply.status, status, text.slice(0, 80))
      if (error !== '') assertError(reply, status, error)
    }
    assert.equal((await served.wire().ask(posted('/a', 'x'))).status, 200)
    assert.ok(!served.logs.some(line => line.includes('"level":"error"')), served.logs.join(''))
  })

  test('breaks off in its body, and is handed on to nobody', async t => {
    const intake = listening()
    const served = await serve(t, intake)
    const { socket, ended } = connectTo(t, served)
    socket.end(posted('/a', 'x', { 'Content-Length': '100' }))
    await ended
    assert.equal((await served.wire().ask(posted('/b', 'x'))).status, 200)
    assert.deepEqual(intake.bodies.map(String), ['x'])
  })

  test('comes too slowly: 408 for its head and for its body', async t => {
    const intake = listening()
    const served = await serve(t, intake, { limits: { headMs: 50, requestMs: 50, checkEveryMs: 20 } })
    assertError(await served.wire().ask('POST /a HTTP/1.1\r\nHost: '), 408, 'too_slow')
    assertError(await served.wire().ask(posted('/a', 'x', { 'Content-Length': '100' })), 408, 'too_slow')
    assert.equal(intake.bodies.length, 0)
  })

  test('or says nothing at all, is hung up on', async t => {
    const served = await serve(t, listening(), { limits: { silenceMs: 50 } })
    const { socket, ended } = connectTo(t, served)
    await ended
    assert.equal(socket.bytesRead, 0)
  })

  test('comes a hundred times at once on one connection, which ends, and no other one', async t => {
    const intake = listening(async (_, { path, signal }) => {
      if (path === '/stuck') await once(signal, 'abort')
      return { status: 200, body: {} }
    })
    const served = await serve(t, intake)
    const { socket, ended } = connectTo(t, served)
    socket.write(posted('/stuck', 'x').repeat(100))
    await ended
    assert.equal((await served.wire().ask(posted('/a', 'x'))).status, 200)
  })
})

test('more connections than there is room for are not taken, until one ends', async t => {
  const served = await serve(t, listening())
  const sockets: Socket[] = []
  for (let i = 0; i < 64; i++) {
    const { socket } = connectTo(t, served)
    await once(socket, 'connect')
    sockets.push(socket)
  }
  const { ended } = connectTo(t, served)
  await ended
  sockets[0]?.destroy()
  await waitFor('room', () =>
    served
      .wire()
      .ask(posted('/a', 'x'))
      .then(({ status }) => status === 200)
      .catch(() => false),
  )
})

describe('the end', () => {
  test('waits for what is under way, and ends everything else', async t => {
    const intake = listening(async (_, { signal }) => {
      await once(signal, 'abort')
      return { status: 202, body: { status: 'queued' } }
    })
    const served = await serve(t, intake)
    const idle = connectTo(t, served)
    await once(idle.socket, 'connect')
    const reply = served.wire().ask(posted('/a', 'x'))
    await waitFor('the request', () => intake.bodies.length === 1)
    await served.close()
    assert.equal((await reply).status, 202)
    await idle.ended
    const late = createConnection({ port: served.port, host: '127.0.0.1' })
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'ECONNREFUSED')
  })
})

test('a port that somebody has is told, with what to do', async t => {
  const served = await serve(t, listening())
  await assert.rejects(serve(t, listening(), { port: served.port }), (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /another program has the port/)
    assert.match(JSON.stringify(error.nextStep), /listener\.port/)
    return true
  })
})
