import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { dataFolderAt } from '../../scripts/store/data-folder.ts'
import { openForReading, openForWriting } from '../../scripts/store/database.ts'
import { insertPayload } from '../../scripts/store/messages.ts'
import { migrate, SCHEMA_VERSION } from '../../scripts/store/schema.ts'
import { openState } from '../../scripts/store/state.ts'
import { ALICE, chat } from '../support/blocks.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startScene, viewOf } from '../support/test-daemon.ts'

/** A folder of the original skill: files, no database. */
const ORIGINAL = [
  '# Conversations',
  '[2026-03-01T08:00:00Z] from=#1(alice) type=chat content=old news',
  '[2026-03-01T08:00:01Z] from=#0(system) type=system content=您与 alice（ID:1）已成功建立好友关系。',
  'a note of the owner',
  '[2026-03-09T10:00:00Z] from=#1(alice) type=chat content=seen before',
  '',
].join('\n')

function original(path: string): void {
  viewOf(path).writeConfig({ base_url: 'http://127.0.0.1:9', token: 'a'.repeat(32) })
  writeFileSync(join(path, 'conversations.md'), ORIGINAL)
  writeFileSync(join(path, 'inbox_pushed.md'), '### 2026-03-01\n收件箱共 1 条\n')
  writeFileSync(join(path, 'contacts.json'), JSON.stringify({ 9: { name: 'zoe', relationship: 'blocked' } }))
}

describe('state.db', () => {
  test('written by a newer version is refused in one sentence, and left as it is', () => {
    const path = join(temporaryFolder(), 'state.db')
    openForWriting(path, migrate).close()
    const raw = new DatabaseSync(path)
    raw.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}; CREATE TABLE future (x)`)
    raw.close()
    assert.throws(
      () => openForWriting(path, migrate),
      /^StorageError: The data folder was written by a newer version of this program \(schema \d+; this one knows \d+\)\.$/,
    )
    const after = new DatabaseSync(path, { readOnly: true })
    assert.equal(after.prepare('SELECT count(*) AS n FROM future').get()?.['n'], 0)
    after.close()
  })

  test('is never created by a reader', () => {
    const path = join(temporaryFolder(), 'state.db')
    assert.equal(openForReading(path), null)
    assert.equal(existsSync(path), false)
  })
})

describe('a folder of the original skill', () => {
  test('is taken over: nothing rewritten, nothing shown a second time, new lines behind the old ones', async t => {
    const scene = await startScene(t, { prepare: (_, path) => original(path) })
    await scene.until('connected', () => scene.relay.streams.length === 1)
    scene.relay.streams[0]?.push(chat(ALICE, 'seen before'))
    scene.relay.streams[0]?.push(chat(ALICE, 'new'))
    await scene.until('written', () => scene.text('conversations.md').includes('content=new'))
    assert.equal(
      scene.text('conversations.md'),
      `${ORIGINAL}[2026-03-09T10:00:00Z] from=#1(alice) type=chat content=new\n`,
    )
    assert.ok(scene.text('inbox_pushed.md').startsWith('### 2026-03-01\n收件箱共 1 条\n['))
    await scene.until('contacts', () => scene.text('contacts.json').includes('alice'))
    assert.deepEqual(scene.json('contacts.json')['9'], { name: 'zoe', relationship: 'blocked' })
    await scene.until('counted', () => scene.json('stats.json')['messages_received'] === 2)
    await scene.stop()
    const database = openForReading(scene.folder.file('state.db'))
    t.after(() => database?.close())
    const imported = database?.all("SELECT content FROM messages WHERE via = 'import' ORDER BY seq")
    assert.deepEqual(
      imported?.map(row => row['content']),
      ['old news', '您与 alice（ID:1）已成功建立好友关系。', 'seen before'],
    )
  })
})

describe('a damaged database', () => {
  const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
    'of which nothing is left': path => writeFileSync(path, 'this is not a database, and it never was one'.repeat(100)),
    'whose first page is overwritten': path => {
      const bytes = readFileSync(path)
      bytes.fill(0xa5, 100, 4000)
      writeFileSync(path, bytes)
    },
  }
  for (const [name, damage] of Object.entries(DAMAGES)) {
    test(`${name} is moved aside whole; numbers and lines go on where they were`, async t => {
      const scene = await startScene(t)
      await scene.until('connected', () => scene.relay.streams.length === 1)
      // Two are said twice: one line each, but numbers of their own.
      for (const text of ['one', 'two', 'two', 'three', 'three']) scene.relay.streams[0]?.push(chat(ALICE, text))
      await scene.until('written', () => scene.entries().length === 5 && scene.records().length === 3)
      await scene.stop()
      damage(scene.folder.file('state.db'))
      const damaged = readFileSync(scene.folder.file('state.db'))

      const again = await scene.restart()
      await again.until('connected', () => again.relay.streams.length === 1)
      again.relay.streams[0]?.push(chat(ALICE, 'two'))
      again.relay.streams[0]?.push(chat(ALICE, 'four'))
      await again.until('written', () => again.records().length === 4 && again.entries().length === 7)
      assert.deepEqual(
        again.records().map(one => one.content),
        ['one', 'two', 'three', 'four'],
      )
      const seqs = again.entries().map(one => one.seq)
      assert.deepEqual(seqs.slice(0, 5), [1, 2, 3, 4, 5])
      assert.equal(new Set(seqs).size, 7, 'no number twice')
      assert.ok((seqs[5] ?? 0) > 5)

      const aside = readdirSync(again.folder.path).filter(file => /^state\.db\.corrupt-\d{8}T\d{6}Z$/.test(file))
      assert.equal(aside.length, 1)
      assert.deepEqual(readFileSync(join(again.folder.path, aside[0] ?? '')), damaged)
      assert.match(again.channel(/STORAGE_FAULT/)[0] ?? '', /file=state\.db reason=\S+ moved_to=/)
    })
  }

  test('that turns out to be one while it is in use is moved aside too, and work goes on', async t => {
    const path = temporaryFolder()
    const folder = dataFolderAt(path)
    const events: string[] = []
    const writer = openState(folder, createFakeClock(), {
      onFault: reason => events.push(reason),
      onRecovered: () => {},
      onMovedAside: (to, reason) => events.push(`${to.slice(path.length + 1)} ${reason}`),
      onImported: () => {},
      shownSeq: () => null,
    })
    t.after(() => writer.close())
    // The live connection: a commit survives power loss.
    assert.equal(writer.database.get('PRAGMA synchronous')?.['synchronous'], 2)
    await writer.write(database => insertPayload(database, Buffer.from('before')))
    // A read finds what a write did not touch.
    writer.suspect(Object.assign(new Error('x'), { errcode: 11, errstr: 'database disk image is malformed' }))
    await writer.write(database => insertPayload(database, Buffer.from('after')))
    assert.equal(writer.database.get('PRAGMA synchronous')?.['synchronous'], 2)
    assert.deepEqual(events, ['state.db.corrupt-20260309T100000Z database_disk_image_is_malformed'])
    assert.equal(writer.database.get('SELECT count(*) AS n FROM payloads')?.['n'], 1)
    const aside = openForReading(join(path, 'state.db.corrupt-20260309T100000Z'))
    t.after(() => aside?.close())
    assert.equal(aside?.get('SELECT count(*) AS n FROM payloads')?.['n'], 1)
  })
})
