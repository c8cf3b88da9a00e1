import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertSound, assertTexts, startAccount, startWorld, write } from './test-account.ts'

const timeout = 20_000

describe('what is handed out again', () => {
  for (const freshIds of [false, true]) {
    const how = freshIds ? 'with another id' : 'with the same id'
    test(`${how} after 1 s, 8 s and 40 min is known`, { timeout }, async t => {
      const world = await startWorld(t)
      world.controls.setCursorMode('redeliver', { freshIds })
      const account = startAccount(t, world)
      write(world, 'ok', 'ok', 'other')
      await account.until('all three', () => account.texts().length === 3)
      const handed = () => world.controls.handouts(world.bot.id).length
      await account.until('three times more', () => handed() >= 12, 15_000)
      await account.listening()
      assert.deepEqual(account.texts(), ['ok', 'ok', 'other'])
      assertSound(world)
    })
  }

  test('is known to the next run too', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.setCursorMode('redeliver', { afterMs: [60_000] })
    const first = startAccount(t, world)
    write(world, 'once')
    await first.until('it', () => first.texts().length === 1)
    await first.stop()
    world.clock.advance(60_000)
    const second = startAccount(t, world)
    await second.until('the second time', () => world.controls.handouts(world.bot.id).length === 2)
    await assertTexts(world, second, ['once'])
  })

  test('for an old cursor is known', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.setCursorMode('replay')
    const account = startAccount(t, world)
    write(world, 'one', 'two')
    await account.until('both', () => account.texts().length === 2)
    await account.ctx.ingest({ via: 'wechat', body: Buffer.from(''), messages: [], memos: { cursor: '' } })
    write(world, 'three')
    await account.until('all', () => account.texts().length === 3)
    assert.deepEqual(account.texts(), ['one', 'two', 'three'])
  })
})

test('messages in another order all come', { timeout }, async t => {
  const world = await startWorld(t, { settings: { order: 'shuffled', batchSize: 3 } })
  const texts = Array.from({ length: 20 }, (_, i) => `number ${i}`)
  write(world, ...texts)
  const account = startAccount(t, world)
  await account.until('all', () => account.texts().length === 20)
  assert.deepEqual(account.texts().toSorted(), texts.toSorted())
  assertSound(world)
})

describe('a restart', () => {
  test('after a kill between commit and next poll loses nothing and doubles nothing', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.setCursorMode('redeliver', { afterMs: [1000] })
    const first = startAccount(t, world)
    await first.listening()
    // The commit of the batch is the last thing it does.
    const polls = world.controls.requests('getupdates').length
    write(world, 'one')
    await first.until('the commit', () => first.texts().length === 1)
    first.kill()
    assert.ok(world.controls.requests('getupdates').length <= polls + 1)
    write(world, 'two')
    const second = startAccount(t, world)
    await second.until('the next', () => second.texts().length === 2, 100)
    await assertTexts(world, second, ['one', 'two'])
  })

  test('reads on with the cursor that was committed with the last message', { timeout }, async t => {
    const world = await startWorld(t)
    const first = startAccount(t, world)
    write(world, 'one')
    await first.until('it', () => first.texts().length === 1)
    await first.stop()
    const given = /"get_updates_buf":"([^"]+)"/.exec(
      world.controls.requests('getupdates').find(({ outcome }) => outcome?.body.includes('"one"'))?.outcome?.body ?? '',
    )?.[1]
    const second = startAccount(t, world)
    await second.listening()
    const asked = JSON.parse(world.controls.requests('getupdates').at(-1)?.body ?? '{}')
    assert.ok(given !== undefined && given !== '')
    assert.equal(asked.get_updates_buf, given)
  })

  test('of the server, with all that it had forgotten, is survived', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    write(world, 'one')
    await account.until('it', () => account.texts().length === 1)
    await account.ctx.memo.set('cursor', 'not what it was')
    await assertTexts(world, account, ['one'])
  })
})

test('the newest token of each person is kept, whoever they are and whatever comes again', { timeout }, async t => {
  const world = await startWorld(t)
  world.controls.setCursorMode('redeliver', { afterMs: [3000] })
  const account = startAccount(t, world)
  const stranger = 'oSTRANGER@im.wechat'
  const kept = (user: string) => JSON.parse(account.ctx.memo.get(`token:${user.toLowerCase()}`) ?? '{}')
  world.phone.write({ kind: 'text', text: 'one' })
  await account.until('it', () => account.texts().length === 1)
  world.clock.advance(2000)
  const newest = world.phone.write({ kind: 'text', text: 'two' })
  const other = world.phone.write({ kind: 'text', text: 'three' }, { from: stranger })
  await account.until('them', () => account.texts().length === 3)
  assert.equal(kept(world.phone.user).token, newest.contextToken)
  await account.until('the first again', () => world.controls.handouts(world.bot.id).length >= 4, 500)
  await account.listening()
  assert.equal(kept(world.phone.user).token, newest.contextToken)
  assert.equal(kept(world.phone.user).user, world.phone.user)
  assert.equal(kept(stranger).token, other.contextToken)
})
