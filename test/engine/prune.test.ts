import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { prune } from '../../scripts/engine/actions/prune.ts'
import { shownTotal, unreadCount } from '../../scripts/store/positions.ts'
import {
  archiveOf,
  deskInUse,
  FILES,
  marksIn,
  old,
  openDesk,
  storedIn,
  textOf,
  WEEK,
  YOUNG,
  young,
} from '../support/retention-desk.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describe('archiving what is older than the limit', () => {
  test('takes it out of the database and of both files, and writes it down as it stood there', async t => {
    const desk = await deskInUse(t)
    const before = FILES.map(name => textOf(desk, name))
    const result = await prune.run(WEEK, desk.context)
    assert.deepEqual(storedIn(desk), YOUNG)
    for (const name of FILES) assert.deepEqual(marksIn(textOf(desk, name)), YOUNG)
    assert.deepEqual(archiveOf(desk), ['conversations-20260309T100000Z.md', 'inbox_pushed-20260309T100000Z.md'])
    assert.deepEqual(result.archives, [
      '.archive/inbox_pushed-20260309T100000Z.md',
      '.archive/conversations-20260309T100000Z.md',
    ])
    assert.deepEqual(
      result.archives.map((path, i) => textOf(desk, path) + textOf(desk, FILES[i] ?? '')),
      before,
    )
    assert.equal(result.archived_messages, 6)
    assert.equal(result.cutoff_utc, '2026-03-02T10:00:00Z')
  })

  test('keeps the archive to this user', async t => {
    const desk = await deskInUse(t)
    const { archives } = await prune.run(WEEK, desk.context)
    assert.equal(statSync(join(desk.folder.path, '.archive')).mode & 0o777, 0o700)
    for (const path of archives) assert.equal(statSync(join(desk.folder.path, path)).mode & 0o777, 0o600)
    for (const name of FILES) assert.equal(statSync(join(desk.folder.path, name)).mode & 0o777, 0o600)
  })

  test('changes no total, no position, and no number that is given next', async t => {
    const desk = await deskInUse(t)
    const { database } = desk.writer
    const before = [shownTotal(database), unreadCount(database, 'agent'), database.all('SELECT * FROM positions')]
    await prune.run(WEEK, desk.context)
    assert.deepEqual(
      [shownTotal(database), unreadCount(database, 'agent'), database.all('SELECT * FROM positions')],
      before,
    )
    await prune.run({ days: 1 }, desk.context)
    await desk.receive(young(31))
    assert.equal(desk.writer.database.get('SELECT max(seq) AS seq FROM messages')?.['seq'], 10)
    assert.equal(unreadCount(desk.writer.database, 'agent'), 1)
  })

  test('leaves nothing of the payloads of what went, and all of the others', async t => {
    const desk = openDesk(t)
    await desk.receiveTogether(old(11), old(12))
    await desk.receiveTogether(old(13), old(14))
    await desk.writer.write(database =>
      database.run("UPDATE messages SET received_at = '2026-03-08T10:00:00Z' WHERE seq = 4"),
    )
    await desk.read()
    await prune.run(WEEK, desk.context)
    const bodies = desk.writer.database
      .all('SELECT body FROM payloads')
      .map(row => String(Buffer.from(row['body'] as Uint8Array)))
    assert.deepEqual(bodies, ['m13 old\nm14 old'])
    assert.deepEqual(marksIn(textOf(desk, 'inbox_pushed.md')), ['m14'])
    assert.equal(desk.writer.database.get('PRAGMA foreign_keys')?.['foreign_keys'], 1)
    assert.deepEqual(desk.writer.database.all('PRAGMA foreign_key_check'), [])
  })

  test('a second time changes nothing, not even the files', async t => {
    const desk = await deskInUse(t)
    await prune.run(WEEK, desk.context)
    const before = FILES.map(name => [statSync(desk.folder.file(name)).ino, textOf(desk, name)])
    const archives = archiveOf(desk)
    const again = await prune.run(WEEK, desk.context)
    assert.deepEqual([again.archived_messages, again.freed_bytes, again.archives], [0, 0, []])
    assert.deepEqual(
      FILES.map(name => [statSync(desk.folder.file(name)).ino, textOf(desk, name)]),
      before,
    )
    assert.deepEqual(archiveOf(desk), archives)
  })

  test('twice within a second writes two archives', async t => {
    const desk = await deskInUse(t)
    await prune.run({ days: 14 }, desk.context)
    await desk.writer.write(database =>
      database.run("UPDATE messages SET received_at = '2026-02-01T10:00:00Z' WHERE seq = 7"),
    )
    const { archives } = await prune.run({ days: 14 }, desk.context)
    assert.deepEqual(archives.slice(0, 1), ['.archive/inbox_pushed-20260309T100000Z-2.md'])
    assert.deepEqual(marksIn(textOf(desk, archives[0] ?? '')), ['m21'])
  })

  test('of an empty folder does nothing', async t => {
    const desk = openDesk(t)
    const result = await prune.run(WEEK, desk.context)
    assert.deepEqual(result, {
      cutoff_utc: '2026-03-02T10:00:00Z',
      archived_messages: 0,
      kept_unread: 0,
      archives: [],
      freed_bytes: 0,
    })
  })

  test('goes on in the new file: what comes afterwards is appended, also after a restart', async t => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    const desk = await deskInUse(t, { path })
    await prune.run(WEEK, desk.context)
    await desk.receive(young(31))
    await desk.settled()
    await desk.close()
    const next = openDesk(t, { path })
    await next.receive(young(32))
    await next.settled()
    for (const name of FILES) assert.deepEqual(marksIn(textOf(next, name)), [...YOUNG, 'm31', 'm32'])
  })

  test('tells the agent in the snapshot how much is older', async t => {
    const desk = openDesk(t)
    await desk.receive(old(11), old(12), young(21))
    await desk.read()
    const snapshot = () => JSON.parse(textOf(desk, 'context_snapshot.json')).retention
    await desk.projector.maintain(maintenance => maintenance.refresh())
    assert.deepEqual(snapshot(), { days: 7, older_messages: 2, oldest_utc: '2026-02-17T10:00:00Z' })
    await prune.run(WEEK, desk.context)
    assert.deepEqual(snapshot(), { days: 7, older_messages: 0, oldest_utc: '2026-03-08T10:00:00Z' })
  })
})

