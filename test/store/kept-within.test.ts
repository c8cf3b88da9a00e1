import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { keepWithin } from '../../scripts/store/kept-files.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function newFolder(): DataFolder {
  const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
  createDataFolder(folder)
  return folder
}

function filesIn(folder: DataFolder): string[] {
  return readdirSync(join(folder.path, '.files'))
}

test('a file that fits is kept, for its owner alone', async () => {
  const folder = newFolder()
  const kept = await keepWithin(folder, Buffer.from('hello'), { extension: 'png', folderMaxBytes: 5 })
  assert.match(kept?.path ?? '', /^\.files\/[0-9a-f]{64}\.png$/)
  const path = join(folder.path, kept?.path ?? '')
  assert.equal(readFileSync(path, 'utf8'), 'hello')
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('one that does not fit with what is there already is not', async () => {
  const folder = newFolder()
  mkdirSync(join(folder.path, '.files'), { recursive: true })
  writeFileSync(join(folder.path, '.files', 'other.bin'), Buffer.alloc(10))
  assert.equal(await keepWithin(folder, Buffer.from('hello'), { extension: 'bin', folderMaxBytes: 14 }), null)
  assert.deepEqual(filesIn(folder), ['other.bin'])
})

test('of two that come at one time, and of which one fits, one is kept', async () => {
  const folder = newFolder()
  const kept = await Promise.all(
    ['a', 'b'].map(text => keepWithin(folder, Buffer.from(text), { extension: 'bin', folderMaxBytes: 1 })),
  )
  assert.deepEqual(
    kept.map(one => one?.bytes ?? null),
    [1, null],
  )
})

test('what is there already needs no more room', async () => {
  const folder = newFolder()
  const options = { extension: 'bin', folderMaxBytes: 5 }
  const first = await keepWithin(folder, Buffer.from('hello'), options)
  assert.deepEqual(await keepWithin(folder, Buffer.from('hello'), options), first)
})

test('an ending that is none does not lead anywhere', async () => {
  const folder = newFolder()
  const kept = await keepWithin(folder, Buffer.from('x'), { extension: '../x', folderMaxBytes: 5 })
  assert.match(kept?.path ?? '', /\.bin$/)
})
