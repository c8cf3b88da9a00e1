import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, clientId, send, textItem } from './client.ts'
import { INVALID, OK, outcome, PREPARE_FAILED, shownTexts, written } from './sends.ts'
import { assertNoViolations, rulesBroken, startBound } from './test-simulator.ts'

const timeout = 20_000

const DAY_MS = 24 * 60 * 60 * 1000

test('a reply with the token of the message is shown, with everything that it carried', { timeout }, async t => {
  const test = await startBound(t)
  const token = written(test)
  const id = clientId()
  const { json } = await send(test.who, { to: test.user, token, text: '你好', client_id: id, run_id: 'turn-1' })
  assert.equal(json['ret'], 0)
  const bubble = test.phone.transcript().shown.at(-1)
  assert.deepEqual(
    [bubble?.text, bubble?.clientId, bubble?.contextToken, bubble?.runId, bubble?.messageState, bubble?.at],
    ['你好', id, token, 'turn-1', 2, test.clock.now()],
  )
  assert.equal(bubble?.messageId, String(json['message_id']))
  assert.ok(BigInt(bubble?.messageId ?? 0) > 2n ** 53n)
  assertNoViolations(test)
})

test('a text of 16,384 bytes goes, of one more it does not', { timeout }, async t => {
  const test = await startBound(t)
  const token = written(test)
  const largest = `${'字'.repeat(5461)}x`
  assert.equal(Buffer.byteLength(largest), 16_384)
  assert.deepEqual(await outcome(test, { token, text: largest }), OK)
  assertNoViolations(test)
  assert.deepEqual(await outcome(test, { token, text: `${largest}y` }), PREPARE_FAILED)
  assert.deepEqual(rulesBroken(test), ['text-too-long'])
})

test('a token is good for 24 h, and what the bot sends makes it no younger', { timeout }, async t => {
  const test = await startBound(t)
  const token = written(test)
  test.controls.advance(DAY_MS)
  assert.deepEqual(await outcome(test, { token, text: 'in time' }), OK)
  test.controls.advance(1)
  assert.deepEqual(await outcome(test, { token, text: 'late' }), PREPARE_FAILED)
  assert.deepEqual(await outcome(test, { token: written(test), text: 'fresh' }), OK)
})

test('the life of a token is settable', { timeout }, async t => {
  const test = await startBound(t, { settings: { tokenLifeMs: 1000 } })
  const token = written(test)
  test.controls.advance(1001)
  assert.deepEqual(await outcome(test, { token, text: 'late' }), PREPARE_FAILED)
})

test('set so, a stale token is answered like a stale session', { timeout }, async t => {
  const test = await startBound(t, { settings: { tokenLifeMs: 1000, staleToken: '-14' } })
  const token = written(test)
  test.controls.advance(1001)
  const { json } = await send(test.who, { to: test.user, token, text: 'late' })
  assert.equal(json['ret'] ?? json['errcode'], -14)
  assert.deepEqual(await outcome(test, { token: written(test), text: 'the session lives' }), OK)
})

test('ten sends follow one message, the eleventh does not; the next message brings ten more', { timeout }, async t => {
  const test = await startBound(t)
  const token = written(test)
  for (let i = 0; i < 10; i++) assert.deepEqual(await outcome(test, { token, text: `${i}` }), OK)
  assert.deepEqual(await outcome(test, { token, text: 'too many' }), [-2, ''])
  test.controls.set({ budgetErrmsg: 'rate limited' })
  assert.deepEqual(await outcome(test, { token, text: 'too many' }), [-2, 'rate limited'])
  assert.deepEqual(await outcome(test, { token: written(test), text: 'again' }), OK)
  assert.deepEqual(shownTexts(test), [...Array.from({ length: 10 }, (_, index) => `${index}`), 'again'])
})

test('the budget is that of one peer, and settable', { timeout }, async t => {
  const test = await startBound(t, { settings: { budget: 1 } })
  const token = written(test)
  const other = test.phone.write({ kind: 'text', text: 'me too' }, { from: 'Some_One@im.wechat', bot: test.bot.id })
  assert.deepEqual(await outcome(test, { token, text: 'a' }), OK)
  assert.deepEqual(await outcome(test, { token, text: 'b' }), [-2, ''])
  assert.deepEqual(await outcome(test, { to: other.userId, token: other.contextToken, text: 'c' }), OK)
})

