import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createAppendProjection } from '../../scripts/projections/append-projection.ts'
import type { DueEntry } from '../../scripts/projections/match-tail.ts'
import type { FileLayer } from '../../scripts/store/files.ts'
import type { Checkpoint } from '../../scripts/store/positions.ts'
import { createForgetfulFiles, type ForgetfulFiles, PowerLoss } from '../support/forgetful-files.ts'

const PATH = '/data/conversations.md'

/** What is committed, and the checkpoint beside it: both survive everything (that is the database's part). */
function createTruth(texts: readonly string[] = []) {
  const entries: DueEntry[] = []
  const truth = {
    checkpoint: { seq: 0, size: 0, inode: 0 } as Checkpoint,
    commit(text: string) {
      entries.push({ seq: entries.length + 1, text })
    },
    all: () => entries.map(entry => entry.text).join(''),
    /** @param atOnce so many come at a time, as with large ones */
    open: (files: FileLayer, atOnce = Number.POSITIVE_INFINITY) =>
      createAppendProjection({
        path: PATH,
        files,
        checkpoint: truth.checkpoint,
        due: (afterSeq, limit) => entries.filter(entry => entry.seq > afterSeq).slice(0, Math.min(limit, atOnce)),
      }),
  }
  for (const text of texts) truth.commit(text)
  return truth
}

const LINES = Array.from({ length: 12 }, (_, i) => (i % 5 === 4 ? '' : `[line ${i + 1}] ${'中文x'.repeat(i)}\n`))

/** Commits, writes, syncs, step by step, until the end or the power loss. */
async function run(
  files: ForgetfulFiles,
  truth: ReturnType<typeof createTruth>,
  lines: readonly string[],
): Promise<void> {
  const projection = truth.open(files)
  try {
    await projection.write()
    for (const [i, line] of lines.entries()) {
      truth.commit(line)
      await projection.write()
      if (i % 3 !== 2) continue
      const checkpoint = await projection.sync()
      if (checkpoint !== null) truth.checkpoint = checkpoint
    }
    const checkpoint = await projection.sync()
    if (checkpoint !== null) truth.checkpoint = checkpoint
  } catch (error) {
    assert.ok(error instanceof PowerLoss, String(error))
  }
}

async function countOperations(): Promise<number> {
  const files = createForgetfulFiles()
  await run(files, createTruth(), LINES)
  return files.operations
}

describe('an append-only file of the agent', () => {
  test('a file is known again by its last entry, though large ones come one at a time', async () => {
    const files = createForgetfulFiles()
    let rewritten = 0
    const counting: FileLayer = {
      ...files,
      rewrite(...place) {
        rewritten++
        return files.rewrite(...place)
      },
    }
    const truth = createTruth(['one\n', 'two\n', 'three\n'])
    const first = truth.open(files, 1)
    while (await first.write()) {
      // One at a time.
    }
    truth.checkpoint = (await first.sync()) ?? truth.checkpoint
    truth.commit('four\n')
    await first.write()
    // Killed before its sync: what stands behind the checkpoint is ours, and is made sure of.
    await truth.open(counting, 1).write()
    assert.equal(rewritten, 1)
    assert.equal(files.content(PATH), truth.all())
  })

  test('a power loss at any operation, with any part of the unsynced tail left: everything is there once', async () => {
    const operations = await countOperations()
    assert.ok(operations > 30)
    for (let at = 1; at <= operations; at++) {
      for (const keep of [0, 0.2, 0.5, 0.9, 1]) {
        const files = createForgetfulFiles()
        const truth = createTruth()
        files.cutPowerAt(at)
        await run(files, truth, LINES)
        files.restorePower(keep)
        await run(files, truth, ['[after] back again\n'])
        assert.equal(files.content(PATH), truth.all(), `operation ${at}, ${keep} of the tail left`)
      }
    }
  })

  test('two losses in a row, the second while the first one is being mended', async () => {
    const operations = await countOperations()
    for (let at = 1; at <= operations; at += 3) {
      for (let second = 1; second <= 8; second++) {
        const files = createForgetfulFiles()
        const truth = createTruth()
        files.cutPowerAt(at)
        await run(files, truth, LINES)
        files.restorePower(0.6)
        files.cutPowerAt(files.operations + second)
        await run(files, truth, [])
        files.restorePower(0.4)
        await run(files, truth, ['[after] back again\n'])
        assert.equal(files.content(PATH), truth.all(), `operations ${at} and ${second} more`)
      }
    }
  })

  test('a line torn in a file that took the place of a deleted one is completed, not repeated', async () => {
    const files = createForgetfulFiles()
    const truth = createTruth(['one\n', 'two\n'])
    const projection = truth.open(files)
    await projection.write()
    truth.checkpoint = (await projection.sync()) ?? truth.checkpoint
    files.edit(PATH, () => null)
    truth.commit('a rather long third line\n')
    // stat, stat, close, open, stat, append: the power goes in the middle of the line.
    files.cutPowerAt(files.operations + 6)
    await assert.rejects(projection.write())
    files.restorePower(1)
    assert.match(files.content(PATH) ?? '', /^a rather l[^\n]*$/)
    await truth.open(files).write()
    assert.equal(files.content(PATH), 'a rather long third line\n')
  })

  test('a refusal in the middle of an append is completed by the next one', async () => {
    const files = createForgetfulFiles()
    const truth = createTruth(['one\n'])
    const projection = truth.open(files)
    await projection.write()
    truth.commit('a longer second line\n')
    files.cutPowerAt(files.operations + 3)
    await assert.rejects(projection.write())
    assert.ok((files.content(PATH) ?? '').length > 4, 'half a line stands there')
    files.cutPowerAt(Number.POSITIVE_INFINITY)
    await projection.write()
    assert.equal(files.content(PATH), 'one\na longer second line\n')
  })
})

