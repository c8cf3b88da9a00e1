import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { start } from '../support/child.ts'
import { TEST_ROOT, tlsFiles } from '../support/hostile/certificates.ts'
import { waitFor } from '../support/wait-for.ts'

describe('the way to the network', () => {
  test('is given up at once when it is closed, a handshake that never ends too', async t => {
    const sockets: Socket[] = []
    const server = createServer(socket => sockets.push(socket)).listen(0, '127.0.0.1')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    const transport = createTransport({ http: '', https: '', except: '' })
    const init = { method: 'GET', headers: {}, redirect: 'manual' } as const
    const asked = transport.fetch(`https://127.0.0.1:${address.port}/`, init).catch((error: unknown) => error)
    await waitFor('the handshake to begin', () => sockets.length === 1)
    const left = once(sockets[0] as Socket, 'close')
    sockets[0]?.resume()
    await transport.close()
    assert.ok((await asked) instanceof Error)
    // Otherwise it would stay for the ten seconds that a handshake may take, and the process with it.
    await Promise.race([left, new Promise((_, reject) => setTimeout(reject, 3000, new Error('still connected')))])
  })

  test('speaks HTTP/1.1 to a server that would rather speak HTTP/2: one connection a request', async t => {
    const protocols: (string | undefined)[] = []
    const server = createSecureServer({ ...tlsFiles('good'), allowHTTP1: true }, (request, response) => {
      protocols.push(request.httpVersion)
      response.end('ok')
    }).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    const script = `
      import { createTransport } from './scripts/adapters/transport.ts'
      const transport = createTransport({ http: '', https: '', except: '' })
      const init = { method: 'GET', headers: {}, redirect: 'manual' }
      await Promise.all([1, 2].map(() => transport.fetch('https://127.0.0.1:${address.port}/', init)))
      await transport.close()
    `
    const child = start(process.execPath, ['--input-type=module-typescript', '--eval', script], {
      env: { NODE_EXTRA_CA_CERTS: TEST_ROOT },
    })
    assert.equal(await child.ended, 0, child.stderr())
    assert.deepEqual(protocols, ['1.1', '1.1'])
  })
})
