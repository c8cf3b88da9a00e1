import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { listen } from '../support/listen.ts'

/** A server that keeps what it is sent, and goes through it as slowly as it likes. */
async function receiver(t: TestContext, { breakAfter = Number.POSITIVE_INFINITY } = {}) {
  const got: { headers: IncomingHttpHeaders; body: Buffer }[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    let bytes = 0
    request.on('data', (piece: Buffer) => {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > breakAfter) request.socket.destroy()
    })
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(pieces) })
      response.end('ok')
    })
  })
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  const url = `http://127.0.0.1:${await listen(t, server)}`
  return {
    got,
    async put(body: string | Uint8Array<ArrayBuffer>, onSent?: (bytes: number) => void) {
      const init = { method: 'PUT', headers: { 'Content-Type': 'text/html' }, body, redirect: 'manual' } as const
      const reply = await transport.fetch(url, { ...init, ...(onSent === undefined ? {} : { onSent }) })
      await reply.body?.getReader().read()
      return reply.status
    },
  }
}

function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31) % 256)
}

describe('an upload', () => {
  for (const length of [1, 65_536, 1_000_003, 10 * 1024 * 1024]) {
    test(`of ${length} bytes arrives unaltered, with its length; progress only grows and ends with all of it`, async t => {
      const { got, put } = await receiver(t)
      const progress: number[] = []
      const body = bytesOf(length)
      assert.equal(await put(body, bytes => progress.push(bytes)), 200)
      assert.equal(got[0]?.headers['content-length'], String(length))
      assert.equal(got[0]?.headers['transfer-encoding'], undefined)
      assert.equal(got[0]?.headers['content-type'], 'text/html')
      assert.ok(got[0]?.body.equals(Buffer.from(body)))
      assert.ok(progress.every((bytes, i) => bytes > (progress[i - 1] ?? 0)))
      assert.equal(progress.at(-1), length)
    })
  }

  test('of a large file is told in more than one step', async t => {
    const { put } = await receiver(t)
    let steps = 0
    await put(bytesOf(1_000_000), () => void steps++)
    assert.ok(steps > 3)
  })

  test('without anybody who listens is the same, text too', async t => {
    const { got, put } = await receiver(t)
    await put(bytesOf(1000))
    await put('你好\r\n')
    assert.deepEqual(
      got.map(one => [one.headers['content-length'], one.headers['transfer-encoding']]),
      [
        ['1000', undefined],
        ['8', undefined],
      ],
    )
    assert.equal(got[1]?.body.toString(), '你好\r\n')
  })

  test('that breaks in the middle is an error, and its progress does not claim all of it', async t => {
    const { put } = await receiver(t, { breakAfter: 100_000 })
    const length = 10 * 1024 * 1024
    let last = 0
    await assert.rejects(
      put(bytesOf(length), bytes => {
        last = bytes
      }),
    )
    assert.ok(last < length)
  })
})