describe('a sync that failed', () => {
  /** Brings everything to the disk; what fails is tried again, as the projector does. */
  async function complete(files: ForgetfulFiles, truth: ReturnType<typeof createTruth>): Promise<void> {
    const projection = truth.open(files)
    for (let tries = 0; tries < 5; tries++) {
      try {
        await projection.write()
        truth.checkpoint = (await projection.sync()) ?? truth.checkpoint
        await projection.close()
        return
      } catch (error) {
        assert.ok(error instanceof PowerLoss, String(error))
        await projection.sync().then(
          checkpoint => {
            truth.checkpoint = checkpoint ?? truth.checkpoint
          },
          () => undefined,
        )
      }
    }
    assert.fail('never complete')
  }

  test('is not made good by one that succeeds: what it was to save is written again', async () => {
    const files = createForgetfulFiles()
    const truth = createTruth(['one\n'])
    await complete(files, truth)
    truth.commit('two\n')
    files.failNextSync()
    await complete(files, truth)
    assert.deepEqual(truth.checkpoint.seq, 2)
    files.restorePower(0)
    assert.equal(files.content(PATH), 'one\ntwo\n')
  })

  test('and whose process ended: the next one trusts nothing behind the checkpoint either', async () => {
    const files = createForgetfulFiles()
    const truth = createTruth(['one\n'])
    await complete(files, truth)
    truth.commit('two\n')
    const projection = truth.open(files)
    await projection.write()
    files.failNextSync()
    await assert.rejects(projection.sync())
    await complete(files, truth)
    files.restorePower(0)
    assert.equal(files.content(PATH), 'one\ntwo\n')
  })

  test('counts as a fault until one succeeds; meanwhile new lines are shown all the same', async () => {
    const files = createForgetfulFiles()
    const truth = createTruth(['one\n'])
    const projection = truth.open(files)
    await projection.write()
    files.failNextSync()
    await assert.rejects(projection.sync())
    truth.commit('two\n')
    // Also one that appends something: it proves nothing about what came before.
    await assert.rejects(projection.write(), PowerLoss)
    assert.equal(files.content(PATH), 'one\ntwo\n')
    files.failNextSync()
    await assert.rejects(projection.sync())
    await assert.rejects(projection.write(), PowerLoss)
    const checkpoint = await projection.sync()
    assert.deepEqual([checkpoint?.seq, checkpoint?.size], [2, 8])
    await projection.write()
    files.restorePower(0)
    assert.equal(files.content(PATH), 'one\ntwo\n')
  })

  test('and a power loss at any operation behind it: everything is there once', async () => {
    for (let failing = 1; failing <= 4; failing++) {
      let reached = true
      for (let at = 1; reached; at++) {
        const files = createForgetfulFiles()
        const truth = createTruth()
        const projection = truth.open(files)
        for (const [i, line] of LINES.entries()) {
          truth.commit(line)
          await projection.write().catch(() => undefined)
          if (i % 3 === 1 && (i + 2) / 3 === failing) {
            files.failNextSync()
            files.cutPowerAt(files.operations + 1 + at)
          }
          if (i % 3 !== 1) continue
          truth.checkpoint = (await projection.sync().catch(() => null)) ?? truth.checkpoint
        }
        reached = files.powerIsOff
        files.restorePower(0.3)
        await complete(files, truth)
        files.restorePower(0)
        // What was lost within the unsynced tail may read as zeros; the lines stand behind it, whole.
        const lines = (files.content(PATH) ?? '').split(/(?<=\n)/).filter(line => line.startsWith('[line'))
        assert.equal(lines.join(''), truth.all(), `sync ${failing}, operation ${at} behind it`)
      }
    }
  })
})

