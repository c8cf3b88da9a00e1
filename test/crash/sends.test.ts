import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { startRelay } from '../../scripts/embedded/relay/server.ts'
import { registerUser } from '../../scripts/embedded/relay-user.ts'
import { type Child, runProgram, startDaemonProcess } from '../support/child.ts'
import { scale } from '../support/scale.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

/** Many commands at once through one daemon: each message once on the relay, and every exit code true. */

const SENDERS = 10
const FRIENDS = 5

interface Sent {
  readonly text: string
  readonly code: number | string
}

async function startWorld(t: TestContext) {
  const relay = await startRelay({ rateLimit: false })
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => relay.close())
  t.after(() => transport.close())
  const net = { fetch: transport.fetch, clock: systemClock }
  const me = await registerUser(relay.url, { name: 'me' }, net)
  const friends = await Promise.all(
    Array.from({ length: FRIENDS }, (_, i) => registerUser(relay.url, { name: `friend ${i}` }, net)),
  )
  for (const friend of friends) {
    await me.send(friend.id, 'let us be friends')
    await friend.send(me.id, 'yes')
  }
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const view = viewOf(path)
  view.writeConfig({ base_url: relay.url, token: me.token, my_id: me.id })

  /** Everything that the relay has taken for our friends, by text. */
  async function taken(): Promise<Map<string, number>> {
    const counts = new Map<string, number>()
    for (const friend of friends) {
      const reply = await net.fetch(`${relay.url}/messages?limit=500`, {
        method: 'GET',
        headers: { 'X-Token': friend.token },
        redirect: 'manual',
      })
      const reader = reply.body?.getReader()
      let body = ''
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
        body += Buffer.from(part.value ?? []).toString()
      }
      for (const [text] of body.matchAll(/message \d+ of \d+$/gm)) counts.set(text, (counts.get(text) ?? 0) + 1)
    }
    return counts
  }

  return { me, friends, view, path, taken }
}

type World = Awaited<ReturnType<typeof startWorld>>

/** Ten at a time, each one command after the other. */
async function sendAll({ path, friends }: World, count: number): Promise<Sent[]> {
  const sent: Sent[] = []
  async function sender(number: number): Promise<void> {
    for (let i = 0; i < count / SENDERS; i++) {
      const text = `message ${i} of ${number}`
      const to = friends[(number + i) % FRIENDS]?.id
      const { code } = await runProgram(['send', String(to), text, '--data-dir', path])
      sent.push({ text, code })
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, (_, number) => sender(number)))
  return sent
}

function linesWith(view: World['view'], text: string) {
  return view.records().filter(one => one.content === text)
}

test('sends from ten processes at once, under load: each one once on the relay', { timeout: 900_000 }, async t => {
  const world = await startWorld(t)
  const { me, friends, view } = world
  const daemon = await startDaemonProcess(world.path, { args: ['--no-identity-lock'] })
  const load = new AbortController()
  async function flood(): Promise<number> {
    for (let n = 0; ; n++) {
      if (load.signal.aborted) return n
      await friends[n % FRIENDS]?.send(me.id, `load ${n}`)
      await systemClock.sleep(5)
    }
  }
  const flooding = flood()
  const count = scale({ short: 30, full: 500 })
  const sent = await sendAll(world, count)
  load.abort()
  const loads = await flooding

  assert.deepEqual(
    sent.filter(one => one.code !== 0),
    [],
  )
  const taken = await world.taken()
  assert.deepEqual(
    [...taken.values()].filter(times => times !== 1),
    [],
  )
  assert.equal(taken.size, count)
  await waitFor(
    'the load to be shown',
    () => view.records().filter(one => /^load \d/.test(one.content)).length === loads,
  )
  for (const { text } of sent) assert.equal(linesWith(view, text).length, 1)
  assert.equal(view.json('stats.json')['messages_sent'], count)
  daemon.kill('SIGTERM')
  assert.equal(await daemon.ended, 0)
  t.diagnostic(`${count} sends from ${SENDERS} processes beside ${loads} received messages: each once`)
})

test('kill -9 while ten processes send: accepted once, or said to be unknown', { timeout: 900_000 }, async t => {
  const world = await startWorld(t)
  const count = scale({ short: 30, full: 500 })
  const kills = scale({ short: 4, full: 60 })
  let sending = true
  let killed = 0
  /** A service that starts the daemon again whenever it dies. */
  async function keepKilling(): Promise<Child> {
    for (;;) {
      const daemon = await startDaemonProcess(world.path, { args: ['--no-identity-lock'] })
      if (!sending || killed === kills) return daemon
      await systemClock.sleep(200 + Math.random() * 800)
      daemon.kill('SIGKILL')
      await daemon.ended
      killed++
    }
  }
  const killing = keepKilling()
  const sent = await sendAll(world, count)
  sending = false
  const daemon = await killing

  const codes = new Map<number | string, number>()
  for (const { code } of sent) codes.set(code, (codes.get(code) ?? 0) + 1)
  const taken = await world.taken()
  await waitFor('every outcome in the files', () => sent.every(({ text }) => linesWith(world.view, text).length > 0))
  for (const { text, code } of sent) {
    const times = taken.get(text) ?? 0
    assert.ok(code === 0 || code === 3, `${text}: exit code ${code}`)
    assert.ok(code === 0 ? times === 1 : times <= 1, `${text}: exit code ${code}, ${times} times on the relay`)
    assert.deepEqual(
      linesWith(world.view, text).map(one => one.flags['state'] ?? 'accepted'),
      [code === 0 ? 'accepted' : 'unknown'],
    )
  }
  daemon.kill('SIGTERM')
  assert.equal(await daemon.ended, 0)
  const unknown = sent.filter(one => one.code === 3)
  const arrived = unknown.filter(one => taken.get(one.text) === 1).length
  t.diagnostic(
    `${killed} kills, ${count} sends: ${codes.get(0) ?? 0} accepted, each once; ${unknown.length} unknown, of which ${arrived} arrived`,
  )
})
