import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { SECRET, type Site, startSite } from './site.ts'
import { requestHead } from './wire.ts'

const NAME = 'conversations.md'
const PATH = `/openwechat_im_client/${NAME}`

/** More than the buffers between the two ends take: the server is still reading when the head arrives. */
const LARGE = 64 * 1024 * 1024

describe('a data file', () => {
  test('comes with its version, and not again while that is known', async t => {
    const site = await startSite(t)
    const wire = site.wire()
    const first = await wire.get(PATH)
    assert.equal(first.body.toString(), `shown: ${NAME}`)
    assert.equal(first.headers.get('cache-control'), 'no-cache')
    assert.equal(first.headers.get('content-type'), 'text/plain; charset=utf-8')
    const etag = first.headers.get('etag') ?? ''
    assert.match(etag, /^"\d+-23-\d+"$/)
    const again = await wire.get(PATH, { 'If-None-Match': etag })
    assert.equal(again.status, 304)
    assert.equal(again.headers.get('etag'), etag)
    appendFileSync(join(site.data, NAME), '!')
    assert.equal((await wire.get(PATH, { 'If-None-Match': etag })).status, 200)
    assert.equal((await wire.get(PATH, { 'If-Range': etag, Range: 'bytes=0-2' })).status, 200)
  })

  test('tells its size to whoever asks for the head only', async t => {
    const site = await startSite(t)
    const reply = await site
      .wire()
      .ask(requestHead('HEAD', PATH, { Host: site.host, Range: 'bytes=0-1' }), { isHead: true })
    assert.equal(reply.status, 200)
    assert.equal(reply.headers.get('content-length'), '23')
    assert.equal(reply.body.length, 0)
  })

  test('that is not there is said to be not there', async t => {
    const site = await startSite(t)
    rmSync(join(site.data, NAME))
    const reply = await site.wire().get(PATH)
    assert.equal(reply.status, 404)
    assert.equal(reply.body.toString(), '{"error":"not_there"}')
  })

  test('is not there either when the whole folder is missing', async t => {
    const site = await startSite(t)
    rmSync(site.data, { recursive: true })
    assert.equal((await site.wire().get(PATH)).body.toString(), '{"error":"not_there"}')
  })

  const impostors: Readonly<Record<string, (path: string, site: Site) => void>> = {
    'a link': (path, site) => symlinkSync(join(site.data, 'config.json'), path),
    'a link to nowhere': path => symlinkSync('/nowhere', path),
    'a link to itself': path => symlinkSync(path, path),
    'a second name of another file': (path, site) => linkSync(join(site.data, 'config.json'), path),
    'a pipe': path => void execFileSync('mkfifo', [path]),
    'a folder': path => mkdirSync(path),
    'a link to a device': path => symlinkSync('/dev/zero', path),
  }
  for (const [what, make] of Object.entries(impostors)) {
    test(`that is ${what} is not read`, async t => {
      const site = await startSite(t)
      rmSync(join(site.data, NAME))
      make(join(site.data, NAME), site)
      const reply = await site.wire().get(PATH)
      assert.equal(reply.status, 404)
      assert.equal(reply.body.toString(), '{"error":"not_plain"}')
      assert.ok(!reply.raw.includes(SECRET))
    })
  }

  test('that is a socket is not read', async t => {
    const site = await startSite(t)
    rmSync(join(site.data, NAME))
    const listener = createServer().listen(join(site.data, NAME))
    t.after(() => listener.close())
    await once(listener, 'listening')
    assert.equal((await site.wire().get(PATH)).body.toString(), '{"error":"not_plain"}')
  })
})

describe('a data file that changes while it is read', () => {
  test('and grows, comes as long as it was announced', async t => {
    const site = await largeFile(t)
    const reading = await pausedReader(t, site)
    appendFileSync(join(site.data, NAME), 'more')
    const { announced, body } = await reading.rest()
    assert.equal(announced, LARGE)
    assert.equal(body, LARGE)
  })

  test('and is replaced, comes as it was', async t => {
    const site = await largeFile(t)
    const reading = await pausedReader(t, site)
    writeFileSync(join(site.data, 'new'), Buffer.alloc(LARGE, 'b'))
    renameSync(join(site.data, 'new'), join(site.data, NAME))
    const { body, strangers } = await reading.rest()
    assert.equal(body, LARGE)
    assert.equal(strangers, 0)
  })

  test('and is cut, ends the connection before its announced end', async t => {
    const site = await largeFile(t)
    const reading = await pausedReader(t, site)
    truncateSync(join(site.data, NAME), 1000)
    const { announced, body } = await reading.rest()
    assert.equal(announced, LARGE)
    assert.ok(body < LARGE, `${body} bytes came`)
  })

  test('and is written over in its place, ends the connection before its announced end', async t => {
    const site = await largeFile(t)
    const reading = await pausedReader(t, site)
    writeSync(openSync(join(site.data, NAME), 'r+'), 'b', LARGE - 1)
    // On a file system that counts in large steps too.
    utimesSync(join(site.data, NAME), 1, 1)
    const { body, strangers } = await reading.rest()
    assert.ok(body < LARGE)
    assert.equal(strangers, 0)
  })

  test('and whose reader goes away, is let go of', async t => {
    const site = await largeFile(t)
    const reading = await pausedReader(t, site)
    reading.socket.destroy()
    // Its end, and with it the test's, would wait for an answer that nobody takes.
    await site.close()
  })
})

async function largeFile(t: Parameters<typeof startSite>[0]): Promise<Site> {
  const site = await startSite(t)
  writeFileSync(join(site.data, NAME), Buffer.alloc(LARGE, 'a'))
  return site
}

/** Has the head of the answer and takes no more for the time being. */
async function pausedReader(t: Parameters<typeof startSite>[0], site: Site) {
  const socket: Socket = createConnection({ port: site.port, host: '127.0.0.1' })
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(requestHead('GET', PATH, { Host: site.host, Connection: 'close' }))
  await once(socket, 'readable')
  const first: Buffer = socket.read()
  const end = first.indexOf('\r\n\r\n')
  const announced = Number(/content-length: (\d+)/i.exec(first.toString('latin1', 0, end))?.[1])
  return {
    socket,
    async rest() {
      let body = 0
      let strangers = 0
      function count(piece: Buffer): void {
        body += piece.length
        if (piece.includes('b')) strangers++
      }
      count(first.subarray(end + 4))
      socket.on('data', count)
      await once(socket, 'close')
      return { announced, body, strangers }
    },
  }
}
