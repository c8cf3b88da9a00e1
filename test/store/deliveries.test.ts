import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Database } from '../../scripts/store/database.ts'
import {
  bodyOf,
  deadLetters,
  enqueue,
  hasDeliveries,
  lastQueued,
  nextDeliveries,
  reviveDead,
  settleDead,
  settleDelivered,
  settleRetry,
} from '../../scripts/store/deliveries.ts'
import { insertEvent, isOurEvent, removeOldEvents } from '../../scripts/store/events.ts'
import { lastRequests, logRequest, type RequestRecord } from '../../scripts/store/request-log.ts'
import { boundRetries, hurryRetries, keepYoung, nextRetryAt, shiftRetries } from '../../scripts/store/retries.ts'
import { countQueues, followSinks, sinkState } from '../../scripts/store/sinks.ts'
import { createMessageStore } from '../support/message-store.ts'

const OPS = 'webhook:ops'
const AT = '2026-03-09T10:00:00Z'
const FAILURE = { at: AT, reason: 'http_500' }

function queueOf(...texts: string[]): Database {
  const { database } = createMessageStore()
  followSinks(database, [OPS])
  add(database, ...texts)
  return database
}

/** `a1` is of the peer `a`. */
function add(database: Database, ...texts: string[]): void {
  for (const text of texts) {
    const lane = text.replace(/\d+$/, '')
    const about = { eventId: `evt_${text}`, name: 'message.received', at: AT, lane, seq: null } as const
    const event = insertEvent(database, { ...about, body: Buffer.from(text) })
    enqueue(database, { sink: OPS, event, lane, body: null, notBefore: 0 })
  }
}

function due(database: Database, options: { now?: number; limit?: number; after?: number } = {}) {
  return nextDeliveries(database, OPS, { now: 0, limit: 100, ...options })
}

function texts(database: Database, options: { now?: number; limit?: number; after?: number } = {}): string[] {
  return due(database, options).map(({ eventId }) => eventId.slice(4))
}

function find(database: Database, text: string) {
  const found = due(database, { now: Number.MAX_SAFE_INTEGER }).find(({ eventId }) => eventId === `evt_${text}`)
  return found ?? assert.fail(`${text} does not wait`)
}

function putOff(database: Database, text: string, nextAt: number, triedAt = 1): void {
  settleRetry(database, find(database, text), { ...FAILURE, attempts: 1, triedAt, nextAt })
}

function counts(database: Database) {
  const { waiting, delivered, dead } = sinkState(database, OPS) ?? {}
  return { waiting, delivered, dead }
}

describe('what can be pushed now', () => {
  test('is everything, oldest first, as far as was asked for', () => {
    const database = queueOf('a1', 'b1', 'a2', 'b2')
    assert.deepEqual(texts(database), ['a1', 'b1', 'a2', 'b2'])
    assert.deepEqual(texts(database, { limit: 2 }), ['a1', 'b1'])
    assert.deepEqual(texts(database, { after: lastQueued(database, OPS) }), [])
  })

  test('is nothing whose peer has an earlier one that waits for its time, until that time', () => {
    const database = queueOf('a1', 'b1', 'a2', 'c1', 'b2')
    putOff(database, 'a1', 100)
    putOff(database, 'b2', 50)
    assert.deepEqual(texts(database, { now: 0 }), ['b1', 'c1'])
    assert.deepEqual(texts(database, { now: 50 }), ['b1', 'c1', 'b2'])
    assert.deepEqual(texts(database, { now: 100 }), ['a1', 'b1', 'a2', 'c1', 'b2'])
  })

  test('behind one delivery is nothing of a peer who waits before it', () => {
    const database = queueOf('a1', 'b1')
    putOff(database, 'a1', 100)
    const last = lastQueued(database, OPS)
    add(database, 'a2', 'c1')
    assert.deepEqual(texts(database, { after: last }), ['c1'])
  })

  test('is of one sink alone', () => {
    const database = queueOf('a1')
    followSinks(database, [OPS, 'webhook:log'])
    assert.deepEqual(nextDeliveries(database, 'webhook:log', { now: 0, limit: 9 }), [])
    assert.equal(lastQueued(database, 'webhook:log'), 0)
  })

  test('has the bytes of the event, or its own', () => {
    const database = queueOf('a1')
    const { id } = find(database, 'a1')
    assert.equal(Buffer.from(bodyOf(database, id) ?? []).toString(), 'a1')
    database.run('UPDATE deliveries SET body = ? WHERE id = ?', Buffer.from('own'), id)
    assert.equal(Buffer.from(bodyOf(database, id) ?? []).toString(), 'own')
    assert.equal(bodyOf(database, 99), null)
  })
})

