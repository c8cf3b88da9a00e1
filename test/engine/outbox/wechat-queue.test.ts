import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { SendOutcome } from '../../../scripts/core/adapter.ts'
import { knownSeq } from '../../../scripts/store/known-ids.ts'
import { readMemo } from '../../../scripts/store/memos.ts'
import { markState, readEntry } from '../../../scripts/store/outbox.ts'
import { saveWechatAccount } from '../../../scripts/store/wechat-accounts.ts'
import { createFakeWechat } from '../../support/fake-wechat.ts'
import { runOutbox } from '../../support/test-outbox.ts'

const MINUTE = 60_000
const parked: SendOutcome = { kind: 'parked', until: 'peer', reason: 'budget' }

function startQueue(t: TestContext, names = ['main', 'work']) {
  const wechat = createFakeWechat(names)
  const run = runOutbox(t, { wechat })
  for (const name of names) saveWechatAccount(run.writer.database, wechat.session(name).record)
  return {
    ...run,
    wechat,
    entry: (id: number) => readEntry(run.writer.database, id),
    write: (content: string, user = 'Ann@im.wechat', account = 'main') =>
      run.outbox.submit({
        to: { scheme: 'wechat', account, user },
        content,
        file: null,
        requestId: undefined,
      }),
    sent: () => wechat.sends.map(one => one.content),
    state: (id: number) => readEntry(run.writer.database, id)?.state,
  }
}

