import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, newQr, poll, qrStatus, textIn } from './client.ts'
import { codeOf, question } from './codes.ts'
import { assertNoViolations, rulesBroken, startTest } from './test-simulator.ts'

const timeout = 20_000

test('a login goes from wait over scaned to confirmed, and each question is held until something changes', {
  timeout,
}, async t => {
  const test = await startTest(t)
  const { phone, simulator, clock } = test
  const code = await codeOf(test)
  const first = await question(test, simulator.url, code)
  clock.advance(30_000)
  assert.deepEqual((await first.answer).json, { ret: 0, status: 'wait' })

  const second = await question(test, simulator.url, code)
  phone.scan(code)
  assert.deepEqual((await second.answer).json, { ret: 0, status: 'scaned' })

  const third = await question(test, simulator.url, code)
  phone.confirm(code)
  const confirmed = await third.answer
  const { json } = confirmed
  assert.equal(json['status'], 'confirmed')
  assert.match(textIn(confirmed, 'ilink_bot_id'), /^[0-9a-f]{12}@im\.bot$/)
  assert.ok(String(json['bot_token']).startsWith(`${json['ilink_bot_id']}:`))
  assert.equal(json['baseurl'], simulator.url)
  assert.equal(json['ilink_user_id'], phone.user)
  assertNoViolations(test)
})

test('the hold is as long as it is set, and no longer than 30 s', { timeout }, async t => {
  const short = await startTest(t, { holdMs: 200 })
  const code = await codeOf(short)
  const held = await question(short, short.simulator.url, code)
  short.clock.advance(200)
  assert.equal((await held.answer).json['status'], 'wait')
  const long = await startTest(t, { holdMs: 60_000 })
  const other = await codeOf(long)
  const held30 = await question(long, long.simulator.url, other)
  long.clock.advance(30_000)
  assert.equal((await held30.answer).json['status'], 'wait')
})

test('a code that nobody scans expires after 60 s, also while a question is held', { timeout }, async t => {
  const test = await startTest(t)
  const code = await codeOf(test)
  test.clock.advance(50_000)
  const held = await question(test, test.simulator.url, code)
  test.clock.advance(10_000)
  assert.equal((await held.answer).json['status'], 'expired')
  assert.throws(() => test.phone.scan(code), /expired/)
})

test('a code that was scanned has 60 s more, and then expires too', { timeout }, async t => {
  const test = await startTest(t, { settings: { qrLifeMs: 5000 } })
  const code = await codeOf(test)
  test.clock.advance(4000)
  test.phone.scan(code)
  test.clock.advance(4999)
  assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'scaned')
  test.clock.advance(1)
  assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'expired')
  assert.throws(() => test.phone.confirm(code), /expired/)
})

test('a code can be made to expire', { timeout }, async t => {
  const test = await startTest(t)
  for (let i = 0; i < 3; i++) {
    const code = await codeOf(test)
    test.controls.expireQr(code)
    assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'expired')
  }
  assertNoViolations(test)
})

test('the list of local tokens holds ten at most', { timeout }, async t => {
  const test = await startTest(t)
  await codeOf(
    test,
    Array.from({ length: 10 }, (_, index) => `a@im.bot:${index}`),
  )
  assertNoViolations(test)
  await codeOf(
    test,
    Array.from({ length: 11 }, (_, index) => `a@im.bot:${index}`),
  )
  assert.deepEqual(rulesBroken(test), ['local-token-list'])
})

test('a confirmed code can be read again for a while, because the answer may be lost', { timeout }, async t => {
  const test = await startTest(t)
  const code = await codeOf(test)
  test.phone.scan(code)
  test.phone.confirm(code)
  test.controls.fault({ route: 'qr status', fault: { kind: 'reset' }, isHandled: true })
  await assert.rejects(qrStatus(test.simulator.url, code))
  const again = await qrStatus(test.simulator.url, code)
  const andAgain = await qrStatus(test.simulator.url, code)
  assert.equal(again.json['bot_token'], andAgain.json['bot_token'])
  test.clock.advance(120_000)
  assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'expired')
})

test('set so, a confirmed code can be read once', { timeout }, async t => {
  const test = await startTest(t, { settings: { confirmedAgainMs: 0 } })
  const code = await codeOf(test)
  test.phone.scan(code)
  test.phone.confirm(code)
  assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'confirmed')
  await test.controls.until(() => test.controls.lastQr()?.status === 'expired')
  assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'expired')
})

test('a new confirmation of the same user gives a new bot and ends the old one, held poll included', {
  timeout,
}, async t => {
  const test = await startTest(t)
  const { controls, simulator, phone } = test
  const old = controls.bind()
  const held = poll({ token: old.token, base: simulator.url })
  await controls.until(() => controls.held(old.id) === 1)
  const code = await codeOf(test)
  phone.scan(code)
  phone.confirm(code)
  const { json } = await held
  assert.ok(json['ret'] === -14 || json['errcode'] === -14)
  const confirmed = (await qrStatus(simulator.url, code)).json
  assert.notEqual(confirmed['ilink_bot_id'], old.id)
  assert.deepEqual(
    controls.bots().map(({ isLive }) => isLive),
    [false, true],
  )
  const other = controls.bind('Another_User@im.wechat')
  assert.ok(other.isLive && controls.bots()[1]?.isLive)
})

test('every way for a question to fail can be scripted: 5xx, 524, a hang, a dropped connection', {
  timeout,
}, async t => {
  const test = await startTest(t)
  const { controls, simulator } = test
  const code = await codeOf(test)
  test.phone.scan(code)
  for (const status of [500, 524]) {
    controls.fault({ route: 'qr status', fault: { kind: 'http', status } })
    assert.equal((await qrStatus(simulator.url, code)).status, status)
  }
  controls.fault({ route: 'qr status', fault: { kind: 'reset' } })
  await assert.rejects(qrStatus(simulator.url, code))
  controls.fault({ route: 'qr status', fault: { kind: 'delay', ms: 36_000 } })
  const late = await question(test, simulator.url, code)
  test.clock.advance(35_999)
  const pending = await Promise.race([late.answer.then(() => 'answered'), ask(simulator.url).then(() => 'silent')])
  assert.equal(pending, 'silent')
  test.clock.advance(1)
  assert.equal((await late.answer).json['status'], 'scaned')
})

test('a QR code is asked for at the default base, never at the second one', { timeout }, async t => {
  const test = await startTest(t)
  await newQr(test.simulator.redirectUrl)
  assert.deepEqual(rulesBroken(test), ['qr-elsewhere'])
})
