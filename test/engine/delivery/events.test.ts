import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { EVENT_NAMES } from '../../../scripts/core/events.ts'
import { BOB, chat } from '../../support/blocks.ts'
import { pushTransport } from '../../support/push-transport.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'
import { networkError } from '../../support/scripted-relay.ts'
import { type Scene, startScene } from '../../support/test-daemon.ts'
import { runEngine, webhooks } from './engine.ts'

const OTHER = 'b'.repeat(32)

function eventsOf(receiver: Receiver): string[] {
  return receiver.requests.map(({ json }) => String(json['event']))
}

function outbound(url: string, settings: object = {}) {
  return { webhooks: { outbound: { ops: { url, ...settings } } } }
}

async function daemonWith(t: TestContext, receiver: Receiver): Promise<Scene> {
  const scene = await startScene(t, { pushFetch: pushTransport(t), config: outbound(receiver.url) })
  await scene.until('connected', () => receiver.requests.length === 2)
  return scene
}

describe('the life of the daemon', () => {
  test('its start is told first, then that the relay is connected, once', async t => {
    const receiver = await startReceiver(t)
    const scene = await daemonWith(t, receiver)
    await scene.pass(60_000, 1000)
    assert.deepEqual(eventsOf(receiver), ['system.started', 'channel.connected'])
    const { data, timestamp } = receiver.requests[1]?.json ?? {}
    assert.deepEqual(data, {
      channel: 'relay',
      user: null,
      message: 'connected',
      sessionId: null,
      id: receiver.requests[1]?.headers['webhook-id'],
    })
    assert.match(String(timestamp), /^2026-03-09T10:0\d:\d\dZ$/)
  })

  test('a relay that goes and comes is told once each, however often it is tried', async t => {
    const receiver = await startReceiver(t)
    const scene = await daemonWith(t, receiver)
    let refused = 0
    scene.relay.override = path => {
      if (path !== '/stream' || ++refused > 4) return null
      throw networkError('ECONNREFUSED')
    }
    scene.relay.streams[0]?.breakOff('UND_ERR_SOCKET')
    await scene.until('connected again', () => receiver.requests.length === 4, 500)
    assert.equal(refused, 5)
    assert.deepEqual(eventsOf(receiver).slice(2), ['channel.disconnected', 'channel.connected'])
    assert.match(
      String(receiver.requests[2]?.json['data'] && JSON.stringify(receiver.requests[2].json)),
      /"reason":"\w+"/,
    )
  })

  test('another token is another account: told once', async t => {
    const receiver = await startReceiver(t)
    const scene = await daemonWith(t, receiver)
    scene.relay.token = OTHER
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: OTHER, ...outbound(receiver.url) })
    await scene.until(
      'connected again',
      () => eventsOf(receiver).filter(name => name === 'channel.connected').length === 2,
    )
    await scene.pass(5000)
    assert.deepEqual(eventsOf(receiver).slice(2).toSorted(), [
      'agent.switched',
      'channel.connected',
      'channel.disconnected',
    ])
    const next = await scene.restart()
    await next.until('connected', () => eventsOf(receiver).at(-1) === 'channel.connected')
    assert.equal(eventsOf(receiver).filter(name => name === 'agent.switched').length, 1)
  })

  test('another token while nothing ran is told at the next start', async t => {
    const receiver = await startReceiver(t)
    const scene = await daemonWith(t, receiver)
    await scene.stop()
    scene.relay.token = OTHER
    scene.writeConfig({ base_url: 'http://127.0.0.1:9', token: OTHER, ...outbound(receiver.url) })
    const before = receiver.requests.length
    const next = await scene.restart()
    await next.until('connected', () => eventsOf(receiver).slice(before).includes('channel.connected'))
    assert.deepEqual(eventsOf(receiver).slice(before), ['system.started', 'agent.switched', 'channel.connected'])
  })

  test('an orderly stop is told before it is over', async t => {
    const receiver = await startReceiver(t)
    const scene = await daemonWith(t, receiver)
    await scene.stop()
    assert.deepEqual(eventsOf(receiver).slice(2), ['channel.disconnected', 'system.stopped'])
  })

  test('or at the next start, before that, when nobody listened', async t => {
    const receiver = await startReceiver(t)
    const scene = await daemonWith(t, receiver)
    receiver.answer(503)
    const stopped = scene.stop()
    let over = false
    void stopped.then(() => {
      over = true
    })
    await scene.until('stopped', () => over)
    receiver.answer(200)
    const before = receiver.requests.length
    const next = await scene.restart()
    await next.until('connected', () => eventsOf(receiver).slice(before).includes('channel.connected'), 500)
    const told = eventsOf(receiver).slice(before)
    assert.deepEqual(told.toSorted(), ['channel.connected', 'channel.disconnected', 'system.started', 'system.stopped'])
    const inOrder = (first: string, second: string) =>
      assert.ok(told.indexOf(first) < told.indexOf(second), told.join())
    inOrder('system.stopped', 'system.started')
    inOrder('channel.disconnected', 'channel.connected')
  })

  test('a stop does not wait for a receiver that hangs, and nothing of it is lost', async t => {
    const receiver = await startReceiver(t)
    const scene = await daemonWith(t, receiver)
    receiver.answer('hang')
    scene.relay.send(chat(BOB, 'hello'))
    await scene.until('asked', () => receiver.requests.length === 3)
    const before = scene.clock.monotonic()
    let over = false
    void scene.stop().then(() => {
      over = true
    })
    await scene.until('stopped', () => over)
    assert.ok(scene.clock.monotonic() - before <= 5000)
    receiver.answer(200)
    const next = await scene.restart()
    await next.until('told', () => eventsOf(receiver).filter(name => name === 'message.received').length === 2)
    const ids = receiver.requests
      .filter(({ json }) => json['event'] === 'message.received')
      .map(one => one.headers['webhook-id'])
    assert.equal(new Set(ids).size, 1)
  })
})

