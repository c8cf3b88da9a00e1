import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { utcSeconds } from '../../scripts/core/clock.ts'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import { insertMessage, insertPayload } from '../../scripts/store/messages.ts'
import {
  configuredRetentionDays,
  cutoffOf,
  deleteOldest,
  prunable,
  retentionOf,
} from '../../scripts/store/retention.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const NOW = Date.UTC(2026, 2, 9, 10, 0, 0)
const DAY_MS = 86_400_000

function open(t: TestContext): Database {
  const database = openForWriting(join(temporaryFolder(), 'state.db'), migrate)
  t.after(() => database.close())
  return database
}

function add(database: Database, age: number, body = Buffer.from('x')): number {
  const id = insertPayload(database, body)
  return insertMessage(database, {
    source: 'relay',
    account: 'me',
    via: 'stream',
    receivedAt: utcSeconds(NOW - age * DAY_MS),
    parsed: { type: 'chat', at: null, from: null, content: 'x', flags: {} },
    payload: { id, from: 0, to: body.length },
    state: 'final',
    settleBy: 0,
    unresolved: false,
  })
}

describe('how much is older than the limit', () => {
  test('is counted right, however many there are', t => {
    const database = open(t)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (ages, days) => {
        database.exec('BEGIN')
        for (const age of ages.toSorted((a, b) => b - a)) add(database, age)
        const expected = ages.filter(age => age > days).length
        assert.equal(retentionOf(database, days, NOW).older_messages, expected)
        assert.equal(prunable(database, cutoffOf(days, NOW)).older, expected)
        database.exec('ROLLBACK')
      }),
    )
  })

  test('takes a look at one message where there is none, and at few among many', t => {
    const database = open(t)
    let asked = 0
    const counting: Database = {
      ...database,
      get(sql, ...values) {
        asked++
        const plan = database.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(row => String(row['detail']))
        assert.ok(
          plan.every(step => step.startsWith('SEARCH')),
          plan.join(),
        )
        return database.get(sql, ...values)
      },
    }
    database.exec('BEGIN')
    for (let i = 0; i < 5000; i++) add(database, 1)
    retentionOf(counting, 7, NOW)
    assert.equal(asked, 1)
    asked = 0
    database.exec("UPDATE messages SET received_at = '2026-01-01T00:00:00Z' WHERE seq <= 3210")
    assert.equal(retentionOf(counting, 7, NOW).older_messages, 3210)
    assert.ok(asked < 20, `${asked} statements`)
    database.exec('COMMIT')
  })

  test('is nothing where nobody wants to know, but the oldest is told', t => {
    const database = open(t)
    add(database, 100)
    assert.deepEqual(retentionOf(database, 0, NOW), {
      days: 0,
      older_messages: 0,
      oldest_utc: utcSeconds(NOW - 100 * DAY_MS),
    })
    assert.deepEqual(retentionOf(null, 7, NOW), { days: 7, older_messages: 0, oldest_utc: null })
  })

  test('is counted in a database of an older version too', t => {
    const database = open(t)
    add(database, 20)
    database.exec('DROP TABLE peer_positions')
    database.exec('PRAGMA user_version = 1')
    assert.deepEqual(prunable(database, cutoffOf(7, NOW)), {
      older: 1,
      messages: 0,
      oldestAt: utcSeconds(NOW - 20 * DAY_MS),
      unread: 1,
    })
  })
})

describe('deleting the oldest', () => {
  test('ends at the number it is given', t => {
    const database = open(t)
    database.exec('BEGIN')
    for (let i = 0; i < 700; i++) add(database, 1)
    database.exec('COMMIT')
    database.exec('PRAGMA foreign_keys = OFF')
    assert.deepEqual(
      [deleteOldest(database, 650), deleteOldest(database, 650), deleteOldest(database, 650)],
      [300, 300, 50],
    )
    assert.equal(deleteOldest(database, 650), 0)
    assert.equal(database.get('SELECT count(*) AS n FROM messages')?.['n'], 50)
    assert.equal(database.get('SELECT count(*) AS n FROM payloads')?.['n'], 50)
  })

  test('takes few large ones at a time, and one that is larger than that', t => {
    const database = open(t)
    for (const megabytes of [3, 3, 3, 9, 1]) add(database, 1, Buffer.alloc(megabytes * 1024 * 1024))
    database.exec('PRAGMA foreign_keys = OFF')
    assert.deepEqual(
      [1, 2, 3].map(() => deleteOldest(database, 9)),
      [2, 2, 1],
    )
  })
})

describe('retention_days', () => {
  test('is read without the rest of config.json; what can not be used counts as 7', () => {
    const path = join(temporaryFolder(), 'config.json')
    assert.equal(configuredRetentionDays(path), 7)
    const texts: readonly [text: string, days: number][] = [
      ['{"retention_days": 30}', 30],
      ['\ufeff{"retention_days": 0}', 0],
      ['{"retention_days": 3650}', 3650],
      ['{"retention_days": 3651}', 7],
      ['{"retention_days": "30"}', 7],
      ['{"retention_days": 1.5}', 7],
      ['{"retention_days": -1}', 7],
      ['{}', 7],
      ['null', 7],
      ['{', 7],
    ]
    for (const [text, days] of texts) {
      writeFileSync(path, text)
      assert.equal(configuredRetentionDays(path), days, text)
    }
  })
})
