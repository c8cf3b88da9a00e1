import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '../../scripts/core/clock.ts'
import { type EmbeddedRelay, startRelay } from '../../scripts/embedded/relay/server.ts'
import { type RelayUser, registerUser } from '../../scripts/embedded/relay-user.ts'
import { scale } from '../support/scale.ts'
import { shareTime } from '../support/shared-time.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startTestDaemon, viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

const MINUTE = 60_000
const MINUTES = scale({ short: 30, full: 300 })
const SEND_EVERY_MS = 2000
const RESTART_EVERY_MS = 97_000
const SLEEP_EVERY_MS = 211_000
const TOKEN_EVERY_MS = 307_000

/** What keeps a process alive: sockets, listeners, watchers. */
function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter(one => /TCP|TLS|FSEvent|FSReq|Timeout/.test(one))
    .toSorted()
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed / 1e6
}

test(`${MINUTES} minutes of sleeps, restarts and new tokens: nothing is lost, memory is flat, nothing is left over`, async t => {
  const before = resources()
  const time = shareTime(t)
  const { clock } = time
  const databasePath = join(temporaryFolder(), 'relay.db')
  const open = (port: number): Promise<EmbeddedRelay> => startRelay({ clock, databasePath, port, rateLimit: false })
  let relay = await open(0)
  const network = { fetch: time.fetch, clock: systemClock }
  const peer = await registerUser(relay.url, { name: 'peer' }, network)

  const path = join(temporaryFolder(), 'openwechat_im_client')
  let identities = 0
  async function newIdentity(): Promise<RelayUser> {
    const user = await registerUser(relay.url, { name: `me ${++identities}` }, network)
    await peer.send(user.id, 'may I?')
    await user.send(peer.id, 'yes')
    viewOf(path).writeConfig({ base_url: relay.url, token: user.token })
    return user
  }
  let me = await newIdentity()
  const daemon = await startTestDaemon(t, { path, clock, fetch: time.fetch })
  const counts = new Map<string, number>()
  let counted = 0
  let sent = 0

  function received(): number {
    const entries = daemon.entries()
    for (const { payload } of entries.slice(counted)) {
      const content = /内容：(m\d+)$/.exec(payload)?.[1]
      if (content !== undefined) counts.set(content, (counts.get(content) ?? 0) + 1)
    }
    counted = entries.length
    return counts.size
  }

  async function allReceived(): Promise<void> {
    await waitFor('everything that was sent', () => received() === sent, { meanwhile: () => clock.advance(500) })
  }

  const start = clock.monotonic()
  const due = (every: number): boolean => (clock.monotonic() - start) % every < SEND_EVERY_MS
  const heap: number[] = []
  let mostSockets = 0
  while (clock.monotonic() - start < MINUTES * MINUTE) {
    await time.pass(SEND_EVERY_MS)
    await peer.send(me.id, `m${++sent}`)
    mostSockets = Math.max(mostSockets, resources().filter(one => one === 'TCPSocketWrap').length)
    if (due(RESTART_EVERY_MS)) {
      const { port } = relay
      await relay.close()
      await time.pass(5000)
      relay = await open(port)
    }
    if (due(SLEEP_EVERY_MS)) {
      clock.setWall(clock.now() + 3_600_000)
      if (sent % 2 === 0) relay.dropStreams()
    }
    if (due(TOKEN_EVERY_MS)) {
      await allReceived()
      me = await newIdentity()
    }
    if (due(5 * MINUTE)) {
      await allReceived()
      heap.push(heapAfterCollection())
    }
  }
  await allReceived()

  assert.deepEqual([...counts.values()].filter(count => count !== 1), [], 'each once') // biome-ignore format: one line
  for (const event of ['SSE_SECOND_OPENED', 'SSE_DISCONNECTED', 'SSE_RESTORED', 'CONFIG_RELOADED']) {
    assert.ok(daemon.channel().includes(event), `${event} happened`)
  }
  assert.equal(daemon.logs.filter(one => one['level'] === 'error').length, 0)
  // Both ends of two streams and of a few requests are in this process.
  assert.ok(mostSockets <= 16, `${mostSockets} sockets`)
  // By then every path has been taken and compiled.
  const growth = (heap.at(-1) ?? 0) - (heap[2] ?? 0)
  t.diagnostic(`${sent} messages, ${identities} identities, heap ${heap.map(one => one.toFixed(1)).join(' ')} MB`)
  assert.ok(growth < 3, `the heap grew by ${growth.toFixed(1)} MB`)

  await daemon.stop()
  await relay.close()
  await time.close()
  assert.equal(clock.pending(), 0, 'timers are left over')
  await waitFor('no socket left', () => resources().length <= before.length)
  assert.deepEqual(resources(), before)
})
