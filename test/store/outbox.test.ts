import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import {
  findRequest,
  insertEntry,
  interruptedEntries,
  markState,
  type NewEntry,
  nextEntries,
  readEntry,
  settleEntry,
} from '../../scripts/store/outbox.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { hostileText } from '../support/arbitraries.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function open(t: TestContext): Database {
  const database = openForWriting(join(temporaryFolder(), 'state.db'), migrate)
  t.after(() => database.close())
  return database
}

let count = 0

function entry(to: number, more: Partial<NewEntry> = {}): NewEntry {
  return {
    requestId: `id-${count++}`,
    sink: 'relay',
    account: 'a',
    to: { scheme: 'relay', id: to },
    content: 'hello',
    file: null,
    createdAt: '2026-03-09T10:00:00Z',
    ...more,
  }
}

const FILE = { path: '.files/abc.bin', name: 'a "b".txt', bytes: 3 }

describe('an outgoing message', () => {
  test('is read back as it was written', t => {
    const database = open(t)
    fc.assert(
      fc.property(hostileText(), hostileText(), (text, name) => {
        const [content, fileName] = [text.toWellFormed(), name.toWellFormed()]
        const made = insertEntry(database, entry(2, { content, file: { ...FILE, name: fileName } }))
        assert.partialDeepStrictEqual(made, readEntry(database, made.id))
        assert.deepEqual([made.state, made.seq, made.detail], ['queued', null, {}])
      }),
      { numRuns: 100 },
    )
  })

  test('keeps its outcome', t => {
    const database = open(t)
    const { id } = insertEntry(database, entry(2))
    const detail = { text: '错误：对方已将你拉黑', relationship: 'blocked' }
    settleEntry(database, id, { state: 'refused', detail, seq: 7, settledAt: '2026-03-09T10:00:01Z' })
    const read = readEntry(database, id)
    assert.deepEqual([read?.state, read?.detail, read?.seq], ['refused', detail, 7])
    assert.equal(readEntry(database, id + 1), null)
  })

  test('of no known state is not taken', t => {
    const database = open(t)
    const { id } = insertEntry(database, entry(2))
    assert.throws(() => markState(database, id, 'lost' as 'queued'), /CHECK/)
  })
})

describe('a request id', () => {
  test('stands for recipient, text and file together', t => {
    const database = open(t)
    const made = insertEntry(database, entry(2, { file: FILE }))
    const same = { requestId: made.requestId, to: made.to, content: made.content, file: made.file }
    assert.partialDeepStrictEqual({ entry: made, same: true }, findRequest(database, same))
    for (const other of [
      { to: { scheme: 'relay', id: 22 } },
      { content: 'hello ' },
      { file: null },
      { file: { ...FILE, path: '.files/abd.bin' } },
      { file: { ...FILE, name: 'b' } },
    ] as const) {
      assert.equal(findRequest(database, { ...same, ...other })?.same, false)
    }
    assert.equal(findRequest(database, { ...same, requestId: 'another' }), null)
  })

  test('can not be given twice', t => {
    const database = open(t)
    insertEntry(database, entry(2, { requestId: 'one' }))
    assert.throws(() => insertEntry(database, entry(3, { requestId: 'one' })), /UNIQUE/)
  })
})

describe('what is to be sent next', () => {
  test('is the oldest of each recipient, and nothing behind one that is under way', t => {
    const database = open(t)
    const [a1, b1, a2, c1] = [2, 3, 2, 4].map(to => insertEntry(database, entry(to)).id)
    const next = () => nextEntries(database, 'relay').map(one => one.id)
    assert.deepEqual(next(), [a1, b1, c1])
    markState(database, a1 ?? 0, 'sending')
    assert.deepEqual(next(), [b1, c1])
    settleEntry(database, a1 ?? 0, { state: 'accepted', detail: {}, seq: 1, settledAt: 'now' })
    assert.deepEqual(next(), [a2, b1, c1].toSorted())
  })

  test('is that of one sink', t => {
    const database = open(t)
    insertEntry(database, entry(2, { sink: 'wechat:main' }))
    assert.deepEqual(nextEntries(database, 'relay'), [])
    assert.equal(nextEntries(database, 'wechat:main').length, 1)
  })

  test('is not what an earlier process may have sent: that is told apart', t => {
    const database = open(t)
    const [under, waits] = [insertEntry(database, entry(2)), insertEntry(database, entry(2))]
    markState(database, under.id, 'sending')
    assert.deepEqual(
      interruptedEntries(database, 'relay').map(one => one.id),
      [under.id],
    )
    assert.deepEqual(nextEntries(database, 'relay'), [])
    assert.equal(readEntry(database, waits.id)?.state, 'queued')
  })

  test('is found among many settled ones by the index of those that wait', t => {
    const database = open(t)
    const plan = database
      .all(
        `EXPLAIN QUERY PLAN SELECT min(id) FROM outbox WHERE state IN ('queued', 'sending') AND sink = 'relay' GROUP BY recipient`,
      )
      .map(row => String(row['detail']))
    assert.match(plan.join('\n'), /outbox_open/)
  })
})
