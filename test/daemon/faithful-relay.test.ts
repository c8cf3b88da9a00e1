import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { allFaults } from '../../scripts/embedded/relay/faults.ts'
import { revisions } from '../../scripts/embedded/relay/revisions.ts'
import {
  type EmbeddedRelay,
  type RelayEvent,
  type RelayOptions,
  startRelay,
} from '../../scripts/embedded/relay/server.ts'
import { type Network, type RelayUser, registerUser } from '../../scripts/embedded/relay-user.ts'
import { type SharedTime, shareTime } from '../support/shared-time.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startTestDaemon, type TestDaemon, viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

interface Household {
  readonly time: SharedTime
  readonly relay: EmbeddedRelay
  readonly events: readonly RelayEvent[]
  readonly me: RelayUser
  readonly peer: RelayUser
  readonly daemon: TestDaemon
  /** What the daemon shows, in order. */
  contents(): string[]
  shows(count: number): Promise<void>
  count(kind: RelayEvent['kind']): number
  start(options?: RelayOptions): Promise<EmbeddedRelay>
  /** Another daemon on the same folder. */
  startDaemon(): Promise<TestDaemon>
}

/** Two friends on a relay that is as faulty as the real one, and the daemon of one of them. */
async function household(t: TestContext, options: RelayOptions = {}): Promise<Household> {
  const time = shareTime(t)
  const events: RelayEvent[] = []
  const databasePath = join(temporaryFolder(), 'relay.db')
  async function start(more: RelayOptions = {}): Promise<EmbeddedRelay> {
    const observe = (event: RelayEvent) => void events.push(event)
    const relay = await startRelay({ clock: time.clock, databasePath, faults: allFaults, observe, ...options, ...more })
    t.after(() => relay.close())
    return relay
  }
  const relay = await start()
  // Older relays count requests, registrations and streams by address: everybody has one.
  const from = (address: string): Network => ({
    clock: time.clock,
    fetch: (url, init) => time.fetch(url, { ...init, headers: { ...init.headers, 'X-Forwarded-For': address } }),
  })
  const me = await time.during(registerUser(relay.url, { name: 'me' }, from('10.0.0.1')))
  const peer = await time.during(registerUser(relay.url, { name: 'peer' }, from('10.0.0.2')))
  await time.pass(10_000)
  const path = join(temporaryFolder(), 'openwechat_im_client')
  viewOf(path).writeConfig({ base_url: relay.url, token: me.token, my_id: me.id })
  const startDaemon = () => startTestDaemon(t, { path, clock: time.clock, fetch: time.fetch })
  const daemon = await startDaemon()
  const contents = () => daemon.records().filter(one => one.type === 'chat').map(one => one.content) // biome-ignore format: one line
  return {
    time,
    relay,
    events,
    me,
    peer,
    daemon,
    contents,
    async shows(count) {
      await waitFor(`${count} messages`, () => contents().length >= count, { meanwhile: () => time.pass(1000) })
      assert.equal(contents().length, count)
    },
    count: kind => events.filter(one => one.kind === kind).length,
    start,
    startDaemon,
  }
}

async function befriend({ time, me, peer }: Household): Promise<void> {
  await time.during(me.send(peer.id, 'may I?'))
  await time.pass(10_000)
  await time.during(peer.send(me.id, 'm0'))
  await time.pass(10_000)
}