describe('a file that somebody changed', () => {
  /** Three lines on disk and synced, then the change, then two more. */
  async function afterChange(
    change: (text: string) => string | null,
    { running, newInode = false }: { running: boolean; newInode?: boolean },
  ): Promise<string | null> {
    const files = createForgetfulFiles()
    const truth = createTruth(['one\n', 'two\n', 'three\n'])
    let projection = truth.open(files)
    await projection.write()
    truth.checkpoint = (await projection.sync()) ?? truth.checkpoint
    if (!running) await projection.close()
    files.edit(PATH, change, { newInode })
    if (!running) projection = truth.open(files)
    truth.commit('four\n')
    await projection.write()
    truth.commit('five\n')
    await projection.write()
    await projection.sync()
    return files.content(PATH)
  }

  for (const running of [true, false]) {
    const when = running ? 'while the daemon runs' : 'while it does not'
    test(`trimmed ${when}: the next record lands at its end`, async () => {
      assert.equal(await afterChange(() => 'three\n', { running }), 'three\nfour\nfive\n')
    })
    test(`emptied ${when}`, async () => {
      assert.equal(await afterChange(() => '', { running }), 'four\nfive\n')
    })
    test(`deleted ${when}`, async () => {
      assert.equal(await afterChange(() => null, { running }), 'four\nfive\n')
    })
    test(`edited by an editor that puts a new file there, ${when}`, async () => {
      const text = await afterChange(text => text.replace('two', 'TWO, changed'), { running, newInode: true })
      assert.equal(text, 'one\nTWO, changed\nthree\nfour\nfive\n')
    })
    test(`with a note at its end and no line end behind it, ${when}`, async () => {
      assert.equal(await afterChange(text => `${text}my note`, { running }), 'one\ntwo\nthree\nmy note\nfour\nfive\n')
    })
  }

  test('changed after a crash: what it already shows is not shown again', async () => {
    const files = createForgetfulFiles()
    const truth = createTruth(['one\n', 'two\n'])
    const projection = truth.open(files)
    await projection.write()
    truth.checkpoint = (await projection.sync()) ?? truth.checkpoint
    truth.commit('three\n')
    truth.commit('four\n')
    await projection.write()
    // Killed before the sync; then somebody wrote between the lines.
    files.edit(PATH, text => text.replace('two\n', 'two\na note\n'), { newInode: true })
    truth.commit('five\n')
    await truth.open(files).write()
    assert.equal(files.content(PATH), 'one\ntwo\na note\nthree\nfour\nfive\n')
  })

  test('deleted, and its inode number given to the next one: what that shows is not shown again', async () => {
    const files = createForgetfulFiles()
    const truth = createTruth(['one\n'])
    const projection = truth.open(files)
    await projection.write()
    truth.checkpoint = (await projection.sync()) ?? truth.checkpoint
    await projection.close()
    files.edit(PATH, () => null)
    truth.commit('two\n')
    await truth.open(files).write()
    assert.equal((await files.stat(PATH))?.inode, truth.checkpoint.inode)
    // Killed before the sync.
    truth.commit('three\n')
    await truth.open(files).write()
    assert.equal(files.content(PATH), 'two\nthree\n')
  })

  test('whatever is done to it between two runs, every later record is there once and nothing else changes', async () => {
    const edit = fc.constantFrom<(text: string) => string | null>(
      text => text,
      () => null,
      () => '',
      text => `${text}note`,
      text => `${text}note\n`,
      text => text.slice(0, text.length / 2),
      text => text.slice(text.length / 2),
      text => `head\n${text}`,
    )
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 5 }), fc.boolean(), async (edits, newInode) => {
        const files = createForgetfulFiles()
        const truth = createTruth(['first\n'])
        for (const [i, change] of edits.entries()) {
          const projection = truth.open(files)
          await projection.write()
          truth.checkpoint = (await projection.sync()) ?? truth.checkpoint
          await projection.close()
          files.edit(PATH, change, { newInode })
          const before = files.content(PATH) ?? ''
          truth.commit(`${i} record\n`)
          const next = truth.open(files)
          await next.write()
          truth.checkpoint = (await next.sync()) ?? truth.checkpoint
          const gap = before === '' || before.endsWith('\n') ? '' : '\n'
          assert.equal(files.content(PATH), `${before}${gap}${i} record\n`)
        }
      }),
      { numRuns: 300 },
    )
  })
})