describe('message.error', () => {
  const ERRORS = { events: ['message.error'], retries: 0 }
  const CAROL = 3

  test('is told of what was not understood, refused, or may have been sent', async t => {
    const engine = await runEngine(t, {
      config: webhooks({ ops: { events: ['error'] }, sent: { events: ['message.sent'] } }),
    })
    await engine.settled()
    engine.add(
      { type: 'unparsed', from: null, content: '???' },
      { to: CAROL, content: 'no', flags: { state: 'refused' } },
      { to: CAROL, content: 'perhaps', flags: { state: 'unknown' } },
      { to: CAROL, content: 'yes' },
      { content: 'hello' },
    )
    await engine.until('all', () => engine.seen.length === 4)
    await engine.settled()
    assert.deepEqual(
      engine.seen.map(({ to, event, text, data }) => [to, event, text, data['error']]).toSorted(),
      [
        ['ops', 'message.error', '???', 'unparsed'],
        ['ops', 'message.error', 'no', 'refused'],
        ['ops', 'message.error', 'perhaps', 'unknown'],
        ['sent', 'message.sent', 'yes', undefined],
      ].toSorted(),
    )
  })

  test('is told of a dead letter to everybody else, and never to the sink that failed', async t => {
    const config = webhooks({ bad: { retries: 0 }, ops: ERRORS, other: ERRORS })
    const engine = await runEngine(t, {
      config,
      answer: ({ to, event }) => (to === 'bad' && event === 'message.received' ? 400 : 200),
    })
    await engine.settled()
    const [seq] = engine.add({ content: 'hello' })
    await engine.until('told', () => engine.events('ops').length === 1 && engine.events('other').length === 1)
    await engine.settled()
    assert.deepEqual(engine.events('bad'), ['system.started', 'message.received'])
    const failed = engine.seen.find(({ to, seq }) => to === 'bad' && seq !== null)
    const { id: _, ...data } = engine.seen.find(({ to }) => to === 'ops')?.data ?? {}
    assert.deepEqual(data, {
      channel: 'webhook:bad',
      user: null,
      message: 'a delivery was given up',
      sessionId: null,
      error: 'http_400',
      event: 'message.received',
      event_id: failed?.id,
      seq,
    })
  })

  test('is never about an error: two that fail do not tell each other for ever', async t => {
    const config = webhooks({ bad: { retries: 0 }, worse: { retries: 0 } })
    const engine = await runEngine(t, { config, answer: () => 400 })
    await engine.settled()
    engine.add({ content: 'hello' })
    await engine.until(
      'given up',
      () => (engine.state('webhook:bad')?.dead ?? 0) + (engine.state('webhook:worse')?.dead ?? 0) === 8,
    )
    await engine.settled()
    // Each one: the start, the message, and that the other one gave these two up.
    for (const name of ['bad', 'worse']) {
      assert.deepEqual(engine.events(name).toSorted(), [
        'message.error',
        'message.error',
        'message.received',
        'system.started',
      ])
    }
  })
})

