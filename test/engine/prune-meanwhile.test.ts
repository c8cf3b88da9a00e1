import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { prune } from '../../scripts/engine/actions/prune.ts'
import { rebuild } from '../../scripts/engine/actions/rebuild.ts'
import { nodeFiles } from '../../scripts/store/files.ts'
import { createFailingFiles } from '../support/failing-files.ts'
import {
  archiveOf,
  type Desk,
  deskInUse,
  FILES,
  marksIn,
  openDesk,
  textOf,
  WEEK,
  YOUNG,
  young,
} from '../support/retention-desk.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describe('messages that come while it is done', () => {
  /** Every operation on the disk is a moment at which one may come. */
  async function receivingAll(t: TestContext, work: (desk: Desk) => Promise<unknown>): Promise<Desk> {
    let desk: Desk | undefined
    let next = 41
    const files = createFailingFiles({
      watch() {
        if (desk === undefined || next > 99) return
        const { receive, projector } = desk
        void receive(young(next++)).then(() => projector.kick())
      },
    })
    const quiet = await deskInUse(t, { files })
    desk = quiet
    await work(quiet)
    desk = undefined
    assert.ok(next > 60, `${next - 41} messages came`)
    await quiet.settled()
    const expected = Array.from({ length: next - 41 }, (_, i) => `m${41 + i}`)
    for (const name of FILES) {
      assert.deepEqual(
        marksIn(textOf(quiet, name)).filter(mark => mark >= 'm41'),
        expected,
        name,
      )
    }
    return quiet
  }

  test('are appended once and in order: archiving', async t => {
    const desk = await receivingAll(t, ({ context }) => prune.run(WEEK, context))
    for (const name of FILES) assert.deepEqual(marksIn(textOf(desk, name)).slice(0, 3), YOUNG)
  })

  test('are appended once and in order: rebuilding', async t => {
    await receivingAll(t, ({ context }) => rebuild.run({}, context))
  })

  test('and before the very moment at which the new file takes its place are in that one', async t => {
    let desk: Desk | undefined
    const files = {
      ...nodeFiles,
      async rename(from: string, to: string) {
        if (from.endsWith('.md.0') && !from.includes('.archive')) {
          await desk?.receive(young(from.includes('inbox') ? 41 : 42))
          desk?.projector.kick()
          // Whoever would append now needs a few turns of the disk for it.
          for (let i = 0; i < 40; i++) await nodeFiles.stat(to)
        }
        await nodeFiles.rename(from, to)
      },
    }
    desk = await deskInUse(t, { files })
    await prune.run(WEEK, desk.context)
    await desk.settled()
    for (const name of FILES) assert.deepEqual(marksIn(textOf(desk, name)), [...YOUNG, 'm41', 'm42'])
  })

  test('and a rebuild that is asked for at the same time waits', async t => {
    const desk = await deskInUse(t)
    await Promise.all([prune.run(WEEK, desk.context), rebuild.run({}, desk.context), prune.run(WEEK, desk.context)])
    for (const name of FILES) assert.deepEqual(marksIn(textOf(desk, name)), YOUNG)
    assert.equal(archiveOf(desk).length, 4)
  })

  test('a stop ends it soon, with nothing lost, and the next start goes on', async t => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    const desk = await deskInUse(t, { path })
    const pruning = prune.run(WEEK, desk.context)
    const [outcome] = await Promise.allSettled([pruning, desk.close()])
    assert.equal(outcome.status, 'rejected')
    const next = openDesk(t, { path })
    await prune.run(WEEK, next.context)
    for (const name of FILES) assert.deepEqual(marksIn(textOf(next, name)), YOUNG)
  })
})
