import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { enqueue } from '../../../scripts/store/deliveries.ts'
import { insertEvent } from '../../../scripts/store/events.ts'
import { dropSink, handedOnSeq, resumeSink } from '../../../scripts/store/sinks.ts'
import { turns, waitFor } from '../../support/wait-for.ts'
import { runEngine, webhooks } from './engine.ts'

const RECEIVED = { events: ['message.received'] }
const OPS = webhooks({ ops: RECEIVED })

describe('a sink', () => {
  test('that is new takes nothing that was there before', async t => {
    const engine = await runEngine(t)
    engine.add({ content: 'old' })
    engine.configure(OPS)
    await engine.settled()
    engine.add({ content: 'new' })
    await engine.until('new', () => engine.seen.length > 0)
    await engine.settled()
    assert.deepEqual(engine.texts('ops'), ['new'])
  })

  test('that comes beside another one takes nothing that the other one has waiting', async t => {
    const engine = await runEngine(t, { config: OPS, answer: ({ to }) => (to === 'ops' ? 503 : 200) })
    await engine.settled()
    engine.add({ content: 'old' })
    await engine.until('tried', () => engine.texts('ops').length > 0)
    engine.configure(webhooks({ ops: RECEIVED, log: RECEIVED }))
    await engine.settled()
    engine.add({ content: 'new' })
    await engine.until('new', () => engine.texts('log').length > 0)
    await engine.settled()
    assert.deepEqual(engine.texts('log'), ['new'])
  })

  test('that was deleted and is made again begins anew, without its old queue', async t => {
    const engine = await runEngine(t, { config: OPS, answer: () => 503 })
    await engine.settled()
    engine.add({ content: 'before' })
    await engine.until('tried', () => engine.seen.length > 0)
    engine.configure({})
    await engine.writer.write(database => dropSink(database, 'webhook:ops'))
    await engine.settled()
    engine.add({ content: 'meanwhile' })
    await engine.settled()
    engine.answer(() => 200)
    const before = engine.seen.length
    engine.configure(OPS)
    await engine.settled()
    engine.add({ content: 'after' })
    await engine.until('after', () => engine.seen.length > before)
    await engine.settled()
    assert.deepEqual(
      engine.seen.slice(before).map(({ text }) => text),
      ['after'],
    )
    assert.deepEqual([engine.state('webhook:ops')?.waiting, engine.state('webhook:ops')?.delivered], [0, 1])
  })

  test('that is only gone from the configuration for a while gets what waited, and nothing of the while', async t => {
    const engine = await runEngine(t, { config: OPS, answer: () => 503 })
    await engine.settled()
    engine.add({ content: 'before' })
    await engine.until('tried', () => engine.seen.length > 0)
    engine.configure({})
    engine.answer(() => 200)
    await engine.settled()
    engine.add({ content: 'meanwhile' })
    await engine.settled()
    const before = engine.seen.length
    engine.configure(OPS)
    await engine.until('before', () => engine.seen.length > before)
    await engine.settled()
    assert.deepEqual(
      engine.seen.slice(before).map(({ text }) => text),
      ['before'],
    )
  })

  test('that was deleted is told of nothing between that and the next configuration', async t => {
    const engine = await runEngine(t, { config: webhooks({ ops: {} }) })
    await engine.until('started', () => engine.seen.length === 1)
    await engine.writer.write(database => dropSink(database, 'webhook:ops'))
    engine.deliveries.tell({ name: 'channel.connected', channel: 'relay', text: 'connected' })
    engine.add({ content: 'meanwhile' })
    await engine.settled()
    engine.configure({})
    await engine.settled()
    assert.equal(engine.writer.database.get('SELECT count(*) AS n FROM deliveries')?.['n'], 0)
    assert.equal(engine.seen.length, 1)
  })

  test('whose configuration changes while nothing runs goes on with its queue under the new one', async t => {
    const first = await runEngine(t, { config: OPS, answer: () => 503 })
    await first.settled()
    first.add({ content: 'one' }, { content: 'two' })
    await first.until('tried', () => first.seen.length > 0)
    await first.stop()
    const { path, clock } = first
    const moved = webhooks({ ops: { ...RECEIVED, url: 'http://127.0.0.1:9/elsewhere' }, log: RECEIVED })
    const second = await runEngine(t, { path, clock, config: moved })
    await second.settled()
    second.add({ content: 'three' })
    await second.until('all', () => second.texts('elsewhere').length === 3, 200)
    await second.settled()
    assert.deepEqual(second.texts('elsewhere'), ['one', 'two', 'three'])
    assert.deepEqual(second.texts('log'), ['three'])
    const idOf = ({ seen }: typeof first) => seen.find(({ text }) => text === 'one')?.id
    assert.equal(idOf(second), idOf(first))
  })

  test('that is paused queues, and sends in order when it goes on', async t => {
    const paused = webhooks({ ops: { ...RECEIVED, enabled: false } })
    const engine = await runEngine(t, { config: paused })
    await engine.settled()
    for (const content of ['one', 'two', 'three']) engine.add({ content, from: content.length })
    await engine.settled()
    assert.deepEqual(engine.texts('ops'), [])
    assert.equal(engine.state('webhook:ops')?.waiting, 3)
    assert.equal(engine.shown('webhook:ops')?.['state'], 'paused')
    engine.configure(OPS)
    await engine.until('all', () => engine.seen.length === 3)
    assert.deepEqual(engine.texts('ops'), ['one', 'two', 'three'])
    await engine.settled()
    assert.equal(engine.shown('webhook:ops')?.['state'], 'working')
  })

  test('that goes on while its last request before the pause is under way sends one thing at a time', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    const { promise, resolve } = Promise.withResolvers<number>()
    engine.answer(() => promise)
    engine.add({ content: 'one' }, { content: 'two' })
    await engine.until('asked', () => engine.seen.length === 1)
    engine.configure(webhooks({ ops: { ...RECEIVED, enabled: false } }))
    engine.configure(OPS)
    await turns(50)
    assert.equal(engine.seen.length, 1)
    resolve(200)
    await engine.until('both', () => engine.state('webhook:ops')?.delivered === 2)
    assert.deepEqual(engine.texts('ops'), ['one', 'two'])
    assert.equal(engine.mostAtOnce, 1)
  })

  test('that is gone tells nothing of itself any more, whatever its last request comes to', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    const { promise, resolve } = Promise.withResolvers<number>()
    engine.answer(() => promise)
    engine.add({ content: 'one' })
    await engine.until('asked', () => engine.seen.length === 1)
    engine.configure({})
    await engine.settled()
    resolve(503)
    await waitFor('settled', () => engine.rows('webhook:ops').length === 1)
    await engine.settled()
    assert.equal(engine.shown('webhook:ops'), undefined)
  })

  test('that said 410 stays paused over a restart, and the queue grows, until the owner resumes it', async t => {
    const first = await runEngine(t, { config: OPS, answer: () => 410 })
    await first.settled()
    first.add({ content: 'one' })
    await first.until('paused', () => first.shown('webhook:ops')?.['state'] === 'paused')
    await first.stop()
    const second = await runEngine(t, { path: first.path, clock: first.clock, config: OPS })
    await second.settled()
    second.add({ content: 'two' }, { content: 'three' })
    await second.until('queued', () => second.state('webhook:ops')?.waiting === 2)
    await second.settled()
    assert.deepEqual(second.seen, [])
    assert.equal(second.shown('webhook:ops')?.['state'], 'paused')
    assert.equal(second.shown('webhook:ops')?.['reason'], 'http_410')
    await second.writer.write(database => resumeSink(database, 'webhook:ops'))
    second.deliveries.kick('webhook:ops')
    await second.until('both', () => second.seen.length === 2)
    assert.deepEqual(second.texts('ops'), ['two', 'three'])
  })

  test('new settings end every wait', async t => {
    const engine = await runEngine(t, { config: OPS, answer: () => 503 })
    await engine.settled()
    engine.add({ content: 'one' })
    await engine.until('failing', () => engine.shown('webhook:ops')?.['state'] === 'failing')
    engine.answer(() => 200)
    const before = engine.clock.monotonic()
    engine.configure(webhooks({ ops: { ...RECEIVED, timeout: 20_000 } }))
    await waitFor('delivered', () => engine.seen.length === 2)
    assert.equal(engine.clock.monotonic(), before)
  })
})

