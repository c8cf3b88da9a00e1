import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createUnreadWatch } from '../../../scripts/engine/wake/unread-watch.ts'
import { AGENT, acknowledge } from '../../../scripts/store/positions.ts'
import { createMessageStore } from '../../support/message-store.ts'

function watching(store = createMessageStore()) {
  const watch = createUnreadWatch()
  return { ...store, newest: (muted: readonly string[] = []) => watch.newest(store.database, muted) }
}

describe('the newest unread message', () => {
  test('is followed from one look to the next', () => {
    const { add, newest } = watching()
    assert.equal(newest(), null)
    add()
    assert.equal(newest(), 1)
    add()
    add({ to: 2 })
    assert.equal(newest(), 2)
    assert.equal(newest(), 2)
  })

  test('is the one before, when it alone was read', () => {
    const { add, database, newest } = watching()
    add({ from: 2 })
    add({ from: 3 })
    assert.equal(newest(), 2)
    acknowledge(database, { reader: AGENT, upTo: 2, peer: 'relay:3' })
    assert.equal(newest(), 1)
    acknowledge(database, { reader: AGENT, upTo: 2 })
    assert.equal(newest(), null)
  })

  test('is not one that was archived', () => {
    const { add, database, newest } = watching()
    add()
    add()
    assert.equal(newest(), 2)
    database.run('DELETE FROM messages WHERE seq = 2')
    assert.equal(newest(), 1)
  })

  test('is another one when other peers are muted', () => {
    const { add, newest } = watching()
    add({ from: 2 })
    add({ from: 3 })
    assert.equal(newest(['relay:3']), 1)
    assert.equal(newest(['relay:2', 'relay:3']), null)
    assert.equal(newest(), 2)
  })

  test('waits with everything behind a message that is not shown yet', () => {
    const { add, settle, newest } = watching()
    add({ state: 'resolving' })
    add()
    assert.equal(newest(), null)
    settle(1)
    assert.equal(newest(), 2)
  })

  test('is found in a database that took the place of a damaged one', () => {
    const [damaged, fresh] = [createMessageStore(), createMessageStore()]
    const watch = createUnreadWatch()
    damaged.addAll([{}, {}, {}])
    assert.equal(watch.newest(damaged.database, []), 3)
    fresh.add()
    assert.equal(watch.newest(fresh.database, []), 1)
  })
})
