import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setAside } from '../../scripts/store/aside.ts'
import { AGENT } from '../../scripts/store/positions.ts'
import { countUnread, newestUnread } from '../../scripts/store/wake.ts'
import { createMessageStore } from '../support/message-store.ts'

const question = { reader: AGENT, muted: [] }

describe('what wakes the agent', () => {
  test('is what is unread, whatever flags it has', t => {
    const { database, add } = createMessageStore()
    t.after(() => database.close())
    add()
    const newest = add({ flags: { state: 'partial', quote: 'refused' } })
    assert.equal(newestUnread(database, question, { after: 0, upTo: 100 }), newest)
    assert.equal(countUnread(database, question, 100), 2)
  })

  test('is not what somebody wrote who may not', t => {
    const { database, add } = createMessageStore()
    t.after(() => database.close())
    const first = add()
    add({ flags: { state: 'refused' } })
    assert.equal(newestUnread(database, question, { after: 0, upTo: 100 }), first)
    assert.equal(countUnread(database, question, 100), 1)
  })

  test('is not what the bridge has taken', t => {
    const { database, add } = createMessageStore()
    t.after(() => database.close())
    const first = add()
    setAside(database, add())
    assert.equal(newestUnread(database, question, { after: 0, upTo: 100 }), first)
    assert.equal(countUnread(database, question, 100), 1)
    setAside(database, first)
    setAside(database, first)
    assert.equal(newestUnread(database, question, { after: 0, upTo: 100 }), null)
  })
})