describe('the counts', () => {
  test('follow every way that a delivery can go, and are what counting finds', () => {
    const database = queueOf('a1', 'b1', 'c1', 'd1')
    settleDelivered(database, find(database, 'a1'), AT)
    settleDead(database, find(database, 'b1'), FAILURE)
    putOff(database, 'c1', 100)
    assert.deepEqual(counts(database), { waiting: 2, delivered: 1, dead: 1 })
    assert.equal(reviveDead(database, OPS), 1)
    assert.deepEqual(counts(database), { waiting: 3, delivered: 1, dead: 0 })
    const told = counts(database)
    countQueues(database)
    assert.deepEqual(counts(database), told)
  })

  test('do not change when the same is settled a second time', () => {
    const database = queueOf('a1', 'b1')
    const [a, b] = [find(database, 'a1'), find(database, 'b1')]
    for (let n = 0; n < 2; n++) {
      settleDelivered(database, a, AT)
      assert.equal(settleDead(database, b, FAILURE), n === 0)
    }
    settleDelivered(database, b, AT)
    settleRetry(database, b, { ...FAILURE, attempts: 9, triedAt: 1, nextAt: 1 })
    assert.deepEqual(counts(database), { waiting: 0, delivered: 1, dead: 1 })
    assert.equal(deadLetters(database, OPS, 9)[0]?.attempts, 1)
  })

  test('nor for another delivery that has the number of one in a database that is gone', () => {
    const old = queueOf('a1')
    const before = find(old, 'a1')
    const database = queueOf('z1')
    assert.equal(find(database, 'z1').id, before.id)
    settleDelivered(database, before, AT)
    settleDead(database, before, FAILURE)
    settleRetry(database, before, { ...FAILURE, attempts: 5, triedAt: 1, nextAt: 1e12 })
    assert.deepEqual(counts(database), { waiting: 1, delivered: 0, dead: 0 })
    assert.deepEqual(texts(database), ['z1'])
  })
})

describe('dead letters', () => {
  test('are listed oldest first, and one of them can be sent again', () => {
    const database = queueOf('a1', 'b1', 'c1')
    for (const text of ['c1', 'a1', 'b1']) settleDead(database, find(database, text), FAILURE)
    assert.deepEqual(
      deadLetters(database, OPS, 2).map(one => one.eventId),
      ['evt_a1', 'evt_b1'],
    )
    assert.equal(reviveDead(database, OPS, { eventId: 'evt_b1' }), 1)
    assert.equal(reviveDead(database, OPS, { eventId: 'evt_b1' }), 0)
    assert.equal(reviveDead(database, OPS, { eventId: 'evt_unknown' }), 0)
    assert.deepEqual(counts(database), { waiting: 1, delivered: 0, dead: 2 })
    assert.deepEqual([find(database, 'b1').attempts, find(database, 'b1').triedAt], [0, null])
  })

  test('take their place before what came after them', () => {
    const database = queueOf('a1', 'a2')
    settleDead(database, find(database, 'a1'), FAILURE)
    assert.deepEqual(texts(database), ['a2'])
    reviveDead(database, OPS)
    assert.deepEqual(texts(database), ['a1', 'a2'])
  })
})