test('GENERATING without an item is refused', { timeout }, async t => {
  const test = await startBound(t)
  assert.deepEqual(await outcome(test, { token: written(test), message_state: 1 }), PREPARE_FAILED)
  assert.deepEqual(rulesBroken(test), ['generating-empty'])
})

test('an unknown recipient, and one in other letters or with a prefix, is refused', { timeout }, async t => {
  const test = await startBound(t)
  const token = written(test)
  for (const to of ['Nobody@im.wechat', test.user.toLowerCase(), `user:${test.user}`]) {
    assert.deepEqual(await outcome(test, { token, to, text: 'x' }), INVALID)
  }
  assert.deepEqual(rulesBroken(test), ['recipient-unknown', 'recipient-unknown', 'recipient-unknown'])
})

test('a voice that is not alone is refused', { timeout }, async t => {
  const test = await startBound(t)
  const items = [textItem('listen'), { type: 3, voice_item: {} }]
  assert.deepEqual(await outcome(test, { token: written(test), item_list: items }), INVALID)
})

test('nobody can be written to who has not written first', { timeout }, async t => {
  const test = await startBound(t, { settings: { missingToken: 'accept' } })
  assert.deepEqual(await outcome(test, { text: 'hello?' }), PREPARE_FAILED)
})

test('a missing token is accepted or refused, as it is set', { timeout }, async t => {
  const test = await startBound(t)
  written(test)
  assert.deepEqual(await outcome(test, { text: 'x' }), INVALID)
  test.controls.set({ missingToken: '-2' })
  assert.deepEqual(await outcome(test, { text: 'x' }), PREPARE_FAILED)
  test.controls.set({ missingToken: 'accept' })
  assert.deepEqual(await outcome(test, { text: 'x' }), OK)
  assertNoViolations(test)
})

test('a token of another peer, of another bot, or made up, is refused and recorded', { timeout }, async t => {
  const test = await startBound(t)
  const old = written(test)
  const other = test.phone.write({ kind: 'text', text: 'x' }, { from: 'Some_One@im.wechat', bot: test.bot.id })
  assert.deepEqual(await outcome(test, { token: other.contextToken, text: 'x' }), PREPARE_FAILED)
  assert.deepEqual(await outcome(test, { token: 'made up', text: 'x' }), PREPARE_FAILED)
  test.controls.set({ mailOnNewBot: 'lost' })
  const next = { ...test, who: { ...test.who, token: test.controls.bind().token } }
  written(next)
  assert.deepEqual(await outcome(next, { token: old, text: 'x' }), PREPARE_FAILED)
  assert.deepEqual(rulesBroken(test), ['token-foreign', 'token-foreign', 'token-foreign'])
})

/** What a `msg` must not look like. */
const DEVIATIONS: readonly (readonly [rule: string, fields: object])[] = [
  ['from-user-id', { from_user_id: 'me@im.bot' }],
  ['message-type', { message_type: 1 }],
  ['message-state', { message_state: 3 }],
  ['item-count', { item_list: [textItem('a'), textItem('b')] }],
  ['item-type', { item_list: [{ type: 9 }] }],
]

for (const [rule, fields] of DEVIATIONS) {
  test(`a deviation of msg is recorded: ${rule}`, { timeout }, async t => {
    const test = await startBound(t)
    await outcome(test, { token: written(test), text: 'x', ...fields })
    assert.deepEqual(rulesBroken(test), [rule])
  })
}

test('a body without msg is refused', { timeout }, async t => {
  const test = await startBound(t)
  assert.equal((await call(test.who, 'sendmessage', { message: {} })).json['ret'], -3)
  assert.deepEqual(rulesBroken(test), ['msg-missing'])
})

test('a message without an item, and the items of tools, are accepted', { timeout }, async t => {
  const test = await startBound(t)
  const token = written(test)
  assert.deepEqual(await outcome(test, { token }), OK)
  const item = { type: 11, tool_call_start_item: { tool_name: 'search', tool_call_id: '1' } }
  assert.deepEqual(await outcome(test, { token, item }), OK)
  assert.deepEqual(
    test.phone.transcript().shown.map(({ kind }) => kind),
    ['text', 'empty', 'tool'],
  )
  assertNoViolations(test)
})
