import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openForReading } from '../../scripts/store/database.ts'
import { startWechatScene } from '../support/wechat-scene.ts'

test('twenty accounts that nobody writes to are polled without a commit for each poll', async t => {
  const accounts = Array.from({ length: 20 }, (_, n) => `account-${n}`)
  const scene = await startWechatScene(t, { accounts })
  await scene.listening()
  const database = openForReading(scene.folder.file('state.db'))
  assert.ok(database !== null)
  t.after(() => database.close())
  const polls = () => scene.controls.requestCount('/getupdates')
  // The first one is noted at once.
  await scene.until('a first answer to each', () => polls() >= 2 * accounts.length, 1000)
  let last: unknown
  let commits = -1
  const look = () => {
    const version = database.get('PRAGMA data_version')?.['data_version']
    if (version !== last) commits++
    last = version
  }
  look()
  const enough = polls() + 10 * accounts.length
  await scene.until(
    'many answers',
    () => {
      look()
      return polls() >= enough
    },
    1000,
  )
  t.diagnostic(`${10 * accounts.length} polls, ${commits} commits`)
  assert.ok(commits <= 3 * accounts.length, `${commits} commits`)
})