describe('times', () => {
  test('the next one is the first that is still to come', () => {
    const database = queueOf('a1', 'a2', 'b1')
    assert.equal(nextRetryAt(database, OPS, 0), null)
    putOff(database, 'a1', 100)
    putOff(database, 'b1', 50)
    assert.equal(nextRetryAt(database, OPS, 0), 50)
    assert.equal(nextRetryAt(database, OPS, 50), 100)
    assert.equal(nextRetryAt(database, OPS, 100), null)
  })

  test('lie no further ahead than the longest wait, and no failure lies in the future', () => {
    const database = queueOf('a1', 'b1', 'c1')
    putOff(database, 'a1', 1e12, 1e11)
    putOff(database, 'b1', 150, 90)
    boundRetries(database, OPS, { now: 100, longestMs: 1000 })
    assert.deepEqual(
      ['a1', 'b1', 'c1'].map(text => find(database, text).triedAt),
      [100, 90, null],
    )
    assert.deepEqual([nextRetryAt(database, OPS, 0), nextRetryAt(database, OPS, 150)], [150, 1100])
    assert.deepEqual(texts(database, { now: 0 }), ['c1'])
  })

  test('move with a clock that is set, what waits for none stays as it is', () => {
    const database = queueOf('a1', 'b1')
    putOff(database, 'a1', 1000, 900)
    shiftRetries(database, OPS, -5000)
    // Never 0: that is the word for "at once".
    assert.equal(nextRetryAt(database, OPS, 0), 1)
    assert.equal(find(database, 'a1').triedAt, -4100)
    assert.deepEqual(texts(database), ['b1'])
  })

  test('are over when somebody hurries; the tries that were made are not forgotten', () => {
    const database = queueOf('a1')
    putOff(database, 'a1', 1000)
    hurryRetries(database, OPS)
    assert.deepEqual(texts(database), ['a1'])
    assert.equal(find(database, 'a1').attempts, 1)
  })

  test('a hold makes everything young, and changes nothing else', () => {
    const database = queueOf('a1', 'b1')
    putOff(database, 'a1', 1000, 1)
    keepYoung(database, OPS)
    assert.deepEqual([find(database, 'a1').triedAt, find(database, 'a1').attempts], [null, 1])
    assert.equal(nextRetryAt(database, OPS, 0), 1000)
  })
})

describe('events', () => {
  test('go when they are old and nobody waits for them; those of dead letters stay', () => {
    const database = queueOf('a1', 'b1', 'c1')
    settleDelivered(database, find(database, 'a1'), AT)
    settleDead(database, find(database, 'b1'), FAILURE)
    database.exec('BEGIN')
    for (let n = 0; n < 5000; n++) {
      const about = { eventId: `evt_n${n}`, name: 'system.started', at: AT, lane: 'x', seq: null } as const
      insertEvent(database, { ...about, body: Buffer.from('{}') })
    }
    database.exec('COMMIT')
    removeOldEvents(database)
    assert.deepEqual(
      ['a1', 'b1', 'c1', 'n0', 'n4999'].map(text => isOurEvent(database, `evt_${text}`)),
      [false, true, true, true, true],
    )
    reviveDead(database, OPS)
    assert.deepEqual(texts(database), ['b1', 'c1'])
  })

  test('numbers of deliveries are not given again', () => {
    const database = queueOf('a1')
    const { id } = find(database, 'a1')
    settleDelivered(database, find(database, 'a1'), AT)
    add(database, 'b1')
    assert.ok(find(database, 'b1').id > id)
  })
})

describe('the log of requests', () => {
  test('keeps the newest ten thousand of each name', () => {
    const { database } = createMessageStore()
    const record: RequestRecord = {
      name: OPS,
      direction: 'out',
      at: AT,
      eventId: 'evt_1',
      event: 'message.received',
      attempt: 1,
      httpStatus: 200,
      ok: true,
      durationMs: 5,
      error: null,
      bytes: 100,
      test: false,
    }
    database.exec('BEGIN')
    logRequest(database, { ...record, name: 'wake' })
    for (let n = 1; n <= 11_000; n++) logRequest(database, { ...record, attempt: n, ok: n % 2 === 0 })
    database.exec('COMMIT')
    const rows = lastRequests(database, OPS, { limit: 20_000 })
    assert.ok(rows.length >= 10_000 && rows.length < 10_500, String(rows.length))
    assert.equal(rows.at(-1)?.attempt, 11_000)
    assert.equal(lastRequests(database, 'wake', { limit: 9 }).length, 1)
    assert.deepEqual(
      lastRequests(database, OPS, { limit: 2, failedOnly: true }).map(({ attempt }) => attempt),
      [10_997, 10_999],
    )
  })
})

test('a database that no newer daemon has opened has none of all this', () => {
  const { database } = createMessageStore()
  assert.equal(hasDeliveries(database), true)
  database.exec('PRAGMA user_version = 2')
  assert.equal(hasDeliveries(database), false)
})