describe('what is older than the limit and stays', () => {
  test('an unread message, and everything behind it', async t => {
    const desk = openDesk(t)
    await desk.receive(...[11, 12, 13, 14].map(n => old(n)))
    await desk.read(2)
    const result = await prune.run(WEEK, desk.context)
    assert.deepEqual([result.archived_messages, result.kept_unread], [2, 2])
    assert.deepEqual(storedIn(desk), ['m13', 'm14'])
    for (const name of FILES) assert.deepEqual(marksIn(textOf(desk, name)), ['m13', 'm14'])
  })

  test('a message of which the agent has read no other than its peer’s is unread too', async t => {
    const desk = openDesk(t)
    await desk.receive(old(11, { from: 1 }), old(12, { from: 2 }), old(13, { from: 1 }))
    await desk.writer.write(database =>
      database.run("INSERT INTO peer_positions (reader, peer, seq) VALUES ('agent', 'relay:1', 3)"),
    )
    const result = await prune.run(WEEK, desk.context)
    assert.deepEqual([result.archived_messages, result.kept_unread], [1, 1])
    assert.deepEqual(storedIn(desk), ['m12', 'm13'])
  })

  test('a message that came late, however long ago it was written', async t => {
    const desk = await deskInUse(t)
    await desk.receive(young(24, { written: 30 }), young(25))
    await desk.read()
    await prune.run(WEEK, desk.context)
    for (const name of FILES) assert.deepEqual(marksIn(textOf(desk, name)), [...YOUNG, 'm24', 'm25'])
    assert.deepEqual(archiveOf(desk).length, 2)
  })

  test('what waits for its sender, and everything behind it', async t => {
    const desk = await deskInUse(t)
    await desk.writer.write(database => database.run("UPDATE messages SET state = 'resolving' WHERE seq = 4"))
    await prune.run(WEEK, desk.context)
    assert.deepEqual(storedIn(desk), ['m14', 'm15', 'm16', ...YOUNG])
  })
})

describe('a clock that is ahead', () => {
  test('does not keep archived messages in the file', async t => {
    const desk = openDesk(t)
    await desk.receive(old(11), old(12, { written: -30 }), young(21), young(22, { written: -30 }))
    await desk.read()
    await prune.run(WEEK, desk.context)
    for (const name of FILES) assert.deepEqual(marksIn(textOf(desk, name)), ['m21', 'm22'])
    assert.deepEqual(archiveOf(desk).length, 2)
  })
})

describe('what was sent', () => {
  test('goes when its outcome has been known for longer than the limit, and never within a week', async t => {
    const desk = await deskInUse(t)
    const rows: readonly [id: string, state: string, settledAt: string | null][] = [
      ['r-old', 'accepted', '2026-02-01T00:00:00Z'],
      ['r-unknown', 'unknown', '2026-02-01T00:00:00Z'],
      ['r-waiting', 'queued', null],
      ['r-young', 'accepted', '2026-03-05T00:00:00Z'],
    ]
    await desk.writer.write(database => {
      for (const [id, state, settledAt] of rows) {
        database.run(
          `INSERT INTO outbox (request_id, fingerprint, sink, account, recipient, content, state, created_at, settled_at)
           VALUES (?, x'00', 'relay', 'me', 'relay:1', 'hi', ?, '2026-02-01T00:00:00Z', ?)`,
          id,
          state,
          settledAt,
        )
      }
    })
    await prune.run({ days: 1 }, desk.context)
    assert.deepEqual(
      desk.writer.database.all('SELECT request_id FROM outbox ORDER BY id').map(row => row['request_id']),
      ['r-waiting', 'r-young'],
    )
  })
})
