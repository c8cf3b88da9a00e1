import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, clientId, send } from './client.ts'
import { OK, outcome, shownTexts, written } from './sends.ts'
import { assertNoViolations, rulesBroken, startBound } from './test-simulator.ts'

const timeout = 20_000

const DAY_MS = 24 * 60 * 60 * 1000

test('a client_id that comes again is answered as a success and shows nothing, at any age', { timeout }, async t => {
  const test = await startBound(t)
  const client_id = clientId()
  const again = { token: written(test), text: 'once', client_id }
  assert.deepEqual(await outcome(test, again), OK)
  assert.deepEqual(await outcome(test, again), OK)
  assertNoViolations(test)
  test.controls.advance(30 * DAY_MS)
  assert.deepEqual(await outcome(test, { token: written(test), text: 'another', client_id }), OK)
  assert.deepEqual(shownTexts(test), ['once'])
  assert.deepEqual(
    test.phone.transcript().bubbles.flatMap(({ hidden }) => hidden ?? []),
    ['repeated client_id', 'repeated client_id'],
  )
  // The same request again is a retry; another message under its name is a mistake.
  assert.deepEqual(rulesBroken(test), ['client-id-reused'])
})

test('what shows nothing because it came before costs nothing of the budget', { timeout }, async t => {
  const test = await startBound(t, { settings: { budget: 2 } })
  const again = { token: written(test), text: 'once', client_id: clientId() }
  for (let i = 0; i < 3; i++) assert.deepEqual(await outcome(test, again), OK)
  assert.deepEqual(await outcome(test, { token: again.token, text: 'another' }), OK)
  assert.deepEqual(shownTexts(test), ['once', 'another'])
})

test('a refused message has not used its client_id', { timeout }, async t => {
  const test = await startBound(t, { settings: { budget: 0 } })
  const client_id = clientId()
  const message = { token: written(test), text: 'patient', client_id }
  assert.deepEqual(await outcome(test, message), [-2, ''])
  test.controls.set({ budget: 10 })
  assert.deepEqual(await outcome(test, message), OK)
  assert.deepEqual(shownTexts(test), ['patient'])
})

test('an empty or missing client_id is answered as a success and shows nothing', { timeout }, async t => {
  const test = await startBound(t)
  const token = written(test)
  for (const client_id of ['', undefined]) assert.deepEqual(await outcome(test, { token, text: 'x', client_id }), OK)
  assert.deepEqual(shownTexts(test), [])
  assert.deepEqual(rulesBroken(test), ['client-id-empty', 'client-id-empty'])
})

test('set so, a repeated client_id makes later messages of its token invisible', { timeout }, async t => {
  const test = await startBound(t, { settings: { duplicatePoisons: true } })
  const again = { token: written(test), text: 'once', client_id: clientId() }
  for (let i = 0; i < 2; i++) await outcome(test, again)
  assert.deepEqual(await outcome(test, { token: again.token, text: 'lost' }), OK)
  assert.deepEqual(await outcome(test, { token: written(test), text: 'seen' }), OK)
  assert.deepEqual(shownTexts(test), ['once', 'seen'])
  assert.equal(test.phone.transcript().bubbles.find(({ text }) => text === 'lost')?.hidden, 'poisoned token')
})

test('a success is answered in four forms, or in all of them in turn', { timeout }, async t => {
  const test = await startBound(t)
  const token = written(test)
  const texts: string[] = []
  for (const sendAnswer of ['empty', 'object', 'ret', 'message_id'] as const) {
    test.controls.set({ sendAnswer })
    texts.push((await send(test.who, { to: test.user, token, text: sendAnswer })).text.replace(/\d{10,}/, '…'))
  }
  assert.deepEqual(texts, ['', '{}', '{"ret":0}', '{"ret":0,"errmsg":"","message_id":…}'])
  test.controls.set({ sendAnswer: 'in turn' })
  const forms = new Set<string>()
  for (let i = 0; i < 4; i++) {
    forms.add((await send(test.who, { to: test.user, token, text: `${i}` })).text.replace(/\d{10,}/, '…'))
  }
  assert.equal(forms.size, 4)
})

test('the black hole says ret 0 and shows nothing', { timeout }, async t => {
  const test = await startBound(t, { settings: { blackHole: true } })
  assert.deepEqual(await outcome(test, { token: written(test), text: 'gone' }), OK)
  assert.deepEqual(shownTexts(test), [])
  assert.equal(test.phone.transcript().bubbles.at(-1)?.hidden, 'black hole')
})

test('set so, a bot that has not said notifystart has only its first reply shown', { timeout }, async t => {
  const test = await startBound(t, { settings: { needsStart: true } })
  const token = written(test)
  for (const text of ['first', 'second']) assert.deepEqual(await outcome(test, { token, text }), OK)
  await call(test.who, 'msg/notifystart')
  assert.deepEqual(await outcome(test, { token, text: 'third' }), OK)
  await call(test.who, 'msg/notifystop')
  assert.deepEqual(await outcome(test, { token, text: 'fourth' }), OK)
  assert.deepEqual(shownTexts(test), ['first', 'third'])
})