describe('what is written down of a sink', () => {
  test('holds neither its secret, nor its address, nor what was sent', async t => {
    const secret = 'a-secret-that-nobody-may-see'
    const config = webhooks({
      ops: { url: 'http://127.0.0.1:9/ops?key=also-secret', secret, retries: 1, retryDelay: 100 },
    })
    const engine = await runEngine(t, { config, answer: ({ seq }) => (seq === null ? 200 : 500) })
    await engine.settled()
    engine.add({ content: 'words of a peer' })
    await engine.until('given up', () => engine.state('webhook:ops')?.dead === 1)
    await engine.settled()
    assert.equal(engine.rows('webhook:ops').length, 3)
    const written = JSON.stringify([
      engine.logs,
      engine.told,
      engine.rows('webhook:ops'),
      engine.shown('webhook:ops'),
      engine.state('webhook:ops'),
    ])
    assert.match(written, /http_500/)
    assert.doesNotMatch(written, /nobody-may-see|also-secret|words of a peer|sha256=|v1,/)
  })
})

describe('a queue of ten thousand', () => {
  test('is told of once, in the channel log and to whoever reads the log', async t => {
    const engine = await runEngine(t, { config: webhooks({ ops: { ...RECEIVED, enabled: false } }) })
    await engine.settled()
    await engine.writer.write(database => {
      const about = { eventId: 'evt_old', name: 'message.received', at: '2026-03-09T10:00:00Z', lane: 'a' } as const
      const event = insertEvent(database, { ...about, seq: null, body: Buffer.from('{}') })
      for (let n = 0; n < 9998; n++)
        enqueue(database, { sink: 'webhook:ops', event, lane: 'a', body: null, notBefore: 0 })
    })
    const long = () => engine.told.filter(line => line.includes('long_queue'))
    for (let n = 1; n <= 6; n++) {
      engine.add({ content: `message ${n}` })
      await engine.until('queued', () => engine.state('webhook:ops')?.waiting === 9998 + n)
      assert.equal(long().length, n < 2 ? 0 : 1)
    }
    assert.deepEqual(long(), ['SINK_STATE webhook:ops long_queue 10000'])
    assert.equal(engine.logs.filter(({ msg }) => String(msg).includes('grown long')).length, 1)
  })
})

