import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describe('the data folder', () => {
  test('is private, and no repository around it ever takes its content', () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    createDataFolder(dataFolderAt(path))
    assert.equal(statSync(path).mode & 0o777, 0o700)
    assert.equal(readFileSync(join(path, '.gitignore'), 'utf8'), '*\n')
  })

  test('whose .gitignore stayed empty, as on a full disk, gets its content with the next start', () => {
    const path = temporaryFolder()
    writeFileSync(join(path, '.gitignore'), '')
    createDataFolder(dataFolderAt(path))
    assert.equal(readFileSync(join(path, '.gitignore'), 'utf8'), '*\n')
  })

  test('whose owner wrote a .gitignore of his own keeps that', () => {
    const path = temporaryFolder()
    writeFileSync(join(path, '.gitignore'), 'mine\n')
    createDataFolder(dataFolderAt(path))
    assert.equal(readFileSync(join(path, '.gitignore'), 'utf8'), 'mine\n')
  })
})
