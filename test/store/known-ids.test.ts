import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utcSeconds } from '../../scripts/core/clock.ts'
import { knownSeq, rememberId } from '../../scripts/store/known-ids.ts'
import { createMessageStore } from '../support/message-store.ts'

const DAY = 24 * 3_600_000
const NOW = Date.UTC(2026, 2, 9, 10)

/** So many ids that came then, one after the other. */
function fill(
  count: number,
  { daysAgo, from = 1, account = 'ops' }: { daysAgo: number; from?: number; account?: string },
) {
  const { database } = store
  database.exec('BEGIN')
  for (let seq = from; seq < from + count; seq++) {
    rememberId(database, { source: 'webhook', account, id: `id ${seq}`, seq, at: utcSeconds(NOW - daysAgo * DAY) })
  }
  database.exec('COMMIT')
}

let store = createMessageStore()
const knows = (seq: number, account = 'ops') =>
  knownSeq(store.database, { source: 'webhook', account, id: `id ${seq}` }) === seq
const known = (account = 'ops') =>
  Number(store.database.get('SELECT count(*) AS n FROM known_ids WHERE account = ?', account)?.['n'])

describe('ids are kept', () => {
  test('for seven days, however many there are', () => {
    store = createMessageStore()
    fill(60_000, { daysAgo: 6.9 })
    fill(1000, { daysAgo: 0, from: 60_001 })
    assert.equal(known(), 61_000)
    assert.ok(knows(1))
  })

  test('fifty thousand of each account, however old they are, and not many more than that', () => {
    store = createMessageStore()
    fill(200, { daysAgo: 400, account: 'quiet' })
    fill(2000, { daysAgo: 30 })
    fill(1000, { daysAgo: 20, from: 2001 })
    fill(49_600, { daysAgo: 8, from: 3001 })
    assert.equal(known('quiet'), 200)
    assert.ok(!knows(1))
    assert.ok(knows(2001))
    assert.ok(known() >= 50_000 && known() < 51_000, `${known()} are kept`)
  })
})
