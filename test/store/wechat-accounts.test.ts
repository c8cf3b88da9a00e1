import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openForWriting } from '../../scripts/store/database.ts'
import { readEntry } from '../../scripts/store/outbox.ts'
import { migrate, SCHEMA_VERSION, schemaVersion } from '../../scripts/store/schema.ts'
import {
  listWechatAccounts,
  readWechatAccount,
  removeWechatAccount,
  saveWechatAccount,
  type WechatAccount,
} from '../../scripts/store/wechat-accounts.ts'
import { createMessageStore } from '../support/message-store.ts'
import { backToVersion } from '../support/older-schema.ts'

const MAIN: WechatAccount = {
  name: 'main',
  botId: 'B0F5@im.bot',
  token: 'B0F5@im.bot:secret',
  baseUrl: 'https://two.example.org',
  userId: 'Owner@im.wechat',
  savedAt: '2026-03-09T10:00:00Z',
}
const WORK: WechatAccount = { ...MAIN, name: 'work', baseUrl: null, userId: null, savedAt: '2026-03-09T11:00:00Z' }

describe('accounts at WeChat', () => {
  test('are there as they were saved, the latest login first', () => {
    const { database } = createMessageStore()
    saveWechatAccount(database, MAIN)
    saveWechatAccount(database, WORK)
    assert.deepEqual(listWechatAccounts(database), [WORK, MAIN])
    assert.deepEqual(readWechatAccount(database, 'main'), MAIN)
    assert.equal(readWechatAccount(database, 'nobody'), null)
  })

  test('are replaced by a new login under the same name, and gone when removed', () => {
    const { database } = createMessageStore()
    saveWechatAccount(database, MAIN)
    saveWechatAccount(database, { ...MAIN, token: 'another' })
    assert.deepEqual(listWechatAccounts(database), [{ ...MAIN, token: 'another' }])
    removeWechatAccount(database, 'main')
    assert.deepEqual(listWechatAccounts(database), [])
  })
})

test('a database of version 3 becomes one of today, and what waited to be sent waits on', () => {
  const store = createMessageStore()
  backToVersion(store.database, 3)
  store.database.run(
    `INSERT INTO outbox (request_id, fingerprint, sink, account, recipient, content, state, created_at)
     VALUES ('one', x'00', 'relay', 'a', 'relay:2', 'hello', 'queued', '2026-03-09T10:00:00Z')`,
  )
  store.database.close()
  const database = openForWriting(store.folder.file('state.db'), migrate)
  assert.equal(schemaVersion(database), SCHEMA_VERSION)
  assert.deepEqual(listWechatAccounts(database), [])
  const entry = readEntry(database, 1)
  assert.deepEqual([entry?.content, entry?.nextAt, entry?.parked, entry?.journal], ['hello', 0, null, null])
  database.close()
})
