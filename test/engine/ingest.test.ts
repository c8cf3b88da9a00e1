import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { IncomingMessage } from '../../scripts/core/adapter.ts'
import { createIngest } from '../../scripts/engine/ingest.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { dueMessages, type StoredMessage } from '../../scripts/store/messages.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { createWriter } from '../../scripts/store/writer.ts'
import { hostileText } from '../support/arbitraries.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { turns } from '../support/wait-for.ts'

const HOUR = 3_600_000
const alice = { address: { scheme: 'relay', id: 1 }, name: 'alice' } as const

function message(content: string, more: Partial<IncomingMessage> = {}): IncomingMessage {
  return { parsed: { type: 'chat', at: '2026-03-09T10:00:00Z', from: alice, content, flags: {} }, ...more }
}

/** One run of the daemon on a database; without a stop it ends as a killed one does. */
function run(path: string, clock = createFakeClock()) {
  const writer = createWriter({
    open: () => openForWriting(path, migrate),
    replaceCorrupt: () => assert.fail('not expected'),
    clock,
    onFault: () => {},
    onRecovered: () => {},
  })
  const announced: StoredMessage[] = []
  const ingest = createIngest({ writer, clock, onCommit: fresh => announced.push(...fresh) })
  const store = ingest.for('relay', 'a')
  return {
    clock,
    ingest,
    store,
    announced,
    stored: () => dueMessages(writer.database, 0, 10_000),
    receive: (one: IncomingMessage) => store.ingest({ via: 'stream', body: Buffer.from('x'), messages: [one] }),
    shown: () => dueMessages(writer.database, 0, 10).map(one => one.content),
    kill: () => writer.database.close(),
  }
}

describe('what waits before it is shown', () => {
  for (const [name, more, waitMs] of [
    ['for a twin', { mayHaveTwin: true }, 1000],
    ['for its sender', { unresolved: true }, 10_000],
  ] as const) {
    test(`${name} waits its time and no longer, whatever happens to the wall clock`, async t => {
      for (const jump of [-HOUR, 0, HOUR]) {
        const daemon = run(join(temporaryFolder(), 'state.db'))
        t.after(daemon.kill)
        await daemon.receive(message('first', more))
        await daemon.receive(message('behind'))
        daemon.clock.setWall(daemon.clock.now() + jump)
        daemon.clock.advance(waitMs - 1)
        await turns()
        assert.deepEqual(daemon.shown(), [], `jump of ${jump} ms`)
        daemon.clock.advance(1)
        await turns()
        assert.deepEqual(daemon.shown(), ['first', 'behind'], `jump of ${jump} ms`)
      }
    })

    test(`${name} and outlives a kill: the next run shows it in time, in order`, async t => {
      const path = join(temporaryFolder(), 'state.db')
      const first = run(path)
      first.clock.advance(100 * HOUR)
      await first.receive(message('first', more))
      await first.receive(message('behind'))
      first.kill()
      // The clock of a process begins anew, the wall clock may be anywhere.
      const next = run(path, createFakeClock({ startAt: Date.UTC(2020, 0, 1) }))
      t.after(next.kill)
      await next.ingest.resume()
      next.clock.advance(waitMs)
      await turns()
      assert.deepEqual(next.shown(), ['first', 'behind'])
    })
  }
})

describe('what comes in one turn', () => {
  test('is one commit, and one that can not be stored takes no other with it', async t => {
    const daemon = run(join(temporaryFolder(), 'state.db'))
    t.after(daemon.kill)
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const bad = message('bad')
    const results = await Promise.allSettled([
      daemon.receive(message('before')),
      daemon.receive({ ...bad, parsed: { ...bad.parsed, flags: circular as Record<string, string> } }),
      daemon.receive(message('after')),
    ])
    assert.deepEqual(
      results.map(one => one.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(daemon.shown(), ['before', 'after'])
  })

  test('a relationship is known anew as soon as it changed, however it changed', async t => {
    const daemon = run(join(temporaryFolder(), 'state.db'))
    t.after(daemon.kill)
    const { contacts } = daemon.store
    const { address } = alice
    assert.equal(contacts.relationshipWith(address), null)
    await daemon.receive(message('let me in', { contact: { address, relationship: 'pending_incoming' } }))
    assert.equal(contacts.relationshipWith(address), 'pending_incoming')
    await contacts.update([{ address, relationship: 'accepted' }])
    assert.equal(contacts.relationshipWith(address), 'accepted')
    await daemon.receive(message('who is it', { unresolved: true }))
    await daemon.store.resolve(2, message('who is it', { contact: { address, relationship: 'none' } }))
    assert.equal(contacts.relationshipWith(address), null)
  })
})

test('what is announced as fresh is what the store gives back, whatever it says', async t => {
  const daemon = run(join(temporaryFolder(), 'state.db'))
  t.after(daemon.kill)
  const anyMessage: fc.Arbitrary<IncomingMessage> = fc.record({
    parsed: fc.record({
      type: fc.constantFrom('chat' as const, 'system' as const, 'unparsed' as const),
      at: fc.constantFrom('2026-03-09T10:00:00Z', '2026-03-09T10:00:01Z', null),
      from: fc.option(
        fc.record({
          address: fc.record({ scheme: fc.constant('relay' as const), id: fc.nat(2) }),
          name: hostileText(3),
        }),
      ),
      content: fc.oneof(hostileText(3), fc.constant('again')),
      flags: fc.constantFrom({}, { state: 'partial' }),
    }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(anyMessage, { minLength: 1, maxLength: 6 }), async messages => {
      const before = daemon.announced.length
      await daemon.store.ingest({ via: 'stream', body: Buffer.from('a\0b'), messages })
      assert.equal(daemon.announced.length, before + messages.length)
    }),
    { numRuns: 200 },
  )
  assert.ok(daemon.announced.some(one => one.repeatsEarlier))
  const plain = (all: readonly StoredMessage[]) =>
    all.map(one => ({ ...one, payload: Buffer.from(one.payload ?? []).toString() }))
  assert.deepEqual(plain(daemon.announced), plain(daemon.stored()))
})

test('a message that waits for something is not announced, nor is what came with it', async t => {
  const daemon = run(join(temporaryFolder(), 'state.db'))
  t.after(daemon.kill)
  for (const more of [{ mayHaveTwin: true }, { unresolved: true }]) {
    await daemon.store.ingest({
      via: 'poll',
      body: Buffer.from('x'),
      messages: [message('plain'), message('waits', more)],
    })
  }
  assert.deepEqual(daemon.announced, [])
})
