import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createAppendProjection } from '../../scripts/projections/append-projection.ts'
import { nodeFiles } from '../../scripts/store/files.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const PROGRAM = join(import.meta.dirname, '..', 'support', 'on-small-disk.ts')

describe('the real file layer where the system writes in part and then refuses', () => {
  const folder = temporaryFolder()
  const { stdout, stderr, status } = spawnSync(
    'sh',
    ['-c', 'ulimit -f 16 && exec "$0" "$@"', process.execPath, PROGRAM, folder],
    { encoding: 'utf8' },
  )
  const told = () => {
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout) as { replace: string; append: string; again: string; names: string[] }
  }

  test('a JSON file stays the old one, whole, and nothing is left beside it', () => {
    assert.equal(told().replace, 'EFBIG')
    assert.equal(readFileSync(join(folder, 'stats.json'), 'utf8'), '{"old":true}')
    assert.deepEqual(told().names, ['conversations.md', 'stats.json'])
  })

  test('an append that is refused in the middle of a line is completed when there is room', async () => {
    assert.deepEqual([told().append, told().again], ['EFBIG', 'EFBIG'])
    const path = join(folder, 'conversations.md')
    const lines = Array.from({ length: 2000 }, (_, i) => `[line ${i + 1}] 中文\n`)
    const torn = readFileSync(path)
    assert.ok(torn.length > 1000 && torn.at(-1) !== 0x0a, 'the system tore a line')
    assert.ok(Buffer.from(lines.join('')).subarray(0, torn.length).equals(torn))
    const projection = createAppendProjection({
      path,
      files: nodeFiles,
      checkpoint: { seq: 0, size: 0, inode: 0 },
      due: (afterSeq, limit) => lines.map((text, i) => ({ seq: i + 1, text })).slice(afterSeq, afterSeq + limit),
    })
    await projection.write()
    assert.equal(readFileSync(path, 'utf8'), lines.join(''))
    assert.equal((await projection.sync())?.seq, 2000)
    await projection.close()
  })
})

describe('writing over what stands there', () => {
  test('changes nothing, neither the bytes nor the file', async () => {
    const path = join(temporaryFolder(), 'conversations.md')
    writeFileSync(path, 'one\ntwo\nthree\n')
    const before = statSync(path)
    await nodeFiles.rewrite(path, 4, Buffer.from('two\n'))
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\nthree\n')
    assert.equal(statSync(path).ino, before.ino)
  })

  test('of a file that somebody trimmed meanwhile writes nothing', async () => {
    const path = join(temporaryFolder(), 'conversations.md')
    writeFileSync(path, 'one\ntwo\n')
    truncateSync(path, 6)
    await nodeFiles.rewrite(path, 4, Buffer.from('two\n'))
    assert.equal(readFileSync(path, 'utf8'), 'one\ntw')
  })

  test('of a file that somebody added to leaves that alone', async () => {
    const path = join(temporaryFolder(), 'conversations.md')
    writeFileSync(path, 'one\ntwo\n')
    appendFileSync(path, 'note\n')
    await nodeFiles.rewrite(path, 4, Buffer.from('two\n'))
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\nnote\n')
  })
})
