import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { prune } from '../../scripts/engine/actions/prune.ts'
import { rebuild } from '../../scripts/engine/actions/rebuild.ts'
import { deskInUse, marksIn, openDesk, storedIn, textOf, WEEK, YOUNG, young } from '../support/retention-desk.ts'

describe('copies of what was archived', () => {
  test('are still told as copies: conversations.md shows none, inbox_pushed.md shows both', async t => {
    const desk = await deskInUse(t)
    await prune.run(WEEK, desk.context)
    await desk.receive(young(11, { content: 'm11 old', written: 20 }))
    await desk.settled()
    assert.deepEqual(marksIn(textOf(desk, 'conversations.md')), YOUNG)
    assert.deepEqual(marksIn(textOf(desk, 'inbox_pushed.md')), [...YOUNG, 'm11'])
    assert.match(textOf(desk, '.archive/conversations-20260309T100000Z.md'), /m11 old/)
  })

  test('stay hidden when the files are rebuilt', async t => {
    const desk = await deskInUse(t)
    await prune.run(WEEK, desk.context)
    await desk.receive(young(11, { content: 'm11 old', written: 20 }))
    await rebuild.run({}, desk.context)
    assert.deepEqual(marksIn(textOf(desk, 'conversations.md')), YOUNG)
  })
})

describe('archived messages of the same text', () => {
  test('that were received apart are each kept or archived by their own time', async t => {
    const desk = openDesk(t)
    const line = { content: 'm11 same', written: 20, from: null }
    await desk.receive({ ...line, age: 20 }, { ...line, age: 1 })
    await desk.read()
    await prune.run(WEEK, desk.context)
    assert.deepEqual(storedIn(desk), ['m11'])
    assert.deepEqual(marksIn(textOf(desk, 'conversations.md')), ['m11'])
    assert.deepEqual(marksIn(textOf(desk, 'inbox_pushed.md')), ['m11'])
  })
})
