import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Settings } from '../../../scripts/embedded/ilink/simulator.ts'
import { type Answered, msgsIn, poll, send } from './client.ts'
import { assertNoViolations, cursorOf, heldPoll, say, startBound, textsOf } from './test-simulator.ts'

const timeout = 20_000

function isSessionTimeout({ json }: Answered): boolean {
  return json['ret'] === -14 || json['errcode'] === -14
}

test('an empty poll is held for 35 s and says so; a message ends it at once', { timeout }, async t => {
  const test = await startBound(t)
  const empty = await heldPoll(test)
  test.clock.advance(34_999)
  assert.equal(test.controls.held(test.bot.id), 1)
  test.clock.advance(1)
  assert.deepEqual((await empty.answer).json, {
    ret: 0,
    msgs: [],
    get_updates_buf: '',
    longpolling_timeout_ms: 35_000,
  })
  const full = await heldPoll(test)
  say(test, 'hello')
  assert.deepEqual(textsOf(await full.answer), ['hello'])
  assertNoViolations(test)
})

test('the hold can be as short as 0.2 s on a real clock', { timeout }, async t => {
  const { systemClock } = await import('../../../scripts/core/clock.ts')
  const { who } = await startBound(t, { holdMs: 200, clock: systemClock })
  assert.deepEqual((await poll(who)).json['longpolling_timeout_ms'], 200)
})

const EMPTY: readonly (readonly [name: string, settings: Partial<Settings>, answer: object])[] = [
  ['another number for longpolling_timeout_ms', { suggestedMs: 9 }, { ret: 0, msgs: [], longpolling_timeout_ms: 9 }],
  ['zero for it', { suggestedMs: 0 }, { ret: 0, msgs: [], longpolling_timeout_ms: 0 }],
  ['none of it', { suggestedMs: null }, { ret: 0, msgs: [] }],
  ['no msgs', { suggestedMs: null, emptyPollMsgs: 'absent' }, { ret: 0 }],
  ['no ret', { suggestedMs: null, pollRet: 'absent' }, { msgs: [] }],
]

for (const [name, settings, answer] of EMPTY) {
  test(`an empty answer with ${name}`, { timeout }, async t => {
    const test = await startBound(t, { settings: { emptyPollCursor: 'absent', ...settings } })
    const held = await heldPoll(test)
    test.clock.advance(35_000)
    assert.deepEqual((await held.answer).json, answer)
  })
}

test('batches have as many messages as they are set to have, in the order of their writing', { timeout }, async t => {
  const test = await startBound(t, { settings: { batchSize: 3 } })
  for (const text of ['1', '2', '3', '4']) say(test, text)
  const first = await poll(test.who)
  assert.deepEqual(textsOf(first), ['1', '2', '3'])
  assert.deepEqual(textsOf(await poll(test.who, cursorOf(first))), ['4'])
})

test('what waits together can leave in any order, the same one with the same seed', { timeout }, async t => {
  const texts = Array.from({ length: 12 }, (_, index) => `${index}`)
  const orderWith = async (seed: number) => {
    const test = await startBound(t, { seed, settings: { order: 'shuffled' } })
    for (const text of texts) say(test, text)
    return textsOf(await poll(test.who))
  }
  const order = await orderWith(1)
  assert.notDeepEqual(order, texts)
  assert.deepEqual(order.toSorted(), texts.toSorted())
  assert.deepEqual(await orderWith(1), order)
  assert.notDeepEqual(await orderWith(2), order)
})

test('a client that hangs up before the flush has lost nothing', { timeout }, async t => {
  const test = await startBound(t)
  const abort = new AbortController()
  const held = await heldPoll(test, '', { signal: abort.signal })
  abort.abort()
  await assert.rejects(held.answer)
  await test.controls.until(() => test.controls.held(test.bot.id) === 0)
  say(test, 'kept')
  assert.deepEqual(textsOf(await poll(test.who)), ['kept'])
})

