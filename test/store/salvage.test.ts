import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMemo, writeMemo } from '../../scripts/store/memos.ts'
import { findRequest, insertEntry, settleEntry } from '../../scripts/store/outbox.ts'
import { AGENT, acknowledge, unreadCount } from '../../scripts/store/positions.ts'
import { restore, salvage } from '../../scripts/store/salvage.ts'
import { createMessageStore, STORED_AT } from '../support/message-store.ts'

/** A database that was damaged, and the one that takes its place. */
function twoDatabases() {
  const lost = createMessageStore()
  const next = createMessageStore()
  return {
    lost,
    database: next.database,
    add: next.add,
    takeOver() {
      // Nobody knows what the files show: everything may be missing there.
      const saved = salvage(lost.folder.file('state.db'), 0)
      lost.database.close()
      restore(next.database, saved)
    },
  }
}

test('messages that are carried over are unread, and counted as what they are', () => {
  const { lost, database, add, takeOver } = twoDatabases()
  for (const content of ['one', 'two', 'three']) lost.add({ content })
  lost.add({ to: 2, content: 'sent' })
  lost.add({ type: 'correction', content: 'who it was' })
  const request = lost.add({ type: 'friend_request', content: 'both' })
  lost.merge(lost.add({ content: 'both' }), request)
  takeOver()
  assert.equal(unreadCount(database, AGENT), 4)
  for (let n = 0; n < 9; n++) add({ content: `new ${n}` })
  assert.equal(acknowledge(database, { reader: AGENT, upTo: request }), 4)
  assert.equal(unreadCount(database, AGENT), 9)
})

test('what was sent, or waits for it, is known by its request id', () => {
  const { lost, database, takeOver } = twoDatabases()
  const to = { scheme: 'relay', id: 2 } as const
  const common = { sink: 'relay', account: 'account', to, file: null, createdAt: STORED_AT }
  const sent = insertEntry(lost.database, { ...common, requestId: 'sent', content: 'hello' })
  settleEntry(lost.database, sent.id, { state: 'accepted', detail: {}, seq: 1, settledAt: STORED_AT })
  insertEntry(lost.database, { ...common, requestId: 'waits', content: 'later' })
  takeOver()
  const states = ['sent', 'waits'].map(requestId => {
    const content = requestId === 'sent' ? 'hello' : 'later'
    const found = findRequest(database, { requestId, to, content, file: null })
    return [found?.same, found?.entry.state]
  })
  assert.deepEqual(states, [
    [true, 'accepted'],
    [true, 'queued'],
  ])
})

test('how far a source was read is known: asking from the start again would bring everything twice, or nothing', () => {
  const { lost, database, takeOver } = twoDatabases()
  const cursor = { source: 'wechat:main', account: 'main', key: 'cursor' }
  writeMemo(lost.database, { ...cursor, value: 'opaque' })
  takeOver()
  assert.equal(readMemo(database, cursor), 'opaque')
})