describe('who is told', () => {
  test('of everything: who names no event, who names all of them, and who says so by a star', async t => {
    const config = webhooks({ none: {}, star: { events: ['*'] }, all: { events: EVENT_NAMES } })
    const engine = await runEngine(t, { config })
    await engine.settled()
    for (const name of EVENT_NAMES.slice(3, 6)) engine.deliveries.tell({ name, channel: 'relay', text: 'x' })
    engine.add({ content: 'in' }, { to: 2, content: 'out' }, { type: 'unparsed', content: '?' })
    await engine.until('all', () => engine.seen.length === 21)
    await engine.stop()
    for (const name of ['none', 'star', 'all']) {
      assert.deepEqual(engine.events(name).toSorted(), EVENT_NAMES.toSorted(), name)
    }
  })

  test('of what happens while a configuration is being applied: those whom it names', async t => {
    const engine = await runEngine(t)
    engine.configure(webhooks({ ops: {} }))
    // Before anything of it is written.
    engine.deliveries.tell({ name: 'channel.connected', channel: 'relay', text: 'connected' })
    await engine.until('both', () => engine.seen.length === 2)
    assert.deepEqual(engine.events('ops'), ['system.started', 'channel.connected'])
  })
})

describe('which messages, and when', () => {
  test('a sender who is being looked up holds what came after, and then everything comes in order', async t => {
    const engine = await runEngine(t, { config: webhooks({ ops: { events: ['message.received'] } }) })
    await engine.settled()
    const [unknown = 0] = engine.add({ content: 'who?', from: null, state: 'resolving' }, { content: 'later' })
    await engine.settled()
    assert.deepEqual(engine.texts('ops'), [])
    engine.store.settle(unknown)
    engine.deliveries.committed()
    await engine.until('both', () => engine.seen.length === 2)
    assert.deepEqual(engine.texts('ops'), ['who?', 'later'])
    assert.deepEqual([engine.seen[0]?.data['user'], engine.seen[1]?.data['user']], ['unverified', '#2'])
  })

  test('two copies of one request are told once, history never, and a correction with what it corrects', async t => {
    const engine = await runEngine(t, { config: webhooks({ ops: { events: ['message.received'] } }) })
    await engine.settled()
    const request = engine.store.add({ type: 'friend_request', content: 'both', flags: { also: 'chat' } })
    engine.store.merge(engine.store.add({ content: 'both' }), request)
    engine.store.add({ content: 'long ago', via: 'import' })
    engine.add({ type: 'correction', content: 'who?', flags: { ref: '1' } })
    await engine.until('both', () => engine.seen.length === 2)
    await engine.settled()
    assert.deepEqual(
      engine.seen.map(({ text, data }) => [text, data['type'], data['flags']]),
      [
        ['both', 'friend_request', { also: 'chat' }],
        ['who?', 'correction', { ref: '1' }],
      ],
    )
  })

  test('ten sinks that never answer do not keep the stream waiting, nor the files', async t => {
    const receiver = await startReceiver(t, 'hang')
    const dead = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`dead${n}`, { url: receiver.url }]))
    const scene = await startScene(t, { pushFetch: pushTransport(t), config: { webhooks: { outbound: dead } } })
    await scene.until('asked', () => scene.relay.streams.length === 1 && receiver.requests.length === 10)
    for (let n = 0; n < 30; n++) scene.relay.send(chat(BOB, `message ${n}`))
    // A second copy of each may come for a second; nobody's time-out, 10 s, is waited for.
    await scene.pass(2000)
    await scene.eventually(() => assert.deepEqual([scene.entries().length, scene.records().length], [30, 30]))
    const stopped = scene.stop()
    let over = false
    void stopped.then(() => {
      over = true
    })
    await scene.until('stopped', () => over)
  })
})
