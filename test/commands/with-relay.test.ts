import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { type RelayEvent, startRelay } from '../../scripts/embedded/relay/server.ts'
import { registerUser } from '../../scripts/embedded/relay-user.ts'
import { runProgram, startDaemonProcess, startProgram } from '../support/child.ts'
import { listen } from '../support/listen.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

function network(t: { after(fn: () => Promise<void>): void }) {
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  return { fetch: transport.fetch, clock: systemClock }
}

test('a daemon, a relay, a message: status, doctor and the files agree, and the stop is quick', async t => {
  const events: RelayEvent[] = []
  const relay = await startRelay({ observe: event => events.push(event) })
  t.after(() => relay.close())
  const net = network(t)
  const me = await registerUser(relay.url, { name: 'me' }, net)
  const bob = await registerUser(relay.url, { name: 'bob', description: 'friend' }, net)
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const view = viewOf(path)
  view.writeConfig({ base_url: relay.url, token: me.token, my_id: me.id })

  const daemon = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
  await waitFor('the stream', () => view.channel(/SSE_CONNECTED/).length === 1)
  await bob.send(me.id, '你好\nsecond line')
  await waitFor('the record', () => view.records().length === 1)
  assert.equal(view.records()[0]?.type, 'friend_request')
  await waitFor('the profile', () => view.json('profile.json')['my_name'] === 'me')

  const status = JSON.parse((await runProgram(['status', '--json', '--data-dir', path])).stdout)
  assert.equal(status.relay.state, 'connected')
  assert.equal(status.daemon.pid, daemon.process.pid)
  assert.equal(status.messages_received, 1)
  const spoken = await runProgram(['status', '--data-dir', path, '--lang', 'zh'])
  assert.match(spoken.stdout, /已连接/)

  const before = events.length
  const doctor = await runProgram(['doctor', '--json', '--data-dir', path])
  assert.equal(doctor.code, 0, doctor.stdout)
  const levels = JSON.parse(doctor.stdout).findings.map(
    (one: { check: string; level: string }) => `${one.check} ${one.level}`,
  )
  for (const expected of ['relay ok', 'token ok', 'daemon ok', 'state.db ok', 'config.json ok'])
    assert.ok(levels.includes(expected))
  const asked = events.slice(before).flatMap(event => (event.kind === 'request' ? event.path : []))
  assert.deepEqual(
    asked.filter(one => one === '/stream' || one === '/messages'),
    [],
    'no stream, no inbox',
  )

  for (const name of [
    'state.db',
    'conversations.md',
    'inbox_pushed.md',
    'contacts.json',
    'sse_channel.log',
    'lock.db',
  ] as const) {
    assert.equal(statSync(view.folder.file(name)).mode & 0o077, 0, `${name} is private`)
  }
  assert.equal(statSync(path).mode & 0o777, 0o700)

  const stopping = performance.now()
  daemon.kill('SIGTERM')
  assert.equal(await daemon.ended, 0)
  assert.ok(performance.now() - stopping < 5000)
  assert.match((await runProgram(['status', '--data-dir', path])).stdout, /not running/)
  const everything = daemon.stderr() + view.text('sse_channel.log')
  assert.doesNotMatch(everything, new RegExp(me.token))
  assert.doesNotMatch(everything, /second line/)
})

test('a token that the relay does not know is a fault of its own, in status and doctor', async t => {
  const relay = await startRelay()
  t.after(() => relay.close())
  const path = join(temporaryFolder(), 'openwechat_im_client')
  viewOf(path).writeConfig({ base_url: relay.url, token: 'f'.repeat(32) })
  const daemon = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
  await waitFor('the refusal', () => viewOf(path).channel(/AUTH_REFUSED/).length === 1)
  assert.match((await runProgram(['status', '--data-dir', path])).stdout, /refuses the token/)
  const doctor = await runProgram(['doctor', '--data-dir', path])
  assert.equal(doctor.code, 1)
  assert.match(doctor.stdout, /^FAULT {4}token: the relay does not know this token$/m)
  daemon.kill('SIGTERM')
  assert.equal(await daemon.ended, 0)
})

test('something else at the address is said to be no relay', async t => {
  const server = createServer((_, response) => response.end('<html>welcome</html>'))
  const port = await listen(t, server)
  const path = join(temporaryFolder(), 'openwechat_im_client')
  viewOf(path).writeConfig({
    base_url: `http://127.0.0.1:${port}`,
    token: 'a'.repeat(32),
  })
  const { code, stdout } = await runProgram(['doctor', '--data-dir', path])
  assert.equal(code, 1)
  assert.match(stdout, /relay: something answers there, but it is no openwechat-claw relay/)
})

describe('the relay command', () => {
  test('serves, keeps its users over a restart, and logs no words', async t => {
    const net = network(t)
    const database = join(temporaryFolder(), 'deep', 'relay.db')
    const first = startProgram(['relay', '--port', '0', '--db', database])
    const urlOf = (text: string) => /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0]
    const url = await waitFor('the address', () => urlOf(first.stdout()))
    const me = await registerUser(url, { name: 'me' }, net)
    const you = await registerUser(url, { name: 'you' }, net)
    await me.send(you.id, 'between us')
    first.kill('SIGTERM')
    assert.equal(await first.ended, 0)
    assert.doesNotMatch(first.stderr(), /between us|[0-9a-f]{32}/)
    assert.ok(existsSync(database))
    assert.equal(statSync(database).mode & 0o077, 0)

    const second = startProgram(['relay', '--port', '0', '--db', database])
    const again = await waitFor('the address', () => urlOf(second.stdout()))
    const reply = await net.fetch(`${again}/messages?limit=1`, {
      method: 'GET',
      headers: { 'X-Token': you.token },
      redirect: 'manual',
    })
    const reader = reply.body?.getReader()
    assert.match(Buffer.from((await reader?.read())?.value ?? []).toString(), /between us/)
    second.kill('SIGINT')
    assert.equal(await second.ended, 0)
  })
})

describe('the demo', () => {
  test('never writes over the registration of a folder that has one', async () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    const view = viewOf(path)
    view.writeConfig({ base_url: 'https://relay.example.org', token: 'a'.repeat(32) })
    const before = view.text('config.json')
    const { code, stderr } = await runProgram(['demo', '--once', '--data-dir', path])
    assert.equal(code, 1)
    assert.match(stderr, /^error: .*already holds a config\.json/)
    assert.equal(view.text('config.json'), before)
  })

  test('ends by itself after ten messages, which stand in the files it names', async () => {
    const { code, stdout, stderr } = await runProgram(['demo', '--once'], { env: { TMPDIR: temporaryFolder() } })
    assert.equal(code, 0, stderr)
    const folder = /Your files: (.+)/.exec(stdout)?.[1] ?? ''
    const view = viewOf(folder)
    assert.equal(stdout.match(/conversations\.md:\d+$/gm)?.length, 10)
    assert.ok(view.records().length >= 10)
    assert.ok(view.entries().length >= 8, 'two are our own')
    assert.deepEqual(
      new Set(view.records().map(one => one.from?.name)),
      new Set(['Demo owner', '小灯 Lumen', 'Pilot', 'system']),
    )
  })
})
