import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkToken } from '../../../scripts/adapters/ilink/check-token.ts'
import { credentialsOf, startWorld } from './test-account.ts'
import { assertConfirmed, begin, facts, scanned, start } from './test-login.ts'

const timeout = 20_000

describe('a login', () => {
  test('that is scanned and confirmed gives the credentials', { timeout }, async t => {
    const running = await start(t)
    const code = await running.code(1)
    running.world.phone.scan(code)
    await running.until('the scan', () => running.states.length === 2)
    running.world.phone.confirm(code)
    assertConfirmed(await running.end(), running)
    assert.deepEqual(running.states, ['waiting', 'scanned'])
    assert.deepEqual(
      running.codes.map(({ code, of }) => [code, of]),
      [[1, 3]],
    )
  })

  for (const script of [
    { scannedWord: 'scanned' },
    { unknownStatus: 'dancing' },
    { baseUrlName: 'base_url' },
    { redirect: 'without host' },
  ] as const) {
    test(`goes on with ${JSON.stringify(script)}`, { timeout }, async t => {
      const running = await scanned(t, script)
      assertConfirmed(await running.end(), running)
    })
  }

  test('without an address of its own keeps to the usual one', { timeout }, async t => {
    const outcome = await (await scanned(t, { baseUrlName: 'absent' })).end()
    assert.equal(outcome.kind === 'confirmed' ? outcome.credentials.baseUrl : '', null)
  })

  test('is followed to another host', { timeout }, async t => {
    const running = await scanned(t, { redirect: 'with host' })
    assertConfirmed(await running.end(), running, running.world.simulator.redirectUrl)
    assert.ok(running.states.includes('redirected'))
  })

  test('comes back from another host for its next code', { timeout }, async t => {
    const running = await start(t)
    const { phone, controls, simulator } = running.world
    const first = await running.code(1)
    phone.scan(first, { redirect: 'with host' })
    await running.until('the other host', () => controls.requests().some(({ origin }) => origin === 'redirect'))
    controls.expireQr(first)
    const second = await running.code(2)
    phone.scan(second)
    phone.confirm(second)
    assertConfirmed(await running.end(), running, simulator.url)
    const ofSecond = controls.requests('get_qrcode_status').filter(({ query }) => query['qrcode'] === second)
    assert.deepEqual([...new Set(ofSecond.map(({ origin }) => origin))], ['main'])
  })

  test('asks for the number that the phone shows, and again when it was wrong', { timeout }, async t => {
    const asked: boolean[] = []
    const running = await scanned(
      t,
      { verifyCode: '42' },
      {
        askVerifyCode({ wasWrong }) {
          asked.push(wasWrong)
          return Promise.resolve(wasWrong ? '42' : '41')
        },
      },
    )
    assertConfirmed(await running.end(), running)
    assert.deepEqual(asked, [false, true])
  })

  test('begins anew when too many numbers were wrong, without the old number', { timeout }, async t => {
    const running = await start(t, { askVerifyCode: () => Promise.resolve('1') })
    const { phone, controls } = running.world
    phone.scan(await running.code(1), { verifyCode: '42' })
    const second = await running.code(2)
    assert.ok(running.states.includes('blocked'))
    phone.scan(second)
    phone.confirm(second)
    assertConfirmed(await running.end(), running)
    const ofSecond = controls.requests('get_qrcode_status').filter(({ query }) => query['qrcode'] === second)
    assert.ok(ofSecond.every(({ query }) => query['verify_code'] === undefined))
  })

  test('forgets the number of a code that expired', { timeout }, async t => {
    const running = await start(t, { askVerifyCode: () => Promise.resolve('1') }, { settings: { verifyTries: 50 } })
    const { phone, controls } = running.world
    const first = await running.code(1)
    phone.scan(first, { verifyCode: '42' })
    await running.until('a number', () => controls.requests().some(({ query }) => query['verify_code'] === '1'))
    controls.expireQr(first)
    const second = await running.code(2)
    await running.until('a question', () => controls.requests().some(({ query }) => query['qrcode'] === second))
    const ofSecond = controls.requests('get_qrcode_status').filter(({ query }) => query['qrcode'] === second)
    assert.ok(ofSecond.every(({ query }) => query['verify_code'] === undefined))
    running.abort()
    await running.end()
  })

  test('is given up by whoever does not tell the number', { timeout }, async t => {
    const running = await start(t, { askVerifyCode: () => Promise.resolve(null) })
    running.world.phone.scan(await running.code(1), { verifyCode: '42' })
    assert.deepEqual(await running.end(), { kind: 'failed', reason: 'given_up' })
  })

  test('waits no longer for a number than the code lives', { timeout }, async t => {
    const running = await start(t, { askVerifyCode: () => new Promise(() => {}) })
    running.world.phone.scan(await running.code(1), { verifyCode: '42' })
    await running.until('the next code', () => running.codes.length === 2, 5000)
    running.abort()
    assert.deepEqual(await running.end(), { kind: 'aborted' })
  })

  test('has three codes in all', { timeout }, async t => {
    const running = await start(t)
    for (const number of [1, 2, 3]) running.world.controls.expireQr(await running.code(number))
    assert.deepEqual(await running.end(), { kind: 'failed', reason: 'no_more_codes' })
    assert.deepEqual(
      running.codes.map(({ code }) => code),
      [1, 2, 3],
    )
    assert.equal(new Set(running.codes.map(({ link }) => link)).size, 3)
  })

  test('of a bot that is bound here already says so, and its token can be tried', { timeout }, async t => {
    const world = await startWorld(t)
    const running = begin(world, { localTokens: [world.bot.token] })
    world.phone.scan(await running.code(1))
    assert.deepEqual(await running.end(), { kind: 'already_bound' })
    const signal = new AbortController().signal
    const { clock, fetch } = world
    const check = () => checkToken({ credentials: credentialsOf(world, world.bot), facts, fetch, clock, signal })
    assert.equal(await check(), 'valid')
    world.controls.fault({ route: 'config', fault: { kind: 'http', status: 502 } })
    assert.equal(await check(), 'unclear')
    world.controls.revoke(world.bot.token)
    for (let form = 0; form < 3; form++) assert.equal(await check(), 'login_needed')
    assert.deepEqual(world.controls.violations(), [])
  })

  test('fails when it is confirmed without a bot', { timeout }, async t => {
    const running = await scanned(t, { leaveOutBotId: true })
    assert.deepEqual(await running.end(), { kind: 'failed', reason: 'incomplete' })
  })

  for (const fault of [
    { kind: 'http', status: 524 },
    { kind: 'html' },
    { kind: 'reset' },
    { kind: 'half' },
    { kind: 'hang' },
    { kind: 'empty body' },
    { kind: 'ret', ret: -1 },
  ] as const) {
    test(`goes on after a question that was answered by ${Object.values(fault).join(' ')}`, { timeout }, async t => {
      const running = await start(t)
      const { controls, phone } = running.world
      const hit = controls.fault({ route: 'qr status', fault, after: 1 })
      const code = await running.code(1)
      phone.scan(code)
      await running.until('the fault', () => hit.hits() === 1)
      phone.confirm(code)
      assertConfirmed(await running.end(), running)
    })
  }

  test('asks again for a code, and fails when there is none to be had', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.fault({ route: 'qr', fault: { kind: 'http', status: 502 }, times: 'always' })
    const running = begin(world)
    assert.deepEqual(await running.end(), { kind: 'failed', reason: 'no_answer' })
    assert.deepEqual(running.states, ['no_answer', 'no_answer', 'no_answer'])
  })

  test('that is refused a code fails at once', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.fault({ route: 'qr', fault: { kind: 'ret', ret: -1, errmsg: 'no' } })
    assert.deepEqual(await begin(world).outcome, { kind: 'failed', reason: 'refused' })
  })

  test('ends at once when it is aborted, while a question is held and while a number is asked for', {
    timeout,
  }, async t => {
    const held = await start(t)
    const code = await held.code(1)
    await held.until('a question', () => held.world.controls.requests('get_qrcode_status').length > 0)
    held.abort()
    assert.deepEqual(await held.outcome, { kind: 'aborted' })
    assert.ok(code.length > 0)

    let isAsked = false
    const asking = begin(held.world, {
      askVerifyCode() {
        isAsked = true
        return new Promise(() => {})
      },
    })
    held.world.phone.scan(await asking.code(1), { verifyCode: '42' })
    await asking.until('the question', () => isAsked)
    asking.abort()
    assert.deepEqual(await asking.outcome, { kind: 'aborted' })
  })
})
