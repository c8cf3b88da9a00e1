import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { startRelay } from '../../scripts/embedded/relay/server.ts'
import { registerUser } from '../../scripts/embedded/relay-user.ts'
import { runProgram, startDaemonProcess } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

/** Two copies of the skill, registered as the same identity. */
async function twoCopies(t: TestContext) {
  const relay = await startRelay({ rateLimit: false })
  t.after(() => relay.close())
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  const net = { fetch: transport.fetch, clock: systemClock }
  const me = await registerUser(relay.url, { name: 'me' }, net)
  const bob = await registerUser(relay.url, { name: 'bob' }, net)
  const env = { XDG_STATE_HOME: temporaryFolder() }
  const copies = [0, 1].map(() => {
    const view = viewOf(join(temporaryFolder(), 'openwechat_im_client'))
    view.writeConfig({ base_url: relay.url, token: me.token, my_id: me.id })
    return view
  })
  const [first, second] = copies
  assert.ok(first !== undefined && second !== undefined)
  const messages = (view: typeof first) => runProgram(['messages', '--force', '--data-dir', view.folder.path], { env })
  return { me, bob, env, first, second, messages }
}

test('one copy never reads what the daemon of another one would', async t => {
  const { env, first, second, messages } = await twoCopies(t)
  const daemon = await startDaemonProcess(first.folder.path, { env })
  await waitFor('the stream', () => first.channel(/SSE_CONNECTED/).length === 1)

  const alone = await messages(second)
  assert.equal(alone.code, 1)
  assert.ok(alone.stderr.includes(first.folder.path), alone.stderr)

  const other = await startDaemonProcess(second.folder.path, { env })
  await waitFor('the refusal', async () => {
    const status = await runProgram(['status', '--json', '--data-dir', second.folder.path], { env })
    return JSON.parse(status.stdout).relay?.state === 'identity_taken'
  })
  const through = await messages(second)
  assert.equal(through.code, 1)
  assert.ok(through.stderr.includes(first.folder.path), through.stderr)

  // The daemon that has the identity may look whenever it is asked to.
  assert.equal((await messages(first)).code, 0)
  for (const one of [daemon, other]) one.kill('SIGTERM')
  assert.deepEqual(await Promise.all([daemon.ended, other.ended]), [0, 0])
})

test('a copy whose daemon does not run reads, and gives the identity back', async t => {
  const { me, bob, env, first, second, messages } = await twoCopies(t)
  await bob.send(me.id, 'hello')
  const read = await messages(first)
  assert.equal(read.code, 0, read.stderr)
  assert.match(read.stdout, /^1 message fetched/)
  assert.equal((await messages(second)).code, 0)
  const daemon = await startDaemonProcess(second.folder.path, { env })
  await waitFor('the stream', () => second.channel(/SSE_CONNECTED/).length === 1)
  daemon.kill('SIGTERM')
  assert.equal(await daemon.ended, 0)
})

test('a state folder that can not be used is named', async t => {
  const { first } = await twoCopies(t)
  const env = { XDG_STATE_HOME: first.folder.file('config.json') }
  const { code, stderr } = await runProgram(['messages', '--data-dir', first.folder.path], { env })
  assert.equal(code, 1)
  assert.match(stderr, /lock of this account can not be taken \(ENOTDIR\)/)
})
