import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parseConfig } from '../../scripts/core/config.ts'
import { createDataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { keepReply, writeIdentity } from '../../scripts/store/registration.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const IDENTITY = { baseUrl: 'https://relay.example.org:8000', token: 'a'.repeat(32), id: 7, name: 'Lumen 灯' }

function newFolder() {
  const folder = dataFolderAt(join(temporaryFolder(), 'data'))
  createDataFolder(folder)
  const path = folder.file('config.json')
  return {
    folder,
    path,
    config: () => JSON.parse(readFileSync(path, 'utf8')) as unknown,
    names: () => readdirSync(folder.path).filter(name => name.startsWith('config.json')),
  }
}

const WRITTEN = { base_url: IDENTITY.baseUrl, token: IDENTITY.token, my_id: 7, my_name: IDENTITY.name }

describe('the reply to a registration', () => {
  test('is kept byte for byte, for this user alone', async () => {
    const { folder } = newFolder()
    const bytes = Buffer.from([0xff, 0, 13, 10, 0xe6])
    const name = await keepReply(folder, bytes, '20260309T100000Z')
    assert.match(name, /^\.files\/registration-20260309T100000Z-\d+\.txt$/)
    assert.deepEqual(readFileSync(join(folder.path, name)), bytes)
    assert.equal(statSync(join(folder.path, name)).mode & 0o777, 0o600)
  })

  test('is never written over by another one', async () => {
    const { folder } = newFolder()
    const name = await keepReply(folder, Buffer.from('first'), 'now')
    await assert.rejects(keepReply(folder, Buffer.from('second'), 'now'), { code: 'EEXIST' })
    assert.equal(readFileSync(join(folder.path, name), 'utf8'), 'first')
  })
})

describe('config.json after a registration', () => {
  test('is a configuration that can be used, for this user alone', async () => {
    const { folder, path, config } = newFolder()
    await writeIdentity(folder, IDENTITY, null)
    assert.deepEqual(config(), WRITTEN)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(parseConfig(readFileSync(path, 'utf8')).config.myId, '7')
  })

  test('keeps every other key, known or not, and is closed to others though it was not', async () => {
    const { folder, path, config } = newFolder()
    writeFileSync(path, JSON.stringify({ batch_size: 9, token: 'old', later: { x: [1] } }))
    chmodSync(path, 0o644)
    await writeIdentity(folder, IDENTITY, null)
    assert.deepEqual(config(), { batch_size: 9, later: { x: [1] }, ...WRITTEN })
    assert.equal(statSync(path).mode & 0o777, 0o600)
  })

  test('takes the place of an earlier one that is set aside whole', async () => {
    const { folder, path, names } = newFolder()
    const before = '{ "token": "only copy",\n "base_url": "http://old" }\n'
    writeFileSync(path, before)
    await writeIdentity(folder, IDENTITY, 'config.json.replaced-x')
    assert.deepEqual(names(), ['config.json', 'config.json.replaced-x'])
    assert.equal(readFileSync(join(folder.path, 'config.json.replaced-x'), 'utf8'), before)
    assert.equal(statSync(join(folder.path, 'config.json.replaced-x')).mode & 0o777, 0o600)
  })

  for (const before of ['', '{', '[1]', 'null', '"text"', '{"__proto__": {"x": 1}}', '\ufeff{"batch_size": 9}']) {
    test(`is whole again where it was ${JSON.stringify(before)}`, async () => {
      const { folder, path } = newFolder()
      writeFileSync(path, before)
      await writeIdentity(folder, IDENTITY, 'aside')
      const { config } = parseConfig(readFileSync(path, 'utf8'))
      assert.equal(config.token, IDENTITY.token)
      assert.equal(config.batchSize, before.startsWith('\ufeff') ? 9 : 5)
    })
  }
})
