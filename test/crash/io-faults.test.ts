import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { JSON_FILES } from '../../scripts/projections/json-projection.ts'
import { createFailingFiles, FILE_FAULTS, type FileFault, type FileOperation } from '../support/failing-files.ts'
import { AT_A_TIME, type Plan, placeOf, runWith, sample } from '../support/fault-run.ts'
import {
  assertComplete,
  COUNT,
  createJsonWatch,
  createRun,
  createStage,
  isComplete,
  MARKERS,
  pass,
  passUntil,
  play,
  readShown,
  type Stage,
  stopScene,
  strike,
} from '../support/fifty-messages.ts'
import { inParallel } from '../support/in-parallel.ts'
import { FULL } from '../support/scale.ts'
import { type Scene, startScene } from '../support/test-daemon.ts'

describe('fifty messages and a disk that refuses', () => {
  test('no operation of them', async () => {
    const { files, database } = await runWith(null)
    assert.ok(files.operations.length > 80, `${files.operations.length} file operations`)
    assert.ok(database.statements.length > 500, `${database.statements.length} statements`)
  })

  test('any operation of them: all is told, completed, and shown once', async t => {
    const { files } = await runWith(null)
    const plans: Plan[] = FULL
      ? files.operations.flatMap((_, i) =>
          FILE_FAULTS.flatMap(fault =>
            [false, true].map(lasting => ({ what: { on: 'files' as const, fault, at: i + 1 }, lasting })),
          ),
        )
      : sample(files.operations.map(placeOf), () => FILE_FAULTS).flatMap(({ only, at, fault }, i) => [
          { what: { on: 'files', fault, at, only }, lasting: false },
          ...(i % 3 === 0 ? [{ what: { on: 'files' as const, fault, at: 3 * i + 1 }, lasting: true }] : []),
        ])
    const hit = new Set<string>()
    await inParallel(plans, AT_A_TIME, async plan => {
      const disk = await runWith(plan)
      for (const one of disk.files.refused) hit.add(placeOf(one))
    })
    for (const place of new Set(files.operations.map(placeOf))) assert.ok(hit.has(place), `${place} was refused once`)
    t.diagnostic(`${plans.length} runs, ${hit.size} kinds of operation refused`)
  })
})

describe('one file that refuses, for as long as the fifty messages take', () => {
  const FILES = ['inbox_pushed.md', 'conversations.md', ...JSON_FILES, 'sse_channel.log'] as const
  for (const file of FILES) {
    test(`${file}: told once, the others go on, completed afterwards`, async () => {
      await runHeld({ fault: 'ENOSPC', only: one => one.file === file }, ({ scene, stage }) => {
        const shown = readShown(stage.path)
        if (file !== 'inbox_pushed.md') assert.deepEqual(shown.inbox.toSorted(), MARKERS)
        if (file !== 'conversations.md') assert.deepEqual(shown.conversations.toSorted(), MARKERS)
        if (file !== 'stats.json') assert.equal(scene.json('stats.json')['messages_received'], COUNT)
        if (file === 'sse_channel.log') {
          assert.equal(scene.logs.filter(one => one['msg'] === 'the channel log can not be written').length, 1)
        } else {
          assert.equal(scene.channel(/STORAGE_FAULT/).length, 1)
          assert.equal(scene.channel(new RegExp(`STORAGE_FAULT file=${file} reason=ENOSPC$`)).length, 1)
        }
        assert.equal(scene.channel(/STORAGE_RECOVERED/).length, 0)
      })
    })
  }

  for (const file of ['inbox_pushed.md', 'conversations.md'] as const) {
    test(`${file}, to sync only: told once and not taken back, and every message is shown meanwhile`, async () => {
      await runHeld({ fault: 'EIO', only: one => one.kind === 'sync' && one.file === file }, ({ scene, stage }) => {
        assertComplete(readShown(stage.path), 'while it refuses')
        assert.equal(scene.channel(new RegExp(`STORAGE_FAULT file=${file} reason=EIO$`)).length, 1)
        assert.equal(scene.channel(/STORAGE_(?:FAULT|RECOVERED)/).length, 1)
      })
    })
  }

  /** All fifty are sent while the fault lasts; `meanwhile` looks at what is there before it is lifted. */
  async function runHeld(
    { fault, only }: { fault: FileFault; only: (one: FileOperation) => boolean },
    meanwhile: (held: { scene: Scene; stage: Stage }) => void,
  ): Promise<void> {
    const stage = createStage()
    const run = createRun()
    const files = createFailingFiles({ watch: createJsonWatch(stage.path) })
    try {
      const scene = await startScene(run.t, { ...stage, files })
      files.fail(fault, { lasting: true, only })
      await passUntil(stage.clock, () => stage.relay.streams.length > 0)
      await play(stage, { written: () => 0 })
      await pass(stage.clock, 30_000)
      assert.ok(files.refused.length > 3, `refused ${files.refused.length} times`)
      meanwhile({ scene, stage })
      files.lift()
      assert.ok(await passUntil(stage.clock, () => isComplete(readShown(stage.path))))
      await pass(stage.clock, 10_000)
      assertComplete(readShown(stage.path), 'afterwards')
      const told = scene.channel(/STORAGE_(?:FAULT|RECOVERED)/)
      assert.equal(told.filter(line => line.includes('RECOVERED')).length, told.length / 2)
      await stopScene(scene)
      assert.equal(scene.json('stats.json')['messages_received'], COUNT)
    } finally {
      files.lift()
      await run.end(stage.clock)
      strike(stage)
    }
  }
})
