import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { createWriter, type WriterOptions } from '../../scripts/store/writer.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { turns } from '../support/wait-for.ts'

/** A database whose statements are on record, and that refuses on demand. */
function scriptedDatabase(real: Database) {
  const log: string[] = []
  const state: { log: string[]; refuse: ((sql: string) => Error | null) | null } = { log, refuse: null }
  function checked(sql: string): string {
    log.push(sql)
    const error = state.refuse?.(sql)
    if (error) throw error
    return sql
  }
  const database: Database = {
    all: (sql, ...values) => real.all(checked(sql), ...values),
    lists: (sql, ...values) => real.lists(checked(sql), ...values),
    get: (sql, ...values) => real.get(checked(sql), ...values),
    run: (sql, ...values) => real.run(checked(sql), ...values),
    exec: sql => real.exec(checked(sql)),
    close: () => real.close(),
  }
  return Object.assign(state, { database })
}

function sqliteError(errcode: number, errstr: string): Error {
  return Object.assign(new Error(errstr), { code: 'ERR_SQLITE_ERROR', errcode, errstr })
}

function build(overrides: Partial<WriterOptions> = {}) {
  const clock = createFakeClock()
  const scripted = scriptedDatabase(openForWriting(join(temporaryFolder(), 'state.db'), migrate))
  const events: string[] = []
  const writer = createWriter({
    open: () => scripted.database,
    replaceCorrupt: () => {
      throw new Error('not expected')
    },
    clock,
    onFault: reason => events.push(`fault ${reason}`),
    onRecovered: () => events.push('recovered'),
    ...overrides,
  })
  return { clock, scripted, events, writer }
}

function put(key: string) {
  return (database: Database) =>
    database.run("INSERT INTO memos (source, account, key, value) VALUES ('t', 't', ?, '')", key)
}

function keys(database: Database): unknown[] {
  return database.all('SELECT key FROM memos ORDER BY key').map(row => row['key'])
}

describe('group commit', () => {
  test('what one turn of the event loop writes shares one commit', async () => {
    const { writer, scripted } = build()
    await Promise.all(['a', 'b', 'c'].map(key => writer.write(put(key))))
    assert.equal(scripted.log.filter(sql => sql === 'COMMIT').length, 1)
    assert.deepEqual(keys(writer.database), ['a', 'b', 'c'])
  })

  test('nobody hears of a write before its commit', async () => {
    const { writer, scripted } = build()
    const seen: number[] = []
    await writer.write(put('a')).then(() => seen.push(scripted.log.lastIndexOf('COMMIT')))
    assert.deepEqual(seen, [scripted.log.length - 1])
  })

  test('a job that fails by its own fault is undone alone', async () => {
    const { writer } = build()
    const results = await Promise.allSettled([
      writer.write(put('a')),
      writer.write(database => {
        put('half')(database)
        throw new Error('mine')
      }),
      writer.write(put('a')),
      writer.write(put('b')),
    ])
    assert.deepEqual(
      results.map(one => one.status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(keys(writer.database), ['a', 'b'])
  })

  test('a full disk keeps the work waiting, is told once, and everything is written when there is room', async () => {
    const { writer, scripted, clock, events } = build()
    scripted.refuse = sql => (sql === 'COMMIT' ? sqliteError(13, 'database or disk is full') : null)
    const done: string[] = []
    const first = writer.write(put('a')).then(() => done.push('a'))
    await turns()
    const second = writer.write(put('b')).then(() => done.push('b'))
    for (let i = 0; i < 10; i++) {
      clock.advance(5000)
      await turns()
    }
    assert.deepEqual([done, writer.waiting], [[], 2])
    assert.deepEqual(events, ['fault database_or_disk_is_full'])
    scripted.refuse = null
    clock.advance(5000)
    await Promise.all([first, second])
    assert.deepEqual(events, ['fault database_or_disk_is_full', 'recovered'])
    assert.deepEqual(keys(writer.database), ['a', 'b'])
  })

  test('each statement may fail: nothing is written in part, nothing twice', async () => {
    for (let nth = 1; nth <= 12; nth++) {
      const { writer, scripted, clock } = build()
      let count = 0
      scripted.refuse = sql => (sql !== 'ROLLBACK' && ++count === nth ? sqliteError(10, 'disk I/O error') : null)
      const both = Promise.all([writer.write(put('a')), writer.write(put('b'))])
      for (let i = 0; i < 3; i++) {
        await turns()
        clock.advance(1000)
      }
      await both
      scripted.refuse = null
      assert.deepEqual(keys(writer.database), ['a', 'b'], `statement ${nth}`)
    }
  })

  test('a damaged database is replaced and the work goes on with the new one', async () => {
    const fresh = openForWriting(join(temporaryFolder(), 'fresh.db'), migrate)
    let causes = 0
    const { writer, scripted } = build({
      replaceCorrupt: () => {
        causes++
        return fresh
      },
    })
    scripted.refuse = sql => (sql.startsWith('INSERT') ? sqliteError(11, 'database disk image is malformed') : null)
    await writer.write(put('a'))
    assert.equal(causes, 1)
    assert.equal(writer.database, fresh)
    assert.deepEqual(keys(fresh), ['a'])
  })

  test('closing commits what waits; what can not be written is said', async () => {
    const { writer, scripted } = build()
    const good = writer.write(put('a'))
    await writer.close()
    await good
    const { writer: stuck, scripted: broken } = build()
    broken.refuse = sql => (sql === 'BEGIN IMMEDIATE' ? sqliteError(13, 'full') : null)
    const bad = stuck.write(put('b'))
    await stuck.close()
    await assert.rejects(bad, /closed before/)
    await assert.rejects(stuck.write(put('c')), /closed/)
    assert.ok(scripted.log.includes('COMMIT'))
  })
})

test('a commit survives power loss: synchronous is FULL on the connection that writes', () => {
  const database = openForWriting(join(temporaryFolder(), 'state.db'), migrate)
  assert.equal(database.get('PRAGMA synchronous')?.['synchronous'], 2)
  assert.equal(database.get('PRAGMA journal_mode')?.['journal_mode'], 'wal')
  database.close()
})
