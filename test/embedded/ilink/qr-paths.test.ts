import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScanScript } from '../../../scripts/embedded/ilink/simulator.ts'
import { qrStatus } from './client.ts'
import { codeOf, question, statusAfter } from './codes.ts'
import { assertNoViolations, rulesBroken, startTest } from './test-simulator.ts'

const timeout = 20_000

test('the right number goes on to scaned, a wrong one gets the same status again', { timeout }, async t => {
  const test = await startTest(t)
  const { simulator, phone } = test
  const code = await codeOf(test)
  assert.equal((await statusAfter(test, code, { verifyCode: '4711' })).json['status'], 'need_verifycode')
  assert.equal(phone.verifyCode(code), '4711')
  assert.throws(() => phone.confirm(code), /need_verifycode/)
  assert.equal((await qrStatus(simulator.url, code, '1234')).json['status'], 'need_verifycode')
  assert.equal((await qrStatus(simulator.url, code, '4711')).json['status'], 'scaned')
  assert.equal(phone.verifyCode(code), null)
  phone.confirm(code)
  assert.equal((await qrStatus(simulator.url, code)).json['status'], 'confirmed')
  assertNoViolations(test)
})

test('too many wrong numbers block the code', { timeout }, async t => {
  const test = await startTest(t)
  const code = await codeOf(test)
  await statusAfter(test, code, { verifyCode: '4711' })
  const statuses: unknown[] = []
  for (const number of ['1', '2', '3']) {
    statuses.push((await qrStatus(test.simulator.url, code, number)).json['status'])
  }
  assert.deepEqual(statuses, ['need_verifycode', 'need_verifycode', 'verify_code_blocked'])
})

test('a number that nobody asked for is recorded', { timeout }, async t => {
  const test = await startTest(t)
  const code = await codeOf(test)
  test.phone.scan(code)
  await qrStatus(test.simulator.url, code, '4711')
  assert.deepEqual(rulesBroken(test), ['verify-code-unasked'])
})

test('a redirect sends the client to the other port, and the first one says wait for ever', { timeout }, async t => {
  const test = await startTest(t)
  const { simulator, phone, clock } = test
  const code = await codeOf(test)
  const { json } = await statusAfter(test, code, { redirect: 'with host' })
  assert.deepEqual(json, { ret: 0, status: 'scaned_but_redirect', redirect_host: new URL(simulator.redirectUrl).host })

  assert.equal((await qrStatus(simulator.redirectUrl, code)).json['status'], 'scaned')
  phone.confirm(code)
  const held = await question(test, simulator.url, code)
  const confirmed = await qrStatus(simulator.redirectUrl, code)
  clock.advance(30_000)
  assert.equal((await held.answer).json['status'], 'wait')
  assert.equal(confirmed.json['status'], 'confirmed')
  assert.equal(confirmed.json['baseurl'], simulator.redirectUrl)
})

test('a redirect without a host goes on where it was', { timeout }, async t => {
  const test = await startTest(t)
  const { simulator, phone } = test
  const code = await codeOf(test)
  const { json } = await statusAfter(test, code, { redirect: 'without host' })
  assert.deepEqual(json, { ret: 0, status: 'scaned_but_redirect' })
  assert.equal((await qrStatus(simulator.url, code)).json['status'], 'scaned')
  phone.confirm(code)
  const confirmed = await qrStatus(simulator.url, code)
  assert.equal(confirmed.json['baseurl'], simulator.url)
})

test('whoever taps the button before the redirect was read is confirmed at the other port', { timeout }, async t => {
  const test = await startTest(t)
  const code = await codeOf(test)
  test.phone.scan(code, { redirect: 'with host' })
  test.phone.confirm(code)
  assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'scaned_but_redirect')
  assert.equal((await qrStatus(test.simulator.redirectUrl, code)).json['status'], 'confirmed')
})

test('a client that still holds a living token of the scanned bot gets no other', { timeout }, async t => {
  const test = await startTest(t)
  const { token } = test.controls.bind()
  const code = await codeOf(test, [token])
  assert.deepEqual((await statusAfter(test, code, {})).json, { ret: 0, status: 'binded_redirect' })
  assert.equal(test.controls.bots().length, 1)
})

test('a living token of another bot does not stand in the way of a login', { timeout }, async t => {
  const test = await startTest(t)
  test.controls.bind()
  const { token } = test.controls.bind('Another_User@im.wechat')
  const code = await codeOf(test, [token])
  assert.equal((await statusAfter(test, code, {})).json['status'], 'scaned')
})

test('a local token that is dead does not stand in the way of a login', { timeout }, async t => {
  const test = await startTest(t)
  const { token } = test.controls.bind()
  test.controls.revoke(token)
  const code = await codeOf(test, [token])
  assert.equal((await statusAfter(test, code, {})).json['status'], 'scaned')
})

test('confirmed answers without a bot id, with base_url, and without a base can be had', { timeout }, async t => {
  const test = await startTest(t)
  const confirmedOf = async (script: ScanScript) => {
    const code = await codeOf(test)
    test.phone.scan(code, script)
    test.phone.confirm(code)
    return (await qrStatus(test.simulator.url, code)).json
  }
  assert.equal((await confirmedOf({ leaveOutBotId: true }))['ilink_bot_id'], undefined)
  assert.equal((await confirmedOf({ baseUrlName: 'base_url' }))['base_url'], test.simulator.url)
  const without = await confirmedOf({ baseUrlName: 'absent' })
  assert.ok(!('baseurl' in without) && !('base_url' in without))
})

test('a status that no client knows comes once, and the other spelling of scaned', { timeout }, async t => {
  const test = await startTest(t)
  const code = await codeOf(test)
  const script: ScanScript = { unknownStatus: 'thinking', scannedWord: 'scanned' }
  assert.equal((await statusAfter(test, code, script)).json['status'], 'thinking')
  assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'scanned')
  test.phone.confirm(code)
  assert.equal((await qrStatus(test.simulator.url, code)).json['status'], 'confirmed')
})
