import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { StorageError } from '../../scripts/core/errors.ts'
import type { ParsedMessage } from '../../scripts/core/message.ts'
import { dataFolderAt } from '../../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import { dueMessages, insertMessage, insertPayload, latestSeq } from '../../scripts/store/messages.ts'
import { readCheckpoint, writeCheckpoint } from '../../scripts/store/positions.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { openState } from '../../scripts/store/state.ts'
import type { Writer } from '../../scripts/store/writer.ts'
import { ALICE, chat } from '../support/blocks.ts'
import { damageTable } from '../support/damage.ts'
import { createFailingDatabase, sqliteError } from '../support/failing-database.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startScene } from '../support/test-daemon.ts'
import { turns } from '../support/wait-for.ts'

const DAMAGED = Object.assign(new Error('x'), { errcode: 11, errstr: 'database disk image is malformed' })

function openTest(path: string, around?: (real: Database) => Database) {
  const clock = createFakeClock()
  const events: string[] = []
  const writer = openState(
    dataFolderAt(path),
    clock,
    {
      onFault: reason => events.push(`fault ${reason}`),
      onRecovered: () => events.push('recovered'),
      onMovedAside: (_, reason) => events.push(`aside ${reason}`),
      onImported: () => {},
      shownSeq: () => null,
    },
    around,
  )
  return { clock, events, writer }
}

function message(content: string): ParsedMessage {
  const from = { address: { scheme: 'relay', id: 1 }, name: 'alice' } as const
  return { type: 'chat', at: '2026-03-09T10:00:00Z', from, content, flags: {} }
}

function insertOne(database: Database, parsed: ParsedMessage): void {
  const body = Buffer.from(`raw ${parsed.content}`)
  insertMessage(database, {
    source: 'relay',
    account: 'a',
    via: 'stream',
    receivedAt: '2026-03-09T10:00:00Z',
    parsed,
    payload: { id: insertPayload(database, body), from: 0, to: body.length },
    state: 'final',
    settleBy: 0,
    unresolved: false,
  })
}

function payloads(writer: Writer): number {
  return Number(writer.database.get('SELECT count(*) AS n FROM payloads')?.['n'])
}

describe('the start', () => {
  for (const fault of ['full', 'ioerr', 'busy'] as const) {
    test(`refused (${fault}) at any statement: the reason is told as it is, and the next try begins anew`, () => {
      const counted = createFailingDatabase()
      openForWriting(join(temporaryFolder(), 'state.db'), migrate, counted.wrap).close()
      for (let at = 1; at <= counted.statements.length; at++) {
        const path = join(temporaryFolder(), 'state.db')
        const failing = createFailingDatabase()
        failing.fail(fault, { at })
        assert.throws(
          () => openForWriting(path, migrate, failing.wrap),
          (error: unknown) =>
            error instanceof StorageError &&
            error.message.includes(sqliteError(fault).message.replaceAll(' ', '_')) &&
            (error.cause as { errcode?: number }).errcode === (sqliteError(fault) as { errcode?: number }).errcode,
          `statement ${at}: ${failing.refused[0]}`,
        )
        openForWriting(path, migrate, failing.wrap).close()
      }
    })
  }

  test('refused while history is taken over says so, and leaves no connection behind', () => {
    const counted = createFailingDatabase()
    const history = '[2026-03-01T08:00:00Z] from=#1(alice) type=chat content=old news\n'
    const whole = temporaryFolder()
    writeFileSync(join(whole, 'conversations.md'), history)
    void openTest(whole, counted.wrap).writer.close()
    const importing = counted.statements.findIndex(sql => sql.startsWith('INSERT INTO messages'))
    assert.ok(importing > 0)
    for (let at = importing + 1; at <= importing + 4; at++) {
      const path = temporaryFolder()
      writeFileSync(join(path, 'conversations.md'), history)
      const failing = createFailingDatabase()
      failing.fail('full', { at })
      assert.throws(() => openTest(path, failing.wrap), StorageError, `statement ${at}`)
      // Whoever still had it open would keep the WAL from being cleared away.
      openForWriting(join(path, 'state.db'), migrate).close()
      assert.equal(existsSync(join(path, 'state.db-wal')), false)
      const { writer } = openTest(path)
      assert.equal(latestSeq(writer.database), 1)
      void writer.close()
    }
  })
})

