import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { type RelayEvent, startRelay } from '../../scripts/embedded/relay/server.ts'
import { registerUser } from '../../scripts/embedded/relay-user.ts'
import { startDaemonProcess } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type FolderView, viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

const ROUNDS = 10
/** What the relay wrote so long before the kill has to be there (the promise's window, with room for a busy machine). */
const SAFE_MS = 250

/** The outside oracle: what the relay did, seen from the relay, in order. */
interface Sighting {
  readonly at: number
  readonly event: RelayEvent
}

const contentOf = (payload: string): string => /内容：(m\d+)/.exec(payload)?.[1] ?? ''

/** Messages that must be in the files: pushed in time before the kill, or read with another request behind them. */
function guaranteed(sightings: readonly Sighting[], kills: readonly number[]): Set<string> {
  const found = new Set<string>()
  // What is written between the kill and the moment the relay sees it goes to nobody (RC §7.2, unavoidable).
  const killOf = new Map<number, number>()
  for (const { at, event } of sightings) {
    if (event.kind === 'disconnected') killOf.set(event.connection, kills.findLast(kill => kill <= at) ?? at)
  }
  for (const [i, { at, event }] of sightings.entries()) {
    if (event.kind === 'pushed') {
      const kill = killOf.get(event.connection) ?? Number.POSITIVE_INFINITY
      if (kill - at >= SAFE_MS) found.add(contentOf(event.payload))
    }
    if (event.kind !== 'drained') continue
    // The reader asked again, and it was the same one: no process ended in between.
    const rest = sightings.slice(i + 1)
    const next = rest.findIndex(one => one.event.kind === 'request' && one.event.path === '/messages')
    if (next === -1 || rest.slice(0, next).some(one => one.event.kind === 'disconnected')) continue
    for (const payload of event.payloads) found.add(contentOf(payload))
  }
  found.delete('')
  return found
}

test('ten times kill -9 under load: what the relay handed over in time is in both files, once', async t => {
  const sightings: Sighting[] = []
  const relay = await startRelay({
    rateLimit: false,
    observe: event => sightings.push({ at: performance.now(), event }),
  })
  t.after(() => relay.close())
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  const network = { fetch: transport.fetch, clock: systemClock }
  const me = await registerUser(relay.url, { name: 'me' }, network)
  const peer = await registerUser(relay.url, { name: 'peer' }, network)
  await peer.send(me.id, 'hello')
  await me.send(peer.id, 'hello')

  const path = join(temporaryFolder(), 'openwechat_im_client')
  const view = viewOf(path)
  view.writeConfig({ base_url: relay.url, token: me.token })

  let sent = 0
  let flooding = true
  const flood = (async () => {
    while (flooding) {
      await peer.send(me.id, `m${++sent}`)
      await systemClock.sleep(25)
    }
  })()

  const kills: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const daemon = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
    const before = sightings.length
    await waitFor('some traffic', () => sightings.slice(before).filter(one => one.event.kind === 'pushed').length > 5)
    await systemClock.sleep(100 + ((round * 137) % 500))
    daemon.kill('SIGKILL')
    kills.push(performance.now())
    assert.equal(await daemon.ended, 'SIGKILL')
  }

  flooding = false
  await flood
  const last = await startDaemonProcess(path, { args: ['--no-identity-lock'] })
  await waitFor('the inbox to be empty', () => view.channel(/INBOX_DRAINED/).length > 0 && isDrained(sightings), {
    limitMs: 60_000,
  })
  last.kill('SIGTERM')
  assert.equal(await last.ended, 0)

  const conversations = countBy(view.records().map(one => one.content))
  const inbox = countBy(view.entries().map(one => contentOf(one.payload)))
  const sure = guaranteed(sightings, kills)
  assert.ok(sure.size > sent / 2, `${sure.size} of ${sent} are sure`)
  const missing = [...sure].filter(content => conversations.get(content) !== 1 || inbox.get(content) !== 1)
  if (missing.length > 0) t.diagnostic(describeLoss(missing, sightings, kills, view))
  for (const content of sure) {
    assert.equal(conversations.get(content), 1, `${content} in conversations.md`)
    assert.equal(inbox.get(content), 1, `${content} in inbox_pushed.md`)
  }
  for (let n = 1; n <= sent; n++) {
    assert.ok((conversations.get(`m${n}`) ?? 0) <= 1, `m${n} twice in conversations.md`)
    assert.ok((inbox.get(`m${n}`) ?? 0) <= 1, `m${n} twice in inbox_pushed.md`)
  }
  const seqs = view.entries().map(one => one.seq)
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(seqs).size, seqs.length)
  t.diagnostic(`${sent} sent, ${sure.size} sure, ${inbox.size - 2} arrived`)
})

/** For the one who has to find out why. */
function describeLoss(
  missing: readonly string[],
  sightings: readonly Sighting[],
  kills: readonly number[],
  view: FolderView,
) {
  return missing
    .map(content => {
      const seen = sightings.filter(({ event }) => 'payload' in event && contentOf(event.payload) === content)
      const drained = sightings.filter(
        ({ event }) => event.kind === 'drained' && event.payloads.some(one => contentOf(one) === content),
      )
      const events = [...seen, ...drained].map(({ at, event }) => {
        const kill = kills.find(one => one >= at) ?? Number.NaN
        return `${event.kind} ${'connection' in event ? event.connection : ''} ${Math.round(kill - at)} ms before the kill`
      })
      const files = `inbox ${view.text('inbox_pushed.md').includes(`${content}\n`)} conversations ${view.text('conversations.md').includes(`${content}\n`)}`
      return `${content}: ${events.join(', ')}; ${files}`
    })
    .join('\n')
}

/** The last answer to a read was an empty inbox. */
function isDrained(sightings: readonly Sighting[]): boolean {
  const last = sightings.findLast(one => one.event.kind === 'drained')
  return last?.event.kind === 'drained' && last.event.payloads.length === 0
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
