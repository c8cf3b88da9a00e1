import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { dataFolderAt } from '../../scripts/store/data-folder.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { isLocked, tryLock } from '../../scripts/store/lock.ts'
import { identityKey, lockIdentity, ownFolder, runningDaemon } from '../../scripts/store/ownership.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { writeStatus } from '../../scripts/store/status.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { turns } from '../support/wait-for.ts'

function heldBy(path: string, holder: { pid: number; kind: 'daemon' | 'command' }) {
  const database = openForWriting(join(path, 'state.db'), migrate)
  writeStatus(database, 'holder', { ...holder, startedAt: '2026-03-09T10:00:00Z' }, '2026-03-09T10:00:00Z')
  database.close()
  const lock = tryLock(join(path, 'lock.db'))
  assert.ok(lock !== null)
  return lock
}

describe('the lock of a folder', () => {
  test('is exclusive, can be asked for without taking it, and is never written', () => {
    const path = join(temporaryFolder(), 'lock.db')
    assert.equal(isLocked(path), false)
    const lock = tryLock(path)
    assert.ok(lock !== null)
    assert.equal(tryLock(path), null)
    assert.equal(isLocked(path), true)
    assert.equal(statSync(path).size, 0)
    // Nor anything beside it: on a full disk there would be no lock.
    assert.equal(existsSync(`${path}-journal`), false)
    lock.release()
    lock.release()
    assert.equal(isLocked(path), false)
    tryLock(path)?.release()
  })

  test('held by a command: a starting daemon waits for it', async () => {
    const path = temporaryFolder()
    const held = heldBy(path, { pid: process.pid, kind: 'command' })
    const clock = createFakeClock()
    let owned = false
    const waiting = ownFolder(dataFolderAt(path), clock).then(lock => {
      owned = true
      return lock
    })
    for (let i = 0; i < 100; i++) {
      clock.advance(100)
      await turns(1)
    }
    assert.equal(owned, false)
    held.release()
    clock.advance(100)
    const lock = await waiting
    lock.release()
  })

  test('held by a command for ever: the daemon gives up after thirty seconds', async () => {
    const path = temporaryFolder()
    const held = heldBy(path, { pid: process.pid, kind: 'command' })
    const clock = createFakeClock()
    const waiting = ownFolder(dataFolderAt(path), clock)
    const refused = assert.rejects(waiting, /Another process already works in/)
    for (let i = 0; i < 400; i++) {
      clock.advance(100)
      await turns(1)
    }
    await refused
    held.release()
  })

  test('held by a living daemon: the next one gives up at once and names it', async () => {
    const path = temporaryFolder()
    const held = heldBy(path, { pid: process.pid, kind: 'daemon' })
    await assert.rejects(
      ownFolder(dataFolderAt(path), createFakeClock()),
      new RegExp(`pid ${process.pid}, 2026-03-09T10:00:00Z`),
    )
    assert.equal(runningDaemon(dataFolderAt(path))?.pid, process.pid)
    held.release()
    assert.equal(runningDaemon(dataFolderAt(path)), null)
  })

  test('a note of a dead daemon is not believed while somebody else holds the lock', async () => {
    const path = temporaryFolder()
    const held = heldBy(path, { pid: 2 ** 22 + 1, kind: 'daemon' })
    const clock = createFakeClock()
    const waiting = ownFolder(dataFolderAt(path), clock)
    clock.advance(100)
    await turns()
    held.release()
    clock.advance(100)
    const lock = await waiting
    lock.release()
  })
})

describe('the lock of an identity', () => {
  test('is given back when its note can not be written', () => {
    const state = temporaryFolder()
    const folder = dataFolderAt('/one')
    const note = join(state, 'identities', `${identityKey('x')}.folder`)
    mkdirSync(note, { recursive: true })
    assert.throws(() => lockIdentity(state, 'x', folder), /EISDIR/)
    rmSync(note, { recursive: true })
    const lock = lockIdentity(state, 'x', folder)
    assert.equal(lock.kind, 'held')
    if (lock.kind === 'held') lock.lock.release()
  })

  test('is one for all folders, tells which one has it, and does not tell the token', () => {
    const state = temporaryFolder()
    const [one, two] = [dataFolderAt('/one'), dataFolderAt('/two')]
    const first = lockIdentity(state, 'https://relay\nsecret-token', one)
    assert.equal(first.kind, 'held')
    assert.deepEqual(lockIdentity(state, 'https://relay\nsecret-token', two), { kind: 'taken', folder: '/one' })
    const other = lockIdentity(state, 'https://relay\nother-token', two)
    assert.equal(other.kind, 'held')
    if (first.kind === 'held') first.lock.release()
    const next = lockIdentity(state, 'https://relay\nsecret-token', two)
    assert.equal(next.kind, 'held')
    for (const lock of [other, next]) if (lock.kind === 'held') lock.lock.release()
  })
})
