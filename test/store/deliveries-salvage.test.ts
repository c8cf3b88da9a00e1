import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Database } from '../../scripts/store/database.ts'
import {
  bodyOf,
  deadLetters,
  enqueue,
  nextDeliveries,
  settleDead,
  settleRetry,
} from '../../scripts/store/deliveries.ts'
import { insertEvent, isOurEvent } from '../../scripts/store/events.ts'
import { restore, salvage } from '../../scripts/store/salvage.ts'
import { fanOutPosition, followSinks, moveFanOut, pauseSink, sinkStarts, sinkState } from '../../scripts/store/sinks.ts'
import { damageTable } from '../support/damage.ts'
import { createMessageStore } from '../support/message-store.ts'

const OPS = 'webhook:ops'
const AT = '2026-03-09T10:00:00Z'

/** A database in use: one delivery waits, one waits for its time, one was given up, and one is delivered. */
function inUse() {
  const store = createMessageStore()
  const { database } = store
  followSinks(database, [OPS, 'wechat_abot'])
  for (let n = 0; n < 4; n++) store.add()
  moveFanOut(database, 4)
  for (const text of ['a1', 'b1', 'c1', 'd1']) {
    const seq = 1 + 'abcd'.indexOf(text.charAt(0))
    const about = { eventId: `evt_${text}`, name: 'message.received', at: AT, lane: text, seq } as const
    const event = insertEvent(database, { ...about, body: Buffer.from(text) })
    if (text !== 'd1') enqueue(database, { sink: OPS, event, lane: text, body: null, notBefore: 0 })
  }
  const [, b, c] = nextDeliveries(database, OPS, { now: 0, limit: 9 })
  assert.ok(b !== undefined && c !== undefined)
  const failure = { at: AT, reason: 'http_500' }
  settleRetry(database, b, { ...failure, attempts: 3, triedAt: 10, nextAt: 1000 })
  settleDead(database, c, failure)
  pauseSink(database, 'wechat_abot', 'http_410')
  return store
}

function takenOver(damaged?: string): Database {
  const lost = inUse()
  const path = lost.folder.file('state.db')
  if (damaged !== undefined) {
    lost.database.close()
    damageTable(path, damaged)
  }
  const saved = salvage(path, 4)
  if (damaged === undefined) lost.database.close()
  const { database } = createMessageStore()
  restore(database, saved)
  return database
}

describe('of a damaged database', () => {
  test('queues, tries, dead letters, pauses and the position are carried over', () => {
    const database = takenOver()
    const waiting = nextDeliveries(database, OPS, { now: 1000, limit: 9 })
    assert.deepEqual(
      waiting.map(({ eventId, attempts, triedAt }) => [eventId, attempts, triedAt]),
      [
        ['evt_a1', 0, null],
        ['evt_b1', 3, 10],
      ],
    )
    assert.equal(Buffer.from(bodyOf(database, waiting[0]?.id ?? 0) ?? []).toString(), 'a1')
    assert.deepEqual(
      deadLetters(database, OPS, 9).map(({ eventId, reason }) => [eventId, reason]),
      [['evt_c1', 'http_500']],
    )
    assert.deepEqual([sinkState(database, OPS)?.waiting, sinkState(database, OPS)?.dead], [2, 1])
    assert.equal(sinkState(database, 'wechat_abot')?.paused, 'http_410')
    assert.equal(fanOutPosition(database), 4)
    assert.equal(isOurEvent(database, 'evt_d1'), true)
  })

  for (const table of ['messages', 'payloads', 'outbox', 'known_ids', 'request_log', 'positions', 'status']) {
    test(`whose ${table} can not be read, the queues are carried over`, () => {
      const database = takenOver(table)
      assert.equal(nextDeliveries(database, OPS, { now: 1000, limit: 9 }).length, 2)
      assert.equal(deadLetters(database, OPS, 9).length, 1)
      // What the events tell of messages is not handed on a second time, whatever else is lost.
      assert.equal(fanOutPosition(database), 4)
    })
  }

  test('whose sinks can not be read, the queues are carried over, and counted when the sinks are known again', () => {
    const database = takenOver('sinks')
    assert.deepEqual([...sinkStarts(database)], [])
    assert.equal(nextDeliveries(database, OPS, { now: 1000, limit: 9 }).length, 2)
    followSinks(database, [OPS])
    assert.deepEqual([sinkState(database, OPS)?.waiting, sinkState(database, OPS)?.dead], [2, 1])
  })

  for (const table of ['events', 'deliveries']) {
    test(`whose ${table} can not be read, the sinks go on with empty queues`, () => {
      const database = takenOver(table)
      assert.deepEqual(nextDeliveries(database, OPS, { now: 1000, limit: 9 }), [])
      assert.deepEqual([sinkState(database, OPS)?.waiting, sinkState(database, OPS)?.dead], [0, 0])
      assert.equal(sinkState(database, 'wechat_abot')?.paused, 'http_410')
      assert.equal(fanOutPosition(database), 4)
    })
  }
})
