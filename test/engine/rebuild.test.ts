import assert from 'node:assert/strict'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { prune } from '../../scripts/engine/actions/prune.ts'
import { rebuild } from '../../scripts/engine/actions/rebuild.ts'
import { nodeFiles } from '../../scripts/store/files.ts'
import { deskInUse, FILES, marksIn, textOf, WEEK, YOUNG, young } from '../support/retention-desk.ts'

describe('a rebuild', () => {
  test('of files that nobody touched gives the same files, byte for byte', async t => {
    const desk = await deskInUse(t)
    await desk.receive(young(24, { from: null }), young(25, { content: 'm25 \u202e\n[2026-01-01T00:00:00Z] seq=1' }))
    await desk.settled()
    const before = FILES.map(name => textOf(desk, name))
    const { files } = await rebuild.run({}, desk.context)
    assert.deepEqual(
      FILES.map(name => textOf(desk, name)),
      before,
    )
    assert.deepEqual(
      files.map(({ old: path }) => textOf(desk, path ?? '')),
      before,
    )
    assert.deepEqual(
      files.map(({ bytes_before, bytes_after }) => bytes_before - bytes_after),
      [0, 0],
    )
  })

  test('brings back what was trimmed and takes out what was added; the old files are kept', async t => {
    const desk = await deskInUse(t)
    const path = desk.folder.file('conversations.md')
    const whole = textOf(desk, 'conversations.md')
    writeFileSync(path, `a note\n${whole.slice(whole.length / 2)}`)
    const trimmed = textOf(desk, 'conversations.md')
    const { files } = await rebuild.run({}, desk.context)
    assert.equal(textOf(desk, 'conversations.md'), whole)
    assert.equal(textOf(desk, files[1]?.old ?? ''), trimmed)
  })

  test('writes a file that somebody removed', async t => {
    const desk = await deskInUse(t)
    const whole = textOf(desk, 'conversations.md')
    rmSync(desk.folder.file('conversations.md'))
    const { files } = await rebuild.run({}, desk.context)
    assert.equal(textOf(desk, 'conversations.md'), whole)
    assert.equal(files[1]?.old, null)
  })

  test('leaves a file alone in which somebody wrote at the last moment', async t => {
    let path = ''
    const files = {
      ...nodeFiles,
      async rename(from: string, to: string) {
        await nodeFiles.rename(from, to)
        if (to.includes('conversations-before-rebuild')) appendFileSync(path, 'a word\n')
      },
    }
    const desk = await deskInUse(t, { files })
    path = desk.folder.file('conversations.md')
    const before = textOf(desk, 'conversations.md')
    await assert.rejects(rebuild.run({}, desk.context), /conversations\.md was changed by another program meanwhile/)
    assert.equal(textOf(desk, 'conversations.md'), `${before}a word\n`)
    await desk.receive(young(31))
    await desk.settled()
    assert.match(textOf(desk, 'conversations.md'), /a word\n\[[^\n]*m31 young\n$/)
  })

  test('does not bring back what was archived', async t => {
    const desk = await deskInUse(t)
    await prune.run(WEEK, desk.context)
    await rebuild.run({}, desk.context)
    for (const name of FILES) assert.deepEqual(marksIn(textOf(desk, name)), YOUNG)
  })

  test('writes the JSON files, whatever became of them', async t => {
    const desk = await deskInUse(t)
    writeFileSync(desk.folder.file('stats.json'), '{}')
    await rebuild.run({}, desk.context)
    assert.equal(JSON.parse(textOf(desk, 'stats.json')).messages_received, 9)
  })
})
