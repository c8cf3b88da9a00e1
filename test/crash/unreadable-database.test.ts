import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ALICE, BOB, chat, IMPOSTOR } from '../support/blocks.ts'
import { createFailingDatabase } from '../support/failing-database.ts'
import { startScene } from '../support/test-daemon.ts'

/** Reads that somebody does in passing: their failure is nobody's message. */
describe('a database that can not be read for a moment', () => {
  async function startWith(t: Parameters<typeof startScene>[0]) {
    const database = createFailingDatabase()
    const scene = await startScene(t, {
      wrapDatabase: database.wrap,
      prepare(relay) {
        for (const user of [ALICE, BOB, IMPOSTOR]) relay.users.set(user.id, user)
        relay.friends.push(ALICE)
      },
    })
    await scene.until('connected', () => scene.channel(/INBOX_DRAINED/).length > 0)
    await scene.pass(5000)
    return { scene, database }
  }

  test('behind a commit: what was committed is not committed again', async t => {
    const { scene, database } = await startWith(t)
    database.fail('ioerr', { only: sql => sql.includes('min(settle_by)') })
    for (const text of ['one', 'two', 'three']) scene.relay.send(chat(ALICE, text))
    await scene.until('shown', () => scene.entries().length >= 3)
    await scene.pass(5000)
    assert.equal(database.refused.length, 1)
    assert.equal(scene.entries().length, 3)
  })

  test('behind a commit: a message that waits for its time is shown all the same', async t => {
    const { scene, database } = await startWith(t)
    database.fail('ioerr', { only: sql => sql.includes('min(settle_by)') })
    scene.relay.send(chat(BOB, 'perhaps one of two'))
    await scene.until('shown', () => scene.records().length === 1)
    assert.equal(database.refused.length, 1)
  })

  for (const [what, pattern] of [
    ['how we stand to its sender', 'SELECT relationship FROM contacts'],
    ['the profiles of its possible senders', 'FROM memos'],
  ] as const) {
    test(`while a message comes in, for ${what}: it is stored, shown once, and the stream stays open`, async t => {
      const { scene, database } = await startWith(t)
      database.fail('ioerr', { only: sql => sql.includes(pattern) })
      scene.relay.send(chat(BOB, 'one'))
      scene.relay.send(chat(IMPOSTOR, 'two'))
      scene.relay.send(chat(ALICE, 'three'))
      await scene.until('shown', () => scene.entries().length >= 3 && scene.records().length >= 3)
      await scene.pass(5000)
      assert.equal(database.refused.length, 1)
      assert.deepEqual(
        scene.records().map(one => [one.from?.name, one.content]),
        [
          ['bob', 'one'],
          [IMPOSTOR.name, 'two'],
          ['alice', 'three'],
        ],
      )
      assert.equal(scene.entries().length, 3)
      assert.equal(scene.relay.count(/GET \/stream/), 1)
    })
  }

  test('for longer, while a sender is looked up: the stream stays open, and the sender is found afterwards', async t => {
    const { scene, database } = await startWith(t)
    database.fail('ioerr', { lasting: true, only: sql => sql.includes('m.unresolved = 1') })
    scene.relay.send(chat(IMPOSTOR, 'one'))
    await scene.until('shown', () => scene.records().length === 1)
    assert.equal(scene.records()[0]?.from, null)
    assert.ok(database.refused.length > 1)
    database.lift()
    await scene.until('corrected', () => scene.records().length === 2, 1000)
    assert.equal(scene.records()[1]?.from?.name, IMPOSTOR.name)
    assert.equal(scene.entries().length, 1)
    assert.equal(scene.relay.count(/GET \/stream/), 1)
  })
})
