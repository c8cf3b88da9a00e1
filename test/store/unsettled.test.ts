import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import { dueMessages, latestSeq } from '../../scripts/store/messages.ts'
import { migrate } from '../../scripts/store/schema.ts'
import {
  nextDeadline,
  restartDeadlines,
  settleOverdue,
  showHeld,
  unresolvedMessages,
} from '../../scripts/store/unsettled.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const TABLE: Record<string, (database: Database) => unknown> = {
  nextDeadline,
  latestSeq,
  showHeld,
  settleOverdue: database => settleOverdue(database, 0),
  restartDeadlines: database => restartDeadlines(database, 0),
  unresolvedMessages: database => unresolvedMessages(database, 'relay', 'a'),
  dueMessages: database => dueMessages(database, 0, 10),
}

for (const [name, statement] of Object.entries(TABLE)) {
  test(`${name} does not look at every message there is`, t => {
    const database = openForWriting(join(temporaryFolder(), 'state.db'), migrate)
    t.after(() => database.close())
    const asked: string[] = []
    const note = (sql: string): string => {
      asked.push(sql)
      return sql
    }
    statement({
      ...database,
      all: (sql, ...values) => database.all(note(sql), ...values),
      lists: (sql, ...values) => database.lists(note(sql), ...values),
      get: (sql, ...values) => database.get(note(sql), ...values),
      run: (sql, ...values) => database.run(note(sql), ...values),
    })
    assert.ok(asked.length > 0)
    for (const sql of asked) {
      const values = Array.from({ length: sql.split('?').length - 1 }, () => 0)
      const plan = database.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(row => String(row['detail']))
      for (const line of plan) assert.doesNotMatch(line, /^SCAN (?!.*USING)/, `${sql}: ${plan.join('; ')}`)
    }
  })
}
