import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'
import { ConfigError } from '../../scripts/core/errors.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { keepBytes, readKept, readOwnersFile, removePartialCopies } from '../../scripts/store/kept-files.ts'
import { start } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function newFolder() {
  const folder = dataFolderAt(join(temporaryFolder(), 'data'))
  createDataFolder(folder)
  return folder
}

const BYTES = Buffer.from('hello\r\n\u0000')

describe('a copy that is kept', () => {
  test('is called what its content is, in a folder with a dot, for this user alone', async () => {
    const folder = newFolder()
    const kept = await keepBytes(folder, BYTES, 'bin')
    const name = `${createHash('sha256').update(BYTES).digest('hex')}.bin`
    assert.deepEqual(kept, { path: join('.files', name), bytes: BYTES.length })
    assert.deepEqual(Buffer.from(await readKept(folder, kept)), BYTES)
    assert.equal(statSync(join(folder.path, kept.path)).mode & 0o777, 0o600)
    assert.equal(statSync(join(folder.path, '.files')).mode & 0o777, 0o700)
    assert.deepEqual(readdirSync(join(folder.path, '.files')), [name])
  })

  test('that a killed process left unfinished goes; what is finished stays', async () => {
    const folder = newFolder()
    await removePartialCopies(folder)
    const { path } = await keepBytes(folder, BYTES, 'bin')
    writeFileSync(join(folder.path, `${path}.1234.partial`), 'hel')
    await removePartialCopies(folder)
    assert.deepEqual(readdirSync(join(folder.path, '.files')), [basename(path)])
  })

  test('is one, however often the same is kept, also at one time', async () => {
    const folder = newFolder()
    const all = await Promise.all(Array.from({ length: 10 }, () => keepBytes(folder, BYTES, 'bin')))
    assert.equal(new Set(all.map(one => one.path)).size, 1)
    assert.deepEqual(Buffer.from(await readKept(folder, all[0] ?? assert.fail())), BYTES)
    assert.equal(readdirSync(join(folder.path, '.files')).length, 1)
  })

  test('is made whole again where a crash left half of it', async () => {
    const folder = newFolder()
    const kept = await keepBytes(folder, BYTES, 'html')
    truncateSync(join(folder.path, kept.path), 2)
    await keepBytes(folder, BYTES, 'html')
    assert.deepEqual(Buffer.from(await readKept(folder, kept)), BYTES)
  })

  test('may be empty', async () => {
    const folder = newFolder()
    const kept = await keepBytes(folder, Buffer.alloc(0), 'txt')
    assert.equal((await readKept(folder, kept)).length, 0)
  })

  test('that can not be written leaves nothing half done', async () => {
    const folder = newFolder()
    writeFileSync(join(folder.path, '.files'), '')
    await assert.rejects(keepBytes(folder, BYTES, 'bin'))
    assert.equal(readFileSync(join(folder.path, '.files'), 'utf8'), '')
  })
})

describe('a file that the owner names', () => {
  async function reasonOf(path: string, maxBytes = 1024): Promise<string> {
    const error = await readOwnersFile(path, maxBytes).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof ConfigError, String(error))
    assert.ok(error.nextStep !== undefined && typeof error.text !== 'string')
    return error.message
  }

  test('is read whole, up to the last byte that is allowed', async () => {
    const path = join(temporaryFolder(), 'file')
    writeFileSync(path, 'x'.repeat(1024))
    assert.equal((await readOwnersFile(path, 1024)).length, 1024)
    assert.match(await reasonOf(path, 1023), /has 1024 bytes; .* are taken at most/)
  })

  test('may be reached by a link', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), 'x')
    symlinkSync(join(folder, 'file'), join(folder, 'link'))
    assert.equal((await readOwnersFile(join(folder, 'link'), 10)).length, 1)
  })

  test('is refused where it is none, with the reason', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'folder'))
    assert.match(await reasonOf(join(folder, 'folder')), /not_a_file/)
    assert.match(await reasonOf(join(folder, 'none')), /ENOENT/)
    assert.match(await reasonOf(''), /ENOENT/)
    assert.match(await reasonOf('a\u0000b'), /ERR_INVALID_ARG_VALUE/)
    assert.match(await reasonOf('/dev/zero'), /not_a_file/)
  })

  test('is refused where it is a pipe: nobody waits for its writer', async () => {
    const path = join(temporaryFolder(), 'pipe')
    assert.equal(await start('mkfifo', [path]).ended, 0)
    assert.match(await reasonOf(path), /not_a_file/)
  })
})
