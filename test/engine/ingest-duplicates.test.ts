import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { IncomingMessage } from '../../scripts/core/adapter.ts'
import { createIngest } from '../../scripts/engine/ingest.ts'
import { counter } from '../../scripts/store/counters.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { dueMessages, type StoredMessage } from '../../scripts/store/messages.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { createWriter } from '../../scripts/store/writer.ts'
import { createFailingDatabase } from '../support/failing-database.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { turns } from '../support/wait-for.ts'

function message(content: string, id?: string): IncomingMessage {
  const from = { address: { scheme: 'webhook', name: 'ops' }, name: 'ops' } as const
  const parsed = { type: 'chat', at: null, from, content, flags: {} } as const
  return id === undefined ? { parsed } : { parsed, id }
}

function run(path = join(temporaryFolder(), 'state.db'), failing = createFailingDatabase()) {
  const clock = createFakeClock()
  const writer = createWriter({
    open: () => failing.wrap(openForWriting(path, migrate)),
    replaceCorrupt: () => assert.fail('not expected'),
    clock,
    onFault: () => {},
    onRecovered: () => {},
  })
  const fresh: StoredMessage[] = []
  const ingest = createIngest({ writer, clock, onCommit: messages => fresh.push(...messages) })
  const one = (name: string) => writer.database.get(`SELECT count(*) AS n FROM ${name}`)?.['n']
  return {
    clock,
    path,
    fresh,
    count: one,
    duplicates: () => counter(writer.database, 'duplicates'),
    received: () => counter(writer.database, 'received'),
    receive: (messages: IncomingMessage | IncomingMessage[], source = 'webhook', account = 'ops') =>
      ingest.for(source, account).ingest({
        via: 'webhook',
        body: Buffer.from('body'),
        messages: Array.isArray(messages) ? messages : [messages],
      }),
    shown: () => dueMessages(writer.database, 0, 100).map(({ content }) => content),
    kill: () => writer.database.close(),
  }
}

describe('a message with the id of another one', () => {
  test('is dropped and counted, and the first one’s number is told', async t => {
    const daemon = run()
    t.after(daemon.kill)
    assert.deepEqual(await daemon.receive(message('first', '7')), [{ seq: 1, duplicate: false }])
    assert.deepEqual(await daemon.receive(message('other', '8')), [{ seq: 2, duplicate: false }])
    assert.deepEqual(await daemon.receive(message('first again', '7')), [{ seq: 1, duplicate: true }])
    assert.deepEqual(daemon.shown(), ['first', 'other'])
    assert.equal(daemon.duplicates(), 1)
    assert.equal(daemon.received(), 2)
    assert.equal(daemon.count('payloads'), 2)
  })

  test('is told from it within one turn too', async t => {
    const daemon = run()
    t.after(daemon.kill)
    const results = await Promise.all([
      daemon.receive(message('a', '7')),
      daemon.receive(message('b', '7')),
      daemon.receive([message('c', '8'), message('d', '7'), message('e', '8')]),
    ])
    assert.deepEqual(results, [
      [{ seq: 1, duplicate: false }],
      [{ seq: 1, duplicate: true }],
      [
        { seq: 2, duplicate: false },
        { seq: 1, duplicate: true },
        { seq: 2, duplicate: true },
      ],
    ])
    assert.deepEqual(daemon.shown(), ['a', 'c'])
    assert.deepEqual(
      daemon.fresh.map(({ content }) => content),
      ['a', 'c'],
    )
  })

  test('of another source or account is another message', async t => {
    const daemon = run()
    t.after(daemon.kill)
    await daemon.receive(message('one', '7'))
    await daemon.receive(message('two', '7'), 'webhook', 'dev')
    await daemon.receive(message('three', '7'), 'wechat_abot', 'ops')
    assert.deepEqual(daemon.shown(), ['one', 'two', 'three'])
  })

  test('is known to the next run', async t => {
    const first = run()
    await first.receive(message('first', '7'))
    first.kill()
    const next = run(first.path)
    t.after(next.kill)
    assert.deepEqual(await next.receive(message('again', '7')), [{ seq: 1, duplicate: true }])
  })

  test('is not known when the commit that brought the first one failed', async t => {
    const failing = createFailingDatabase()
    const daemon = run(undefined, failing)
    t.after(daemon.kill)
    failing.fail('full', { only: sql => sql === 'COMMIT' })
    const pending = daemon.receive(message('first', '7'))
    await turns()
    assert.equal(failing.refused.length, 1)
    daemon.clock.advance(100)
    assert.deepEqual(await pending, [{ seq: 1, duplicate: false }])
    assert.deepEqual(daemon.shown(), ['first'])
    assert.equal(daemon.duplicates(), 0)
  })

  test('may have an id of any length and kind', async t => {
    const daemon = run()
    t.after(daemon.kill)
    const ids = ['', '0', 'x'.repeat(100_000), `${'x'.repeat(100_000)}y`, '\ud800', '\ud801', '\ufffd', 'a\0b', 'a\0c']
    for (const [i, id] of ids.entries()) {
      assert.deepEqual(await daemon.receive(message(`number ${i}`, id)), [{ seq: i + 1, duplicate: false }])
    }
    for (const [i, id] of ids.entries()) {
      assert.deepEqual(await daemon.receive(message('again', id)), [{ seq: i + 1, duplicate: true }])
    }
  })
})

test('messages without an id are all new, whatever they say', async t => {
  const daemon = run()
  t.after(daemon.kill)
  for (let i = 0; i < 3; i++) await daemon.receive(message('ok'))
  assert.deepEqual(daemon.shown(), ['ok', 'ok', 'ok'])
})

test('one that can not be stored takes neither the ids nor the numbers of others with it', async t => {
  const daemon = run()
  t.after(daemon.kill)
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  const bad = message('bad', '2')
  const results = await Promise.allSettled([
    daemon.receive(message('one', '1')),
    daemon.receive({ ...bad, parsed: { ...bad.parsed, flags: circular as Record<string, string> } }),
    daemon.receive(message('one again', '1')),
    daemon.receive(message('two', '2')),
  ])
  assert.deepEqual(
    results.map(one => (one.status === 'fulfilled' ? one.value : one.status)),
    [[{ seq: 1, duplicate: false }], 'rejected', [{ seq: 1, duplicate: true }], [{ seq: 2, duplicate: false }]],
  )
})
