import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase, transaction } from '../../../scripts/embedded/relay/database.ts'
import { createInboxStore } from '../../../scripts/embedded/relay/inbox-store.ts'
import { createUsersStore } from '../../../scripts/embedded/relay/users-store.ts'

function storeWithOneMessage() {
  const sql = openDatabase(':memory:')
  const inbox = createInboxStore(sql)
  const user = { name: 'alice', description: null, status: 'open', token: 'a', at: 0 } as const
  const alice = createUsersStore(sql).add(user)
  inbox.add({ toId: alice.id, kind: 'chat', from: alice, content: 'hi', attachment: null, at: 0 })
  return { sql, inbox, alice }
}

test('rows that were delivered and can not be deleted are not handed out again', t => {
  const { sql, inbox, alice } = storeWithOneMessage()
  t.after(() => sql.close())
  sql.exec("CREATE TRIGGER full_disk BEFORE DELETE ON messages BEGIN SELECT RAISE(ABORT, 'disk full'); END")
  const reservation = inbox.reserve(alice.id, { limit: 10, fromId: null })
  assert.equal(reservation.messages.length, 1)
  assert.throws(() => reservation.remove(), /disk full/)
  assert.deepEqual(inbox.preview(alice.id, 5), { messages: [], total: 0 })
})

test('a transaction that fails leaves nothing behind, and the next one works', t => {
  const { sql, inbox, alice } = storeWithOneMessage()
  t.after(() => sql.close())
  const half = () =>
    transaction(sql, () => {
      inbox.countAccepted()
      inbox.dropFrom(alice.id, alice.id)
      throw new Error('half way')
    })
  assert.throws(half, /half way/)
  assert.equal(inbox.acceptedEver(), 0)
  assert.equal(inbox.preview(alice.id, 5).total, 1)
  transaction(sql, () => inbox.countAccepted())
  assert.equal(inbox.acceptedEver(), 1)
})