describe('a message to somebody on WeChat', () => {
  test('is noted as sent by the bot, and found by its id there', async t => {
    const { write, until, state, writer, wechat } = startQueue(t)
    wechat.send = () => ({ kind: 'accepted', relationship: null, references: ['ref:77'] })
    const { id } = await write('hello')
    await until('the end', () => state(id) === 'accepted')
    const row = writer.database.get('SELECT seq, source, account, peer, recipient FROM messages')
    assert.deepEqual(
      { ...row },
      {
        seq: 1,
        source: 'wechat:main',
        account: 'wechat:main',
        peer: 'wechat:main/main@im.bot',
        recipient: 'wechat:main/Ann@im.wechat',
      },
    )
    assert.equal(knownSeq(writer.database, { source: 'wechat:main', account: 'wechat:main', id: 'ref:77' }), 1)
  })

  test('waits as long as the adapter says, which holds up nobody else', async t => {
    const { write, until, pass, state, sent, wechat } = startQueue(t)
    wechat.send = ({ content }) =>
      content === 'slow' && wechat.sends.length < 3
        ? { kind: 'later', afterMs: 5 * MINUTE }
        : { kind: 'accepted', relationship: null }
    const slow = await write('slow')
    const behind = await write('behind')
    const other = await write('other', 'Bob@im.wechat')
    await until('the other', () => state(other.id) === 'accepted')
    await pass(4 * MINUTE)
    assert.deepEqual(sent(), ['slow', 'other'])
    await pass(MINUTE + 1000)
    await until('all', () => state(behind.id) === 'accepted')
    assert.equal(state(slow.id), 'accepted')
    assert.deepEqual(sent(), ['slow', 'other', 'slow', 'behind'])
  })

  test('that may not go out now waits until its recipient writes, and goes first then', async t => {
    const { write, until, pass, state, sent, entry, outbox, wechat } = startQueue(t)
    wechat.send = () => ({ ...parked, parts: { accepted: 1, of: 3 } })
    const first = await write('first')
    await until('it to be set aside', () => entry(first.id)?.parked === 'peer')
    assert.deepEqual(entry(first.id)?.detail, { reason: 'budget', parts: { accepted: 1, of: 3 } })
    const second = await write('second')
    await pass(24 * 60 * MINUTE)
    outbox.peersWrote('wechat:main', ['Somebody@im.wechat'])
    outbox.peersWrote('wechat:work', ['Ann@im.wechat'])
    await pass(MINUTE)
    assert.deepEqual(sent(), ['first'])
    wechat.send = () => ({ kind: 'accepted', relationship: null })
    outbox.peersWrote('wechat:main', ['ann@im.wechat'])
    await until('both', () => state(second.id) === 'accepted')
    assert.deepEqual(sent(), ['first', 'first', 'second'])
  })

  test('whose recipient writes in the moment it is set aside is not forgotten', async t => {
    const { write, until, state, sent, outbox, wechat } = startQueue(t)
    wechat.send = () => {
      if (wechat.sends.length > 1) return { kind: 'accepted', relationship: null }
      outbox.peersWrote('wechat:main', ['Ann@im.wechat'])
      return parked
    }
    const { id } = await write('hello')
    await until('the end', () => state(id) === 'accepted')
    assert.deepEqual(sent(), ['hello', 'hello'])
  })

  test('tells whoever waits for its outcome that it was set aside', async t => {
    const { write, outbox, wechat } = startQueue(t)
    wechat.send = () => parked
    const { id } = await write('hello')
    const settled = await outbox.outcomeOf(id, { waitMs: MINUTE, signal: new AbortController().signal })
    assert.deepEqual([settled.state, settled.parked], ['queued', 'peer'])
  })

  test('waits for a login where the bot is not known any more', async t => {
    const { write, until, pass, state, sent, entry, outbox, wechat } = startQueue(t)
    wechat.send = () => ({ kind: 'parked', until: 'login', reason: 'login_needed' })
    const { id } = await write('hello')
    await until('it to be set aside', () => entry(id)?.parked === 'login')
    outbox.peersWrote('wechat:main', ['Ann@im.wechat'])
    await pass(MINUTE)
    wechat.send = () => ({ kind: 'accepted', relationship: null })
    outbox.loggedIn('wechat:main')
    await until('the end', () => state(id) === 'accepted')
    assert.deepEqual(sent(), ['hello', 'hello'])
  })

  test('that an earlier process was sending is sent again, with what was noted of it', async t => {
    const { write, until, state, writer, outbox, wechat } = startQueue(t)
    const held = Promise.withResolvers<SendOutcome>()
    wechat.send = async message => {
      await message.journal?.write('half of it', { 'budget:ann@im.wechat': '1' })
      return held.promise
    }
    const { id } = await write('hello')
    await until('the request', () => wechat.sends.length === 1)
    await until('the note', () => readEntry(writer.database, id)?.journal === 'half of it')
    assert.equal(
      readMemo(writer.database, { source: 'wechat:main', account: 'wechat:main', key: 'budget:ann@im.wechat' }),
      '1',
    )
    assert.equal(state(id), 'sending')
    // As a kill would leave it: the state stays, and whoever was at it is gone.
    held.resolve({ kind: 'later', afterMs: 10 * MINUTE })
    await until('it to be put back', () => state(id) === 'queued')
    await writer.write(database => markState(database, id, 'sending'))
    wechat.send = () => ({ kind: 'accepted', relationship: null })
    await outbox.start()
    await until('the end', () => state(id) === 'accepted')
    assert.deepEqual(
      wechat.sends.map(one => one.journal),
      [null, 'half of it'],
    )
    assert.equal(readEntry(writer.database, id)?.journal, null)
  })

  test('goes out beside those of other accounts, four of each at a time', async t => {
    const { write, until, pass, sent, wechat } = startQueue(t)
    wechat.send = (_, account) =>
      account === 'wechat:main' ? new Promise<SendOutcome>(() => {}) : { kind: 'accepted', relationship: null }
    for (let i = 0; i < 6; i++) await write(`main ${i}`, `user${i}@im.wechat`)
    for (let i = 0; i < 6; i++) await write(`work ${i}`, `user${i}@im.wechat`, 'work')
    await until('those of work', () => sent().filter(one => one.startsWith('work')).length === 6)
    await pass(MINUTE)
    assert.equal(sent().filter(one => one.startsWith('main')).length, 4)
  })

  test('of an account that nobody has is refused before anything is stored', async t => {
    const { write, writer } = startQueue(t)
    await assert.rejects(write('hello', 'Ann@im.wechat', 'nobody'), /There is no WeChat account "nobody" here/)
    assert.equal(writer.database.get('SELECT count(*) AS n FROM outbox')?.['n'], 0)
  })
})
