import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDueMessages } from '../../scripts/projections/due-messages.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { insertMessage, reserveSeq, type StoredMessage } from '../../scripts/store/messages.ts'
import { migrate } from '../../scripts/store/schema.ts'
import type { Writer } from '../../scripts/store/writer.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function fresh(seq: number, content = `fresh ${seq}`): StoredMessage {
  const times = { receivedAt: '2026-03-09T10:00:00Z', at: '2026-03-09T10:00:00Z' }
  const nobody = { from: null, to: null, payload: null, mergedInto: null, repeatsEarlier: false }
  return { seq, via: 'stream', type: 'chat', content, flags: {}, ...times, ...nobody }
}

/** A store that holds messages 1 … count, and a writer as far as it is looked at. */
function store(count: number): { database: Writer['database'] } {
  const database = openForWriting(join(temporaryFolder(), 'state.db'), migrate)
  for (let n = 1; n <= count; n++) {
    insertMessage(database, {
      source: 'relay',
      account: 'a',
      via: 'stream',
      receivedAt: '2026-03-09T10:00:00Z',
      parsed: { type: 'chat', at: null, from: null, content: `stored ${n}`, flags: {} },
      payload: null,
      state: 'final',
      settleBy: 0,
      unresolved: false,
    })
  }
  return { database }
}

const contents = (messages: readonly StoredMessage[]) => messages.map(one => one.content)

test('what is at hand is given as it is, everything else comes from the store', () => {
  const writer = store(4)
  const due = createDueMessages(writer as Writer)
  due.offer([fresh(3)])
  due.offer([fresh(4)])
  assert.deepEqual(contents(due.after(2, 10)), ['fresh 3', 'fresh 4'])
  assert.deepEqual(contents(due.after(2, 1)), ['fresh 3'])
  assert.deepEqual(contents(due.after(0, 3)), ['stored 1', 'stored 2', 'stored 3'])
  due.forget(3)
  assert.deepEqual(contents(due.after(2, 1)), ['stored 3'])
  assert.deepEqual(contents(due.after(3, 1)), ['fresh 4'])
})

test('a gap, a flood that nobody writes, and another database end what is at hand', () => {
  const writer = store(3)
  const due = createDueMessages(writer as Writer)
  due.offer([fresh(1)])
  due.offer([fresh(3)])
  assert.deepEqual(contents(due.after(0, 2)), ['stored 1', 'stored 2'])
  assert.deepEqual(contents(due.after(2, 2)), ['fresh 3'])

  due.offer(Array.from({ length: 40 }, (_, i) => fresh(i + 4, 'x'.repeat(1024 * 1024))))
  assert.equal(due.bytes, 0)

  due.offer([fresh(2)])
  writer.database = store(1).database
  assert.deepEqual(contents(due.after(0, 2)), ['stored 1'])
  assert.deepEqual(contents(due.after(1, 2)), [])
})

test('what a damaged database took with it is still shown, when its numbers are not given again', () => {
  const writer = store(2)
  const due = createDueMessages(writer as Writer)
  due.offer([fresh(1), fresh(2)])
  const next = store(0)
  reserveSeq(next.database, 2)
  writer.database = next.database
  assert.deepEqual(contents(due.after(0, 9)), ['fresh 1', 'fresh 2'])
  due.offer([fresh(3)])
  assert.deepEqual(contents(due.after(1, 9)), ['fresh 2', 'fresh 3'])
})

test('large ones come a few at a time, at hand or not', () => {
  const writer = store(3)
  const due = createDueMessages(writer as Writer)
  const large = 'x'.repeat(1024 * 1024)
  due.offer([fresh(1, large), fresh(2, large), fresh(3, large)])
  assert.equal(due.after(0, 10).length, 2)
  assert.equal(due.after(2, 10).length, 1)
})