describe('a dead sink', () => {
  const names = Array.from({ length: 10 }, (_, n) => `dead${n}`)
  const all = webhooks(Object.fromEntries([...names, 'well'].map(name => [name, RECEIVED])))

  test('keeps no other one waiting, however many of them are dead', async t => {
    const engine = await runEngine(t, { config: all, answer: ({ to }) => (to === 'well' ? 200 : 'never') })
    await engine.settled()
    const contents = Array.from({ length: 30 }, (_, n) => `message ${n}`)
    for (const content of contents) engine.add({ content, from: 2 + (content.length % 3) })
    const before = engine.clock.monotonic()
    await engine.until('the well one', () => engine.texts('well').length === 30, 5)
    assert.deepEqual(engine.texts('well'), contents)
    // None of the dead ones has even come to its time-out.
    assert.ok(engine.clock.monotonic() - before < 10_000)
    for (const name of names) assert.equal(engine.texts(name).length, 1)
  })
})

describe('what is older than the limit', () => {
  test('is not taken away before every queue has it', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    engine.add({ content: 'handed on' })
    await engine.until('handed on', () => engine.seen.length === 1)
    assert.equal(handedOnSeq(engine.writer.database), 1)
    engine.store.add({ content: 'not yet' })
    assert.equal(handedOnSeq(engine.writer.database), 1)
    engine.deliveries.committed()
    await engine.until('handed on', () => engine.seen.length === 2)
    assert.equal(handedOnSeq(engine.writer.database), 2)
  })

  test('may go where nobody takes anything', async t => {
    const engine = await runEngine(t, { config: OPS })
    await engine.settled()
    engine.store.add({ content: 'for nobody' })
    engine.configure({})
    await engine.settled()
    assert.equal(handedOnSeq(engine.writer.database), Number.POSITIVE_INFINITY)
  })
})
