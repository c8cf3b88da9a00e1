import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { prune } from '../../scripts/engine/actions/prune.ts'
import { rebuild } from '../../scripts/engine/actions/rebuild.ts'
import { nodeFiles } from '../../scripts/store/files.ts'
import {
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

describe('what somebody wrote into a file', () => {
  test('before the first record stays there', async t => {
    const desk = await deskInUse(t)
    for (const name of FILES) {
      writeFileSync(desk.folder.file(name), `# my notes\n\n${textOf(desk, name)}`)
    }
    await prune.run(WEEK, desk.context)
    for (const name of FILES) assert.match(textOf(desk, name), /^# my notes\n\n\[2026-03-08T10/)
  })

  test('behind a record goes where that goes, and what the archive does not hold is kept beside it', async t => {
    const desk = await deskInUse(t)
    for (const name of FILES) {
      const text = textOf(desk, name).replace('m12 old', 'm12 was changed')
      writeFileSync(desk.folder.file(name), text.replace(/m21 young\n(?:─+\n)?/, '$&a note\n'))
    }
    appendFileSync(desk.folder.file('conversations.md'), 'my last words')
    const whole = FILES.map(name => textOf(desk, name))
    const { archives } = await prune.run(WEEK, desk.context)
    assert.deepEqual(archives.slice(2), [
      '.archive/inbox_pushed-removed-20260309T100000Z.md',
      '.archive/conversations-removed-20260309T100000Z.md',
    ])
    for (const [i, name] of FILES.entries()) {
      assert.equal(textOf(desk, archives[i + 2] ?? '') + textOf(desk, name), whole[i])
      assert.match(textOf(desk, archives[i + 2] ?? ''), /m12 was changed/)
      assert.match(textOf(desk, name), /m21.*a note\n.*m22/s)
    }
    assert.ok(textOf(desk, 'conversations.md').endsWith('\nmy last words'))
    await desk.receive(young(31))
    await desk.settled()
    assert.match(textOf(desk, 'conversations.md'), /\nmy last words\n\[[^\n]*m31 young\n$/)
  })

  test('records that the database does not know go by their own age, and are kept', async t => {
    const desk = openDesk(t)
    const foreign = '[2020-01-01T00:00:00Z] from=#9(zed) type=chat content=m99 long ago\n'
    await desk.receive(young(21))
    await desk.read()
    await desk.settled()
    writeFileSync(desk.folder.file('conversations.md'), foreign + textOf(desk, 'conversations.md'))
    const { archives } = await prune.run(WEEK, desk.context)
    assert.deepEqual(archives, ['.archive/conversations-removed-20260309T100000Z.md'])
    assert.equal(textOf(desk, archives[0] ?? ''), foreign)
    assert.deepEqual(marksIn(textOf(desk, 'conversations.md')), ['m21'])
  })

  test('while the file is being written anew is not lost: it stays as it is, and the next time goes on', async t => {
    let onRead: (() => void) | undefined
    const files = {
      ...nodeFiles,
      async read(...place: Parameters<typeof nodeFiles.read>) {
        const bytes = await nodeFiles.read(...place)
        if (place[0].endsWith('conversations.md') && bytes.length > 500) onRead?.()
        return bytes
      },
    }
    const desk = await deskInUse(t, { files })
    const path = desk.folder.file('conversations.md')
    onRead = () => {
      onRead = undefined
      writeFileSync(`${path}.edited`, `${readFileSync(path, 'utf8')}a word\n`)
      renameSync(`${path}.edited`, path)
    }
    await assert.rejects(prune.run(WEEK, desk.context), /conversations\.md was changed by another program meanwhile/)
    assert.match(textOf(desk, 'conversations.md'), /m11.*a word/s)
    await prune.run(WEEK, desk.context)
    assert.deepEqual(marksIn(textOf(desk, 'conversations.md')), YOUNG)
    assert.match(textOf(desk, 'conversations.md'), /m23.*a word/s)
  })
})

describe('history that was taken over', () => {
  const HISTORY = [
    '[2026-01-01T10:00:00Z] from=#1(alice) type=chat content=m01 first',
    '[2026-01-01T10:00:00Z] from=#1(a b) type=chat content=m02 a \\ in it',
    'not a record',
    '[2026-03-08T10:00:00Z] from=#2(bob) type=chat content=m03 of yesterday',
  ]

  /** A folder of the original skill: files, and no state.db. */
  function takenOver(t: TestContext): Desk {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    mkdirSync(path, { mode: 0o700 })
    writeFileSync(join(path, 'conversations.md'), `${HISTORY.join('\n')}\n`)
    return openDesk(t, { path })
  }

  test('is archived like anything else, byte for byte', async t => {
    const desk = takenOver(t)
    const { archived_messages, archives } = await prune.run(WEEK, desk.context)
    assert.equal(archived_messages, 2)
    assert.deepEqual(textOf(desk, 'conversations.md'), `${HISTORY[3]}\n`)
    const kept = archives.map(path => textOf(desk, path)).join('')
    for (const line of HISTORY.slice(0, 3)) assert.ok(kept.includes(`${line}\n`), line)
  })

  test('is in a rebuilt file, but for what is no record', async t => {
    const desk = takenOver(t)
    await desk.receive(young(21))
    const { files } = await rebuild.run({}, desk.context)
    assert.deepEqual(marksIn(textOf(desk, 'conversations.md')), ['m01', 'm02', 'm03', 'm21'])
    assert.doesNotMatch(textOf(desk, 'conversations.md'), /not a record/)
    assert.match(textOf(desk, files[1]?.old ?? ''), /not a record/)
  })
})
