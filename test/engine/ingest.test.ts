import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { IncomingMessage } from '../../scripts/core/adapter.ts'
import { createIngest } from '../../scripts/engine/ingest.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { dueMessages } from '../../scripts/store/messages.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { createWriter } from '../../scripts/store/writer.ts'
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
  const ingest = createIngest({ writer, clock, onCommit: () => {} })
  const store = ingest.for('relay', 'a')
  return {
    clock,
    ingest,
    store,
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
