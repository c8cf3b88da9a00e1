import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRegistered, parseConfig } from '../../scripts/core/config.ts'
import { ConfigError, StorageError } from '../../scripts/core/errors.ts'
import { editConfigFile } from '../../scripts/store/config-edit.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const valid = { base_url: 'https://relay.example.org:8000', token: 'words' }

function file(text?: string): string {
  const path = join(temporaryFolder(), 'config.json')
  if (text !== undefined) writeFileSync(path, text)
  return path
}

test('an edit keeps unknown keys, the order of all keys, and makes the file private', async () => {
  const path = file(`\ufeff{"zz":{"deep":[1]},"token":"words","base_url":"https://relay.example.org:8000"}`)
  chmodSync(path, 0o644)
  await editConfigFile(path, value => ({ ...value, lang: 'zh', token: 'others' }))
  assert.equal(
    readFileSync(path, 'utf8'),
    '{\n  "zz": {\n    "deep": [\n      1\n    ]\n  },\n  "token": "others",\n  "base_url": "https://relay.example.org:8000",\n  "lang": "zh"\n}\n',
  )
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('where there is no file, one is made that counts as not registered', async () => {
  const path = file()
  await editConfigFile(path, value => ({ ...value, webhooks: {} }))
  assert.equal(isRegistered(parseConfig(readFileSync(path, 'utf8')).config), false)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('what could not be read afterwards is not written', async () => {
  const path = file(JSON.stringify(valid))
  const edits = [{ webhooks: { outbound: { a: {} } } }, { batch_size: 0 }, { wake: { token: '' } }]
  for (const edit of edits) {
    await assert.rejects(
      editConfigFile(path, value => ({ ...value, ...edit })),
      ConfigError,
    )
  }
  assert.equal(readFileSync(path, 'utf8'), JSON.stringify(valid))
  assert.deepEqual(readdirSync(join(path, '..')), ['config.json'])
})

test('a file that is broken, too large or no file is left as it is', async () => {
  for (const text of ['{"token": "words"', '', 'null', '[]', ' '.repeat(1024 * 1024 + 1)]) {
    const path = file(text)
    await assert.rejects(
      editConfigFile(path, () => valid),
      ConfigError,
    )
    assert.equal(readFileSync(path, 'utf8'), text)
  }
  const folder = file()
  mkdirSync(folder)
  await assert.rejects(
    editConfigFile(folder, () => valid),
    /can not be read \(not_a_file\)/,
  )
})

test('nothing is written when there is nothing to change', async () => {
  const path = file(JSON.stringify(valid))
  await editConfigFile(path, value => value)
  assert.equal(readFileSync(path, 'utf8'), JSON.stringify(valid))
  const missing = file()
  await assert.rejects(
    editConfigFile(missing, () => assert.fail('changed')),
    /changed/,
  )
  assert.equal(existsSync(missing), false)
})

test('edits are made one after the other, and one that fails takes no other along', async () => {
  const path = file(JSON.stringify(valid))
  const add = (key: string) => editConfigFile(path, value => ({ ...value, [key]: 1 }))
  const outcomes = await Promise.allSettled([
    add('a'),
    editConfigFile(path, () => {
      throw new Error('no')
    }),
    add('b'),
    editConfigFile(path, value => ({ ...value, batch_size: 'x' })),
    add('c'),
  ])
  assert.deepEqual(
    outcomes.map(one => one.status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(path, 'utf8'))), ['base_url', 'token', 'a', 'b', 'c'])
})

test('a link stays one, and what it leads to is changed', async () => {
  const target = file(JSON.stringify(valid))
  const link = file()
  symlinkSync(target, link)
  await editConfigFile(link, value => ({ ...value, lang: 'en' }))
  assert.equal(JSON.parse(readFileSync(target, 'utf8')).lang, 'en')
  assert.ok(lstatSync(link).isSymbolicLink())
})

test('a folder that takes no file is a fault of the disk, with the old file whole', async () => {
  const path = join(temporaryFolder(), 'gone', 'config.json')
  await assert.rejects(
    editConfigFile(path, value => ({ ...value, lang: 'en' })),
    StorageError,
  )
})