describe('a database that is damaged while it is in use', () => {
  test('and no room for a new one: the work waits, and is done when there is room', async () => {
    const path = temporaryFolder()
    const failing = createFailingDatabase()
    const { clock, events, writer } = openTest(path, failing.wrap)
    await writer.write(database => insertPayload(database, Buffer.from('before')))
    failing.fail('full', { lasting: true })
    writer.suspect(DAMAGED)
    const waiting = writer.write(database => insertPayload(database, Buffer.from('after')))
    for (let i = 0; i < 5; i++) {
      await turns()
      clock.advance(5000)
    }
    assert.deepEqual(events, ['aside database_disk_image_is_malformed', 'fault database_or_disk_is_full'])
    failing.lift()
    clock.advance(5000)
    await waiting
    assert.deepEqual(events.slice(2), ['recovered'])
    assert.equal(payloads(writer), 1)
    await writer.close()
    assert.equal(readdirSync(path).filter(name => /^state\.db\.corrupt-\w+$/.test(name)).length, 1)
  })

  test('one after the other, as on a dying disk: they do not fill the folder', async () => {
    const path = temporaryFolder()
    let dying = false
    const { clock, events, writer } = openTest(path, real => ({
      ...real,
      run(sql, ...values) {
        if (dying && sql.includes('payloads')) throw DAMAGED
        return real.run(sql, ...values)
      },
    }))
    dying = true
    const waiting = writer.write(database => insertPayload(database, Buffer.from('x')))
    for (let i = 0; i < 50; i++) {
      await turns()
      clock.advance(100)
    }
    const aside = readdirSync(path).filter(name => /^state\.db\.corrupt-\w+(?:-\d+)?$/.test(name))
    assert.equal(aside.length, 1, 'in five seconds')
    assert.equal(events.filter(one => one.startsWith('fault')).length, 1)
    dying = false
    for (let i = 0; i < 20; i++) {
      await turns()
      clock.advance(5000)
    }
    await waiting
    assert.equal(payloads(writer), 1)
    await writer.close()
  })

  test('what was committed and is not in the files yet goes over to the new one, under its number', async () => {
    const path = temporaryFolder()
    const { events, writer } = openTest(path)
    const shown = [message('one'), message('two')]
    await writer.write(database => {
      for (const one of shown) insertOne(database, one)
      writeCheckpoint(database, 'inbox_pushed.md', { seq: 1, size: 10, inode: 7 })
      writeCheckpoint(database, 'conversations.md', { seq: 2, size: 20, inode: 8 })
      insertOne(database, message('three'))
    })
    writer.suspect(DAMAGED)
    assert.deepEqual(events, ['aside database_disk_image_is_malformed'])
    assert.deepEqual(
      dueMessages(writer.database, 0, 10).map(one => [one.seq, one.content, Buffer.from(one.payload ?? []).toString()]),
      [
        [2, 'two', 'raw two'],
        [3, 'three', 'raw three'],
      ],
    )
    assert.deepEqual(readCheckpoint(writer.database, 'inbox_pushed.md'), { seq: 1, size: 10, inode: 7 })
    assert.deepEqual(readCheckpoint(writer.database, 'conversations.md'), { seq: 2, size: 20, inode: 8 })
    await writer.write(database => insertOne(database, message('four')))
    assert.equal(latestSeq(writer.database), 4)
    await writer.close()
  })

  test('numbers go on above those that were given, also when the owner removed the files that name them', async t => {
    const scene = await startScene(t)
    await scene.until('connected', () => scene.relay.streams.length === 1)
    for (const text of ['one', 'two', 'three']) scene.relay.streams[0]?.push(chat(ALICE, text))
    await scene.until('written', () => scene.entries().length === 3 && scene.records().length === 3)
    await scene.pass(3000)
    for (const name of ['inbox_pushed.md', 'conversations.md'] as const) rmSync(scene.folder.file(name))
    damageTable(scene.folder.file('state.db'), 'payloads')
    scene.relay.streams[0]?.push(chat(ALICE, 'four'))
    await scene.until('moved aside', () => scene.channel(/moved_to=/).length === 1)
    await scene.until('shown', () => scene.entries().length === 1 && scene.records().length === 1)
    assert.ok((scene.entries()[0]?.seq ?? 0) > 3)
  })
})