test('a client that is gone after the flush has lost the batch: the race of a timeout', { timeout }, async t => {
  const test = await startBound(t)
  say(test, 'lost')
  test.controls.fault({ route: 'updates', fault: { kind: 'reset' }, isHandled: true })
  await assert.rejects(poll(test.who))
  assert.equal(test.controls.waiting(test.bot.id), 0)
  say(test, 'next')
  assert.deepEqual(textsOf(await poll(test.who)), ['next'])
})

test('second poller, takeover: the first one gets -14', { timeout }, async t => {
  const test = await startBound(t)
  const first = await heldPoll(test)
  const second = await heldPoll(test)
  assert.ok(isSessionTimeout(await first.answer))
  say(test, 'for the second')
  assert.deepEqual(textsOf(await second.answer), ['for the second'])
  assert.equal(test.controls.secondPolls(), 1)
})

test('second poller, steal: messages are split at random', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.setSecondPoller('steal')
  const got: [string[], string[]] = [[], []]
  let stopped = false
  const loops = got.map(async mine => {
    for (let cursor = ''; !stopped; ) {
      const answer = await poll(test.who, cursor)
      mine.push(...textsOf(answer).filter(text => text !== 'end'))
      cursor = cursorOf(answer)
    }
  })
  const all = () => test.controls.held(test.bot.id) === 2
  await test.controls.until(all)
  for (let number = 0; number < 20; number++) {
    say(test, `${number}`)
    await test.controls.until(all)
  }
  stopped = true
  test.clock.advance(35_000)
  await Promise.all(loops)
  assert.ok(got[0].length > 0 && got[1].length > 0)
  assert.equal(new Set(got.flat()).size, 20)
})

test('second poller, queue: the first one is served first, then the second', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.setSecondPoller('queue')
  const first = await heldPoll(test)
  const second = poll(test.who)
  await test.controls.until(() => test.controls.held(test.bot.id) === 2)
  say(test, 'one')
  say(test, 'two')
  assert.deepEqual(textsOf(await first.answer), ['one'])
  assert.deepEqual(textsOf(await second), ['two'])
})

test('what the old bot never took goes to the new one, with a token that counts there', { timeout }, async t => {
  const test = await startBound(t)
  const { phone, controls, simulator } = test
  const { contextToken } = say(test, 'unread')
  phone.write({ kind: 'text', text: 'from a friend' }, { from: 'A_Friend@im.wechat', bot: test.bot.id })
  const next = controls.bind()
  const answer = await poll({ token: next.token, base: simulator.url })
  assert.deepEqual(textsOf(answer), ['unread', 'from a friend'])
  const [message] = msgsIn<{ to_user_id: string; context_token: string }>(answer)
  assert.equal(message?.to_user_id, next.id)
  assert.equal(message?.context_token, contextToken)
  const who = { token: next.token, base: simulator.url }
  for (const { from_user_id: to, context_token: token } of msgsIn<Record<string, string>>(answer)) {
    assert.equal((await send(who, { to: to ?? '', token: token ?? '', text: 'read' })).json['ret'], 0)
  }
})

test('set so, what the old bot never took is lost', { timeout }, async t => {
  const test = await startBound(t, { settings: { mailOnNewBot: 'lost' } })
  say(test, 'unread')
  const next = test.controls.bind()
  say(test, 'after')
  assert.deepEqual(textsOf(await poll({ token: next.token, base: test.simulator.url })), ['after'])
})

test('twenty bots are polled side by side, each for its own messages', { timeout }, async t => {
  const test = await startBound(t)
  const { controls, phone, simulator } = test
  const bots = Array.from({ length: 20 }, (_, index) => controls.bind(`User_${index}@im.wechat`))
  const polls = bots.map(({ token }) => poll({ token, base: simulator.url }))
  await controls.until(() => bots.every(({ id }) => controls.held(id) === 1))
  for (const { userId } of bots.toReversed()) phone.write({ kind: 'text', text: userId }, { from: userId })
  const answers = await Promise.all(polls)
  assert.deepEqual(
    answers.map(textsOf),
    bots.map(({ userId }) => [userId]),
  )
})
