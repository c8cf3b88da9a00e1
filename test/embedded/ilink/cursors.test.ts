import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answered, call, msgsIn, poll } from './client.ts'
import { assertNoViolations, cursorOf, heldPoll, rulesBroken, say, startBound, textsOf } from './test-simulator.ts'

const timeout = 20_000

function idsOf(answer: Answered): bigint[] {
  return msgsIn<{ message_id: bigint }>(answer).map(({ message_id }) => message_id)
}

test('a cursor is opaque, new with every batch, and on an empty poll the same, empty or absent', {
  timeout,
}, async t => {
  const test = await startBound(t)
  say(test, 'one')
  const first = cursorOf(await poll(test.who))
  say(test, 'two')
  const second = cursorOf(await poll(test.who, first))
  assert.match(first, /^[\w+/=]{40,}$/)
  assert.notEqual(first, second)
  const emptyPoll = async () => {
    const held = await heldPoll(test, second)
    test.clock.advance(35_000)
    return (await held.answer).json
  }
  assert.equal((await emptyPoll())['get_updates_buf'], second)
  test.controls.set({ emptyPollCursor: 'empty' })
  assert.equal((await emptyPoll())['get_updates_buf'], '')
  test.controls.set({ emptyPollCursor: 'absent' })
  assert.ok(!('get_updates_buf' in (await emptyPoll())))
  assertNoViolations(test)
})

test('a cursor that was never given, or none at all, is recorded', { timeout }, async t => {
  const test = await startBound(t)
  const other = test.controls.bind('Another_User@im.wechat')
  test.phone.write({ kind: 'text', text: 'x' }, { from: other.userId })
  const foreign = cursorOf(await poll({ ...test.who, token: other.token }))
  say(test, 'one')
  await poll(test.who, foreign)
  say(test, 'two')
  await call(test.who, 'getupdates')
  assert.deepEqual(rulesBroken(test), ['cursor-unknown', 'cursor-missing'])
})

test('cursor mode consumed: an old cursor brings nothing back', { timeout }, async t => {
  const test = await startBound(t)
  say(test, 'one')
  await poll(test.who)
  const held = await heldPoll(test)
  test.clock.advance(35_000)
  assert.deepEqual(textsOf(await held.answer), [])
})

test('cursor mode replay: an old cursor brings the batch again, a new one does not', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.setCursorMode('replay')
  say(test, 'one')
  const first = await poll(test.who)
  say(test, 'two')
  const again = await poll(test.who)
  assert.deepEqual(textsOf(again), ['one', 'two'])
  assert.deepEqual(idsOf(again)[0], idsOf(first)[0])
  assert.deepEqual(textsOf(await poll(test.who, cursorOf(first))), ['two'])
  const held = await heldPoll(test, cursorOf(again))
  test.clock.advance(35_000)
  assert.deepEqual(textsOf(await held.answer), [])
})

test('cursor mode redeliver: the same message comes again after 1 s, 8 s and 40 min', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.setCursorMode('redeliver')
  say(test, 'one')
  const first = await poll(test.who)
  const cursors = [cursorOf(first)]
  for (const ms of [1000, 7000]) {
    const held = await heldPoll(test, cursors.at(-1))
    test.clock.advance(ms - 1)
    assert.equal(test.controls.held(test.bot.id), 1)
    test.clock.advance(1)
    const again = await held.answer
    assert.deepEqual(again.json['msgs'], first.json['msgs'])
    cursors.push(cursorOf(again))
  }
  test.clock.advance(40 * 60_000 - 8000)
  const last = await poll(test.who, cursors.at(-1))
  assert.deepEqual(last.json['msgs'], first.json['msgs'])
  assert.equal(new Set([...cursors, cursorOf(last)]).size, 4)
  const held = await heldPoll(test, cursorOf(last))
  test.clock.advance(35_000)
  assert.deepEqual(textsOf(await held.answer), [])
  assertNoViolations(test)
})

test('cursor mode redeliver: in its other form nothing but the message_id differs', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.setCursorMode('redeliver', { afterMs: [1000], freshIds: true })
  say(test, 'one')
  const first = await poll(test.who)
  test.clock.advance(1000)
  const second = await poll(test.who, cursorOf(first))
  const [a, b] = [first, second].map(answer => msgsIn<Record<string, unknown>>(answer)[0])
  assert.notEqual(a?.['message_id'], b?.['message_id'])
  assert.deepEqual({ ...a, message_id: 0 }, { ...b, message_id: 0 })
})

test('which message went out when, and whether its cursor came back, is known', { timeout }, async t => {
  const test = await startBound(t)
  const one = say(test, 'one')
  const first = await poll(test.who)
  assert.deepEqual(
    test.controls.handouts(test.bot.id).map(({ messageId, cameBack }) => [messageId, cameBack]),
    [[one.messageId, false]],
  )
  const held = await heldPoll(test, cursorOf(first))
  assert.equal(test.controls.handouts(test.bot.id)[0]?.cameBack, true)
  say(test, 'two')
  await held.answer
  assert.equal(test.controls.handouts(test.bot.id).length, 2)
})
