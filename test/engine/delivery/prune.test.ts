import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prune } from '../../../scripts/engine/actions/prune.ts'
import { prunable } from '../../../scripts/store/retention.ts'
import { followSinks, moveFanOut } from '../../../scripts/store/sinks.ts'
import { old, openDesk, storedIn, WEEK } from '../../support/retention-desk.ts'

test('archiving leaves what was not handed on to the queues, and takes it when it was', async t => {
  const desk = openDesk(t)
  await desk.writer.write(database => followSinks(database, ['webhook:ops']))
  await desk.receive(...[11, 12, 13].map(n => old(n)))
  await desk.read()
  await desk.settled()
  await desk.writer.write(database => moveFanOut(database, 1))
  const cutoff = '2026-03-02T10:00:00Z'
  assert.equal(prunable(desk.writer.database, cutoff).messages, 1)
  assert.equal((await prune.run(WEEK, desk.context)).archived_messages, 1)
  assert.deepEqual(storedIn(desk), ['m12', 'm13'])

  await desk.writer.write(database => moveFanOut(database, 3))
  assert.equal(prunable(desk.writer.database, cutoff).messages, 2)
  assert.equal((await prune.run(WEEK, desk.context)).archived_messages, 2)
  assert.deepEqual(storedIn(desk), [])
})
