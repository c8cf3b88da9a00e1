import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answered, call, textIn } from './client.ts'
import { assertNoViolations, type BoundSimulator, rulesBroken, startBound } from './test-simulator.ts'

const timeout = 20_000

const TYPING = 1
const CANCEL = 2

async function ticketFor({ who, user }: BoundSimulator): Promise<string> {
  return textIn(await call(who, 'getconfig', { ilink_user_id: user }), 'typing_ticket')
}

function type({ who, user }: BoundSimulator, ticket: string, status: number): Promise<Answered> {
  return call(who, 'sendtyping', { ilink_user_id: user, typing_ticket: ticket, status })
}

test('getconfig gives a ticket with ret exactly 0', { timeout }, async t => {
  const test = await startBound(t)
  const { json } = await call(test.who, 'getconfig', { ilink_user_id: test.user, context_token: 'any' })
  assert.equal(json['ret'], 0)
  assert.ok(String(json['typing_ticket']).length > 20)
  assertNoViolations(test)
})

test('without ilink_user_id it gives ret -2, for an unknown one ret -3', { timeout }, async t => {
  const test = await startBound(t)
  const { json } = await call(test.who, 'getconfig', { to_user_id: test.user })
  assert.deepEqual([json['ret'], json['errmsg']], [-2, 'ilink_user_id required'])
  const lowered = await call(test.who, 'getconfig', { ilink_user_id: test.user.toLowerCase() })
  assert.equal(lowered.json['ret'], -3)
  assert.deepEqual(rulesBroken(test), ['ilink-user-id-missing', 'recipient-unknown'])
})

for (const lifeMs of [600_000, 24 * 60 * 60 * 1000]) {
  test(`a ticket is good for ${lifeMs} ms, and refused afterwards`, { timeout }, async t => {
    const test = await startBound(t, { settings: { ticketLifeMs: lifeMs } })
    const ticket = await ticketFor(test)
    test.controls.advance(lifeMs)
    assert.equal((await type(test, ticket, TYPING)).json['ret'], 0)
    test.controls.advance(1)
    assert.notEqual((await type(test, ticket, TYPING)).json['ret'], 0)
    assert.equal((await type(test, await ticketFor(test), TYPING)).json['ret'], 0)
    assertNoViolations(test)
  })
}

test('a ticket of somebody else, or made up, is refused and recorded', { timeout }, async t => {
  const test = await startBound(t)
  const { userId } = test.phone.write({ kind: 'text', text: 'x' }, { from: 'Some_One@im.wechat', bot: test.bot.id })
  const ticket = await ticketFor({ ...test, user: userId })
  for (const wrong of [ticket, 'made up']) assert.notEqual((await type(test, wrong, TYPING)).json['ret'], 0)
  assert.deepEqual(rulesBroken(test), ['ticket-foreign', 'ticket-foreign'])
})

test('the phone shows typing from the first to the cancel, with the time since the last keep-alive', {
  timeout,
}, async t => {
  const test = await startBound(t)
  assert.equal(test.phone.typingState(), null)
  const ticket = await ticketFor(test)
  await type(test, ticket, TYPING)
  test.controls.advance(5000)
  await type(test, ticket, TYPING)
  test.controls.advance(3000)
  const during = test.phone.typingState()
  assert.deepEqual(
    [during?.isTyping, during?.sinceKeepAliveMs, during?.keepAlives, during?.isStuck],
    [true, 3000, 2, false],
  )
  assert.equal(test.controls.now() - (during?.since ?? 0), 8000)
  await type(test, ticket, CANCEL)
  const after = test.phone.typingState()
  assert.deepEqual([after?.isTyping, after?.cancels, after?.uncancelled, after?.isStuck], [false, 1, 0, false])
  assertNoViolations(test)
})

test('a turn that ends without a cancel is flagged, and counted when the next one begins', { timeout }, async t => {
  const test = await startBound(t)
  const ticket = await ticketFor(test)
  await type(test, ticket, TYPING)
  test.controls.advance(15_001)
  assert.equal(test.phone.typingState()?.isStuck, true)
  await type(test, ticket, TYPING)
  assert.equal(test.phone.typingState()?.uncancelled, 1)
  assert.equal(test.phone.typingState()?.since, test.controls.now())
})

test('sendtyping has a status of 1 or 2, and no other fields', { timeout }, async t => {
  const test = await startBound(t)
  const ticket = await ticketFor(test)
  assert.equal((await type(test, ticket, 0)).json['ret'], -3)
  await call(test.who, 'sendtyping', {
    ilink_user_id: test.user,
    typing_ticket: ticket,
    status: TYPING,
    to_user_id: test.user,
    context_token: 'x',
  })
  assert.deepEqual(rulesBroken(test), ['typing-status', 'typing-field', 'typing-field'])
})

test('notifystart and notifystop say whether the bot is there, and how often they came', { timeout }, async t => {
  const test = await startBound(t)
  const state = () =>
    test.controls.bots().map(({ onlineSince, starts, stops }) => [onlineSince !== null, starts, stops])
  assert.deepEqual(state(), [[false, 0, 0]])
  assert.equal((await call(test.who, 'msg/notifystart')).json['ret'], 0)
  assert.deepEqual(state(), [[true, 1, 0]])
  assert.equal((await call(test.who, 'msg/notifystop')).json['ret'], 0)
  assert.deepEqual(state(), [[false, 1, 1]])
})
