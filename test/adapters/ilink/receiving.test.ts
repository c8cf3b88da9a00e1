import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Account, assertSound, startAccount, startWorld } from './test-account.ts'

const timeout = 20_000

function flagsOf(account: Account): readonly Readonly<Record<string, string>>[] {
  return account.shown().map(({ flags }) => flags)
}

describe('a message', () => {
  test('is stored with its sender before the next poll', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    await account.listening()
    world.phone.write({ kind: 'text', text: '你好' })
    await account.until('the message', () => account.texts().length === 1)
    const [message] = account.shown()
    assert.equal(message?.content, '你好')
    assert.deepEqual(message?.from, {
      address: { scheme: 'wechat', account: 'main', user: world.phone.user },
      name: '',
    })
    assert.equal(message?.via, 'wechat')
    assert.equal(message?.type, 'chat')
    assert.equal(message?.at, '2026-03-09T10:00:00Z')
    assert.deepEqual(message?.flags, {})
    await account.listening()
    await account.stop()
    const paths = world.controls.requests().map(({ path }) => path.replace('/ilink/bot/', ''))
    assert.deepEqual(paths, ['msg/notifystart', 'getupdates', 'getupdates', 'msg/notifystop'])
    assertSound(world)
  })

  test('of several texts has all of them', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    world.phone.write({ kind: 'text', text: ['one', 'two'] })
    await account.until('the message', () => account.texts().length === 1)
    assert.deepEqual(account.texts(), ['one\ntwo'])
  })

  test('that was said is a text', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    world.phone.write({ kind: 'voice', bytes: Buffer.from('\x02#!SILK_V3'), text: 'hello' })
    await account.until('the message', () => account.texts().length === 1)
    const [message] = account.shown()
    assert.deepEqual([message?.type, message?.content, message?.flags], ['chat', 'hello', {}])
    assert.equal(world.controls.requests('/download').length, 0)
  })

  test('of the bot itself is dropped', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    world.phone.write({ kind: 'echo', text: 'mine' })
    world.phone.write({ kind: 'text', text: 'theirs' })
    await account.until('a message', () => account.texts().length > 0)
    assert.deepEqual(account.texts(), ['theirs'])
  })

  test('of an unknown kind says so', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    world.phone.write({ kind: 'unknown', type: 99 })
    await account.until('the message', () => account.texts().length === 1)
    assert.deepEqual(flagsOf(account), [{ unknown_items: '99' }])
  })

  test('that nobody understands is shown without what is secret', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    const body = { ret: 0, msgs: [[{ context_token: 'SECRET', text: 'what?' }]] as never, get_updates_buf: '' }
    world.controls.fault({ route: 'updates', fault: { kind: 'json', body } })
    await account.until('the message', () => account.texts().length === 1)
    const [message] = account.shown()
    assert.deepEqual(
      [message?.type, message?.content, message?.from],
      ['unparsed', '[{"context_token":"[removed]","text":"what?"}]', null],
    )
  })

  test('of a group has no address, and no token of it is kept', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    world.phone.write({ kind: 'text', text: 'to all' }, { groupId: 'g1@chatroom' })
    await account.until('the message', () => account.texts().length === 1)
    const [message] = account.shown()
    assert.equal(message?.from, null)
    assert.deepEqual(message?.flags, { state: 'refused', group: 'g1@chatroom', member: world.phone.user })
  })

  test('of somebody who may not write is kept, and marked as refused', { timeout }, async t => {
    const world = await startWorld(t)
    const stranger = 'oStranger1@im.wechat'
    const account = startAccount(t, world)
    world.phone.write({ kind: 'text', text: 'let me in' }, { from: stranger })
    world.phone.write({ kind: 'image', bytes: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1') }, { from: stranger })
    await account.until('the messages', () => account.texts().length === 2)
    assert.deepEqual(flagsOf(account), [{ state: 'refused' }, { state: 'refused', attachment: 'image' }])
    account.set({ allow: [stranger.toLowerCase()] })
    world.phone.write({ kind: 'text', text: 'thanks' }, { from: stranger })
    await account.until('the message', () => account.texts().length === 3)
    assert.deepEqual(flagsOf(account)[2], {})
    assert.equal(world.controls.requests('/download').length, 0)
    assertSound(world)
  })
})

describe('a quote', () => {
  for (const form of ['svr_id', 'msg_id', 'text'] as const) {
    test(`by ${form} says what is quoted`, { timeout }, async t => {
      const world = await startWorld(t)
      const account = startAccount(t, world)
      const { messageId } = world.phone.write({ kind: 'text', text: 'the first' })
      await account.until('the first', () => account.texts().length === 1)
      world.phone.write({ kind: 'quote', text: 'about it', of: messageId, form })
      await account.until('the quote', () => account.texts().length === 2)
      const flags = flagsOf(account)[1]
      assert.equal(flags?.['quote'], 'the first')
      // The nested item names itself.
      assert.equal(flags?.['quote_seq'], '1')
    })
  }

  for (const endCounted of ['whole text', 'after start'] as const) {
    test(`of a part, its end counted over the ${endCounted}, says that part`, { timeout }, async t => {
      const world = await startWorld(t)
      const account = startAccount(t, world)
      const text = 'a cat and a dog, a cat and a bird, a cat and a fish'
      const { messageId } = world.phone.write({ kind: 'text', text })
      await account.until('the first', () => account.texts().length === 1)
      const part = 'a cat and a bird, a cat'
      world.phone.write({ kind: 'quote', text: 'this', of: messageId, form: 'partial', part, endCounted })
      await account.until('the quote', () => account.texts().length === 2)
      assert.equal(flagsOf(account)[1]?.['quote'], part)
    })
  }

  test('of a message of the same answer is understood', { timeout }, async t => {
    const world = await startWorld(t)
    world.phone.together(() => {
      const { messageId } = world.phone.write({ kind: 'text', text: 'the first' })
      world.phone.write({ kind: 'quote', text: 'about it', of: messageId })
    })
    const account = startAccount(t, world)
    await account.until('both', () => account.texts().length === 2)
    assert.deepEqual(flagsOf(account)[1], { quote: 'the first' })
  })

  test('of what nobody here has seen says its id', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    await account.listening()
    const msg = {
      message_id: 1,
      from_user_id: world.phone.user,
      message_type: 1,
      item_list: [
        { type: 1, text_item: { text: 'about it' }, ref_msg: { svr_id: { rawJson: '18446744073709551615' } } },
      ],
    }
    world.controls.fault({ route: 'updates', fault: { kind: 'json', body: { msgs: [msg] } as never } })
    world.clock.advance(35_000)
    await account.until('the quote', () => account.texts().length === 1)
    assert.deepEqual(flagsOf(account), [{ quote: 'unknown', quote_id: '18446744073709551615' }])
  })
})
