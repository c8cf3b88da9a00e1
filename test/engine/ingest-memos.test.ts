import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { IncomingMessage, IncomingPayload } from '../../scripts/core/adapter.ts'
import { createIngest } from '../../scripts/engine/ingest.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { rememberAlso } from '../../scripts/store/known-ids.ts'
import { insertMessage } from '../../scripts/store/messages.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { createWriter } from '../../scripts/store/writer.ts'
import { createFailingDatabase } from '../support/failing-database.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { turns } from '../support/wait-for.ts'

function message(content: string, ids: Partial<IncomingMessage> = {}): IncomingMessage {
  return { parsed: { type: 'chat', at: null, from: null, content, flags: {} }, ...ids }
}

function start(t: TestContext) {
  const failing = createFailingDatabase()
  const clock = createFakeClock()
  const writer = createWriter({
    open: () => failing.wrap(openForWriting(join(temporaryFolder(), 'state.db'), migrate)),
    replaceCorrupt: () => assert.fail('not expected'),
    clock,
    onFault: () => {},
    onRecovered: () => {},
  })
  t.after(() => writer.close())
  const context = createIngest({ writer, clock, onCommit: () => {} }).for('wechat:main', 'main')
  const receive = (messages: readonly IncomingMessage[], memos: IncomingPayload['memos'] = {}) =>
    context.ingest({ via: 'wechat', body: Buffer.from('body'), messages, memos })
  return { failing, clock, writer, context, receive }
}

describe('facts that come with a payload', () => {
  test('are there when it is stored', async t => {
    const { context, receive } = start(t)
    const stored = receive([message('one')], { cursor: 'a', 'token:x': 'b' })
    assert.equal(context.memo.get('cursor'), undefined)
    await stored
    assert.deepEqual([context.memo.get('cursor'), context.memo.get('token:x')], ['a', 'b'])
  })

  test('are stored without any message, and with one that is known', async t => {
    const { context, receive } = start(t)
    assert.deepEqual(await receive([], { cursor: 'a' }), [])
    assert.equal(context.memo.get('cursor'), 'a')
    await receive([message('one', { id: '1' })])
    assert.deepEqual(await receive([message('one', { id: '1' })], { cursor: 'b' }), [{ seq: 1, duplicate: true }])
    assert.equal(context.memo.get('cursor'), 'b')
  })

  test('are not there when the commit of their message failed', async t => {
    const { failing, clock, context, receive } = start(t)
    failing.fail('full', { only: sql => sql === 'COMMIT' })
    const stored = receive([message('one')], { cursor: 'a' })
    await turns()
    assert.equal(failing.refused.length, 1)
    assert.equal(context.memo.get('cursor'), undefined)
    clock.advance(100)
    await stored
    assert.equal(context.memo.get('cursor'), 'a')
  })
})

describe('other ids of a message', () => {
  test('tell that it is known', async t => {
    const { receive } = start(t)
    await receive([message('one', { id: '1', aliases: ['x', 'y'] })])
    assert.deepEqual(await receive([message('one', { id: '2', aliases: ['z', 'y'] })]), [{ seq: 1, duplicate: true }])
    assert.deepEqual(await receive([message('one', { id: 'x' })]), [{ seq: 1, duplicate: true }])
    assert.deepEqual(await receive([message('two', { id: '3', aliases: ['w'] })]), [{ seq: 2, duplicate: false }])
  })

  test('by which others refer to it find it, and tell no duplicate', async t => {
    const { context, receive } = start(t)
    await receive([message('one', { id: '1', references: ['r'] })])
    assert.deepEqual(await receive([message('two', { id: '2', references: ['r', 's'] })]), [
      { seq: 2, duplicate: false },
    ])
    assert.deepEqual(context.lookUp(['nobody', 'r']), { seq: 1, content: 'one', isOurs: false })
    assert.deepEqual(context.lookUp(['s']), { seq: 2, content: 'two', isOurs: false })
    assert.equal(context.lookUp(['nobody']), null)
    assert.equal(context.lookUp([]), null)
  })

  test('find what we sent ourselves', async t => {
    const { context, writer } = start(t)
    const account = { source: 'wechat:main', account: 'main' }
    const to = { address: { scheme: 'wechat', account: 'main', user: 'oA' }, name: '' } as const
    await writer.write(database => {
      const seq = insertMessage(database, {
        ...account,
        via: 'send',
        receivedAt: '2026-03-09T10:00:00Z',
        ...message('ours'),
        to,
        payload: null,
        state: 'final',
        settleBy: 0,
        unresolved: false,
      })
      rememberAlso(database, { ...account, ids: ['r'], seq, at: '2026-03-09T10:00:00Z' })
    })
    assert.deepEqual(context.lookUp(['r']), { seq: 1, content: 'ours', isOurs: true })
  })
})
