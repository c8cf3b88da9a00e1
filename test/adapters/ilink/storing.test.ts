import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { payloadOf } from '../../../scripts/adapters/ilink/batch.ts'
import { readCursor, readPeerToken } from '../../../scripts/adapters/ilink/memos.ts'
import { readUpdates } from '../../../scripts/protocol/ilink/updates.ts'
import { createFailingDatabase } from '../../support/failing-database.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { turns } from '../../support/wait-for.ts'
import { assertSound, startAccount, startWorld, write } from './test-account.ts'

const timeout = 20_000

test('while the disk takes nothing nobody is asked for more, and what came is not lost', { timeout }, async t => {
  const world = await startWorld(t)
  const failing = createFailingDatabase()
  const account = startAccount(t, world, { wrap: failing.wrap })
  await account.listening()
  failing.fail('full', { lasting: true, only: sql => sql === 'COMMIT' })
  const polls = () => world.controls.requests('getupdates').length
  const before = polls()
  write(world, 'one')
  await account.until('a refusal', () => failing.refused.length > 2, 100)
  await turns(50)
  assert.equal(polls(), before)
  assert.deepEqual(account.texts(), [])
  failing.lift()
  await account.until('it', () => account.texts().length === 1, 100)
  await account.listening()
  assert.equal(polls(), before + 1)
  assertSound(world)
})

interface Wire {
  readonly from_user_id: string
  readonly context_token: string
  readonly create_time_ms?: number
  readonly group_id?: string
}

const NOW = Date.UTC(2026, 2, 9, 10)

/** What is remembered after these answers, one after the other. */
function remembered(...answers: readonly (readonly Wire[])[]) {
  const memos: Record<string, string> = {}
  const memo = {
    get: (key: string) => memos[key],
    set: () => assert.fail('it has to be one commit'),
  }
  const ctx = { memo, lookUp: () => null, clock: createFakeClock({ startAt: NOW }) }
  const account = { account: 'main', botToken: 'bot', isAllowed: () => false }
  for (const [i, wires] of answers.entries()) {
    const msgs = wires.map((wire, j) => ({ message_id: 10 * i + j + 1, message_type: 1, item_list: [], ...wire }))
    const body = Buffer.from(JSON.stringify({ msgs, get_updates_buf: `cursor ${i}` }))
    const updates = readUpdates({ status: 200, body, complete: true })
    assert.ok(updates.kind === 'ok')
    Object.assign(memos, payloadOf({ body, messages: updates.messages, cursor: updates.cursor }, account, ctx)?.memos)
  }
  const tokenOf = (user: string, botToken = 'bot') => readPeerToken(memo, { user, botToken })
  return { tokenOf, cursorOf: (token: string) => readCursor(memo, token) }
}

describe('what is remembered of the people who wrote', () => {
  test('is their newest token, also of those who may not write', () => {
    const { tokenOf } = remembered(
      [
        { from_user_id: 'oA', context_token: '1', create_time_ms: NOW - 2000 },
        { from_user_id: 'oA', context_token: '2', create_time_ms: NOW - 1000 },
      ],
      [{ from_user_id: 'oA', context_token: '3', create_time_ms: NOW }],
    )
    assert.deepEqual(tokenOf('oA'), { user: 'oA', token: '3', wroteAt: NOW, messageKey: 'id:11' })
  })

  test('is not an old one that comes again', () => {
    const { tokenOf } = remembered(
      [{ from_user_id: 'oA', context_token: 'new', create_time_ms: NOW }],
      [{ from_user_id: 'oA', context_token: 'old', create_time_ms: NOW - 1 }],
    )
    assert.equal(tokenOf('oA')?.token, 'new')
  })

  test('does not stay that of a clock that was years ahead', () => {
    const { tokenOf } = remembered(
      [{ from_user_id: 'oA', context_token: 'ahead', create_time_ms: NOW + 1e11 }],
      [{ from_user_id: 'oA', context_token: 'next', create_time_ms: NOW }],
    )
    assert.equal(tokenOf('oA')?.token, 'next')
  })

  test('is found however their name is spelled, and spelled as it came', () => {
    const { tokenOf } = remembered([{ from_user_id: 'oAbC@im.wechat', context_token: '1' }])
    assert.equal(tokenOf('user:OABC@im.wechat')?.user, 'oAbC@im.wechat')
  })

  test('is nothing of a group', () => {
    const { tokenOf } = remembered([{ from_user_id: 'oA', context_token: '1', group_id: 'g' }])
    assert.equal(tokenOf('oA'), null)
  })

  test('is of no use for another bot, and neither is the cursor', () => {
    const { tokenOf, cursorOf } = remembered([{ from_user_id: 'oA', context_token: '1' }])
    assert.equal(tokenOf('oA', 'other'), null)
    assert.deepEqual([cursorOf('bot'), cursorOf('other')], ['cursor 0', ''])
  })
})
