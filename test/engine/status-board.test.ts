import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger } from '../../scripts/core/logger.ts'
import { createStatusBoard } from '../../scripts/engine/status-board.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { readHolder, readStatus } from '../../scripts/store/status.ts'
import { createWriter } from '../../scripts/store/writer.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { turns } from '../support/wait-for.ts'

test('what the daemon told about itself is told again to a database that had to be replaced', async () => {
  const clock = createFakeClock()
  const folder = temporaryFolder()
  let opened = 0
  const open = () => openForWriting(join(folder, `${opened++}.db`), migrate)
  const writer = createWriter({
    open,
    replaceCorrupt(damaged) {
      damaged.close()
      board.repeat()
      return open()
    },
    clock,
    onFault: () => {},
    onRecovered: () => {},
  })
  const log = createLogger({ clock, level: 'silent', write: () => {} })
  const board = createStatusBoard({ writer, clock, log, onCommit: () => {} })
  await board.put('holder', { pid: 7, kind: 'daemon', startedAt: '2026-03-09T10:00:00Z' })
  board.post('adapter:relay', { state: 'connected', my_id: 2 })
  board.merge('adapter:relay', { state: 'disconnected' })
  await turns()
  assert.deepEqual(readStatus(writer.database, 'adapter:relay'), { state: 'disconnected', my_id: 2 })

  writer.suspect(Object.assign(new Error('x'), { errcode: 11 }))
  await turns()
  assert.equal(opened, 2)
  assert.equal(readHolder(writer.database)?.pid, 7)
  assert.deepEqual(readStatus(writer.database, 'adapter:relay'), { state: 'disconnected', my_id: 2 })

  await board.remove('holder')
  assert.equal(readHolder(writer.database), null)
  await writer.close()
})