async function sendAll(
  { time, me, peer }: Household,
  { from, to, everyMs }: { from: number; to: number; everyMs: number },
) {
  for (let n = from; n <= to; n++) {
    await time.during(peer.send(me.id, `m${n}`))
    await time.pass(everyMs)
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`)

describe('a relay with all the faults of the real one (RC §7)', () => {
  test('a daemon that is at work loses nothing to it, and leaves no dead registration behind', async t => {
    const home = await household(t)
    await befriend(home)
    await sendAll(home, { from: 1, to: 30, everyMs: 2000 })
    await home.shows(31)
    assert.deepEqual(home.contents(), numbered(31))
    assert.equal(home.count('lost') + home.count('dead'), 0)
  })

  test('SIGTERM: the stream stays open and deaf; a routine look finds what the new process stored', async t => {
    const home = await household(t)
    await befriend(home)
    await home.shows(1)
    await home.time.pass(2 * 60_000)
    await home.relay.terminate()
    await home.start({ port: home.relay.port })
    await sendAll(home, { from: 1, to: 5, everyMs: 30_000 })
    await home.shows(6)
    await waitFor('a second stream', () => home.daemon.channel().includes('SSE_SECOND_OPENED'), {
      meanwhile: () => home.time.pass(500),
    })
    assert.ok(home.daemon.channel().includes('SSE_DEAF'))
    await sendAll(home, { from: 6, to: 8, everyMs: 1000 })
    await home.shows(9)
    assert.deepEqual(home.contents(), numbered(9))
    assert.equal(home.count('lost'), 0)
    assert.equal(home.daemon.channel(/SSE_DISCONNECTED/).length, 0)
  })

  test('ten files one after the other freeze it for twenty seconds: no second stream, nothing lost', async t => {
    const home = await household(t)
    await befriend(home)
    await home.shows(1)
    await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const form = new FormData()
        form.set('to_id', String(home.me.id))
        form.set('content', `m${n + 1}`)
        form.set('file', new Blob(['x']), 'x.txt')
        const reply = await home.time.during(
          fetch(`${home.relay.url}/send/file`, { method: 'POST', body: form, headers: { 'X-Token': home.peer.token } }),
        )
        assert.equal(await reply.text(), '错误：发送失败，请稍后重试')
      }),
    )
    await waitFor('all of them', () => home.contents().length === 11, { meanwhile: () => home.time.pass(1000) })
    assert.equal(home.daemon.channel(/SSE_CONNECT_START/).length, 1)
    assert.equal(home.count('lost'), 0)
  })

  test('a stop in the middle of an event leaves a dead registration: lost is what was sent until the next start', async t => {
    const home = await household(t)
    await befriend(home)
    await home.shows(1)
    await home.time.during(home.peer.send(home.me.id, 'm1'))
    // For the relay that event is still being written: its clock stands still.
    await home.daemon.stop()
    assert.equal(home.count('dead'), 1)
    await sendAll(home, { from: 2, to: 3, everyMs: 1000 })
    const before = home.count('connected')
    await home.startDaemon()
    await waitFor('a stream', () => home.count('connected') > before, { meanwhile: () => home.time.pass(500) })
    await sendAll(home, { from: 4, to: 60, everyMs: 1000 })
    await home.shows(59)
    assert.deepEqual(
      home.contents(),
      numbered(61).filter(one => one !== 'm2' && one !== 'm3'),
    )
    const lost = home.events.flatMap(one => (one.kind === 'lost' ? [one.payload.split('内容：')[1]] : []))
    assert.deepEqual(lost, ['m2', 'm3'])
  })

  test('the stream breaks again and again: what is sent meanwhile is stored and read, one reader at a time', async t => {
    const home = await household(t)
    await befriend(home)
    for (let round = 0; round < 5; round++) {
      await home.time.pass(5000)
      home.relay.dropStreams()
      await sendAll(home, { from: round * 4 + 1, to: round * 4 + 4, everyMs: 500 })
    }
    await home.shows(21)
    assert.deepEqual(home.contents().toSorted(), numbered(21).toSorted())
    assert.equal(home.count('dead'), 0)
  })
})

describe('older relays (RC §11)', () => {
  for (const revision of Object.keys(revisions) as (keyof typeof revisions)[]) {
    test(`${revision}: everything arrives once, in order`, async t => {
      const home = await household(t, { revision })
      await befriend(home)
      await sendAll(home, { from: 1, to: 12, everyMs: 10_500 })
      await home.shows(13)
      assert.deepEqual(home.contents(), numbered(13))
      assert.equal(home.count('lost'), 0)
    })
  }
})
