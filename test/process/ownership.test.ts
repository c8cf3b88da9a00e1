import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { startRelay } from '../../scripts/embedded/relay/server.ts'
import { registerUser } from '../../scripts/embedded/relay-user.ts'
import { runProgram, startDaemonProcess, startProgram } from '../support/child.ts'
import { listen } from '../support/listen.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

describe('one daemon a folder', () => {
  test('of twenty started at once exactly one runs; the others name it; after kill -9 the next one works at once', async () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    const children = Array.from({ length: 20 }, () => startProgram(['sse', '--data-dir', path]))
    const running = () => children.filter(child => child.process.exitCode === null)
    await waitFor('nineteen to give up', () => running().length <= 1, { limitMs: 90_000, everyMs: 50 })
    const [winner] = running()
    assert.ok(winner, 'one is left')
    await waitFor('the winner to say so', () => winner.stderr().includes('Running.'))
    for (const child of children) {
      if (child === winner) continue
      assert.equal(await child.ended, 1)
      assert.match(child.stderr(), new RegExp(`Another process already works in .*pid ${winner.process.pid}`))
    }
    const status = JSON.parse((await runProgram(['status', '--json', '--data-dir', path])).stdout)
    assert.equal(status.daemon.running, true)
    assert.equal(status.daemon.pid, winner.process.pid)

    winner.kill('SIGKILL')
    await winner.ended
    const after = JSON.parse((await runProgram(['status', '--json', '--data-dir', path])).stdout)
    assert.deepEqual(after.daemon, { running: false })
    const next = await startDaemonProcess(path)
    assert.match(next.stderr(), /Running\./)
    next.kill('SIGTERM')
    assert.equal(await next.ended, 0)
  })
})

describe('one folder an identity', () => {
  test('a second folder with the same account is refused and told where the first is, until that one is gone', async t => {
    const relay = await startRelay()
    t.after(() => relay.close())
    const transport = createTransport({ http: '', https: '', except: '' })
    t.after(() => transport.close())
    const me = await registerUser(relay.url, { name: 'me' }, { fetch: transport.fetch, clock: systemClock })
    const root = temporaryFolder()
    const env = { XDG_STATE_HOME: join(root, 'state') }
    const [first, second] = ['one', 'two'].map(name => join(root, name, 'openwechat_im_client')) as [string, string]
    for (const path of [first, second]) {
      mkdirSync(join(path, '..'), { recursive: true })
      viewOf(path).writeConfig({ base_url: relay.url, token: me.token })
    }
    const holder = await startDaemonProcess(first, { env })
    await waitFor('the first to connect', () => viewOf(first).channel(/SSE_CONNECTED/).length === 1)
    const other = await startDaemonProcess(second, { env })
    const statusOf = async (path: string) =>
      JSON.parse((await runProgram(['status', '--json', '--data-dir', path])).stdout)
    await waitFor('the refusal', async () => (await statusOf(second)).relay?.state === 'identity_taken')
    assert.equal((await statusOf(second)).relay.held_by, first)
    assert.match(
      (await runProgram(['status', '--data-dir', second])).stdout,
      new RegExp(`already served from ${first}`),
    )
    assert.equal(viewOf(second).channel(/SSE_CONNECT_START/).length, 0)

    holder.kill('SIGKILL')
    await holder.ended
    await waitFor('the second to take over', () => viewOf(second).channel(/SSE_CONNECTED/).length === 1, {
      limitMs: 30_000,
    })
    other.kill('SIGTERM')
    assert.equal(await other.ended, 0)
  })
})

describe('the end of a daemon', () => {
  test('comes at once with the second signal, even if the first one is still waiting for a read', async t => {
    const server = createServer((request, response) => {
      // A relay that opens its stream and never answers a read.
      if (request.url === '/stream') {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('event: log\ndata: stream_connected request_id=1 user_id=2 ip=1 ts=x\n\n')
      }
    })
    const port = await listen(t, server)
    const path = join(temporaryFolder(), 'openwechat_im_client')
    viewOf(path).writeConfig({ base_url: `http://127.0.0.1:${port}`, token: 'a'.repeat(32) })
    const daemon = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
    await waitFor('the stream', () => viewOf(path).channel(/SSE_CONNECTED/).length === 1)
    daemon.kill('SIGTERM')
    await waitFor('the first to be heard', () => daemon.stderr().includes('Stopping'))
    await waitFor(
      'the second to be heard',
      () => {
        daemon.kill('SIGTERM')
        return daemon.process.exitCode !== null
      },
      { everyMs: 100 },
    )
    assert.equal(await daemon.ended, 143)
    const next = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
    next.kill('SIGKILL')
    await next.ended
  })
})
