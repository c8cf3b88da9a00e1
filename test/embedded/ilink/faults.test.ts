import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../../scripts/embedded/ilink/simulator.ts'
import { type Answered, call, newQr, poll, send, textIn } from './client.ts'
import { type BoundSimulator, rulesBroken, startBound, startTest, textsOf } from './test-simulator.ts'

const timeout = 20_000

const start = ({ who }: BoundSimulator): Promise<Answered> => call(who, 'msg/notifystart')

function isSessionTimeout({ json }: Answered): boolean {
  return json['ret'] === -14 || json['errcode'] === -14
}

/** Each kind that stands in the place of an answer, and what the client sees of it. */
const INSTEAD: readonly (readonly [fault: Fault, status: number, text: RegExp])[] = [
  ...[401, 403, 404, 429, 500, 502, 524].map(status => [{ kind: 'http', status, body: 'no' }, status, /^no$/] as const),
  [{ kind: 'html' }, 200, /^<!DOCTYPE html>/],
  [{ kind: 'html', status: 502 }, 502, /^<!DOCTYPE html>/],
  [{ kind: 'empty body' }, 200, /^$/],
  [{ kind: 'invalid json' }, 200, /^\{[^}]*$/],
  [{ kind: 'json', body: [{ ret: 5n }] }, 200, /^\[\{"ret":5\}\]$/],
  [{ kind: 'ret', ret: -2, errmsg: 'unknown error' }, 200, /^\{"ret":-2,"errmsg":"unknown error"\}$/],
  [{ kind: 'ret', errcode: -7 }, 200, /^\{"errcode":-7\}$/],
]

for (const [fault, status, text] of INSTEAD) {
  test(`a fault instead of the answer: ${JSON.stringify(fault, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`, {
    timeout,
  }, async t => {
    const test = await startBound(t)
    test.controls.fault({ route: 'start', fault })
    const answer = await start(test)
    assert.equal(answer.status, status)
    assert.match(answer.text, text)
    assert.equal(test.controls.bots()[0]?.starts, 0)
    assert.equal((await start(test)).json['ret'], 0)
    assert.equal(test.controls.requests()[0]?.outcome?.fault, fault.kind)
  })
}

test('a request can be carried out although its answer is lost', { timeout }, async t => {
  const test = await startBound(t)
  const kinds: readonly Fault[] = [{ kind: 'http', status: 502 }, { kind: 'reset' }, { kind: 'half' }, { kind: 'html' }]
  for (const fault of kinds) {
    test.controls.fault({ route: 'start', fault, isHandled: true })
    await start(test).catch(() => undefined)
  }
  assert.equal(test.controls.bots()[0]?.starts, kinds.length)
})

test('a reset ends the connection without an answer, and the request is not carried out', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.fault({ route: 'start', fault: { kind: 'reset' } })
  await assert.rejects(start(test))
  assert.equal(test.controls.bots()[0]?.starts, 0)
  assert.equal(test.controls.requests()[0]?.outcome?.isWhole, false)
})

test('half an answer breaks off, and what it carried is consumed', { timeout }, async t => {
  const test = await startBound(t)
  test.phone.write({ kind: 'text', text: 'lost' })
  test.controls.fault({ route: 'updates', fault: { kind: 'half' } })
  await assert.rejects(poll(test.who))
  assert.equal(test.controls.waiting(test.bot.id), 0)
  assert.equal(test.controls.handouts(test.bot.id).length, 1)
})

test('what breaks the contract is recorded also of a request that a fault hits', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.fault({ route: 'start', fault: { kind: 'http', status: 502 } })
  await call(test.who, 'msg/notifystart', { base_info: undefined })
  assert.deepEqual(rulesBroken(test), ['base-info-missing'])
})

test('a delay keeps the answer back for as long as it says', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.fault({ route: 'start', fault: { kind: 'delay', ms: 5000 } })
  const answer = start(test)
  await test.controls.until(() => test.controls.requests().length === 1)
  test.clock.advance(4999)
  assert.equal(test.controls.bots()[0]?.starts, 0)
  test.clock.advance(1)
  assert.equal((await answer).json['ret'], 0)
})

test('a hang lasts until the client gives up', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.fault({ route: 'start', fault: { kind: 'hang' } })
  const abort = new AbortController()
  const answer = call(test.who, 'msg/notifystart', {}, { signal: abort.signal })
  await test.controls.until(() => test.controls.requests().length === 1)
  test.clock.advance(3_600_000)
  abort.abort()
  await assert.rejects(answer)
  await test.controls.until(() => test.controls.requests()[0]?.outcome?.isWhole === false)
})

test('faults come so many times, after so many requests, or always until they are removed', { timeout }, async t => {
  const test = await startBound(t)
  const statuses = async (count: number) => {
    const seen: number[] = []
    for (let i = 0; i < count; i++) seen.push((await start(test)).status)
    return seen
  }
  const twice = test.controls.fault({ route: 'start', fault: { kind: 'http', status: 502 }, times: 2, after: 1 })
  assert.deepEqual(await statuses(4), [200, 502, 502, 200])
  assert.equal(twice.hits(), 2)
  const always = test.controls.fault({ route: 'any', fault: { kind: 'http', status: 524 }, times: 'always' })
  assert.deepEqual(await statuses(3), [524, 524, 524])
  always.remove()
  assert.deepEqual(await statuses(1), [200])
})

test('faults hit the route they name, and the requests for which their condition holds', { timeout }, async t => {
  const test = await startBound(t)
  const other = test.controls.bind('Another_User@im.wechat')
  const fault: Fault = { kind: 'http', status: 500 }
  test.controls.fault({ route: 'send', fault })
  test.controls.fault({
    route: 'with bearer',
    fault,
    times: 'always',
    when: ({ headers }) => headers['authorization'] === `Bearer ${other.token}`,
  })
  assert.equal((await start(test)).status, 200)
  assert.equal((await start({ ...test, who: { ...test.who, token: other.token } })).status, 500)
  assert.equal((await newQr(test.simulator.url)).status, 200)
  assert.equal((await send(test.who, { to: test.user, text: 'x' })).status, 500)
})

test('faults by chance are the same ones with the same seed', { timeout }, async t => {
  const patternOf = async (seed: number) => {
    const test = await startBound(t, { seed })
    test.controls.fault({ route: 'start', fault: { kind: 'http', status: 500 }, times: 'always', chance: 0.5 })
    const seen: number[] = []
    for (let i = 0; i < 24; i++) seen.push((await start(test)).status)
    return seen
  }
  const pattern = await patternOf(1)
  assert.equal(new Set(pattern).size, 2)
  assert.deepEqual(await patternOf(1), pattern)
  assert.notDeepEqual(await patternOf(2), pattern)
})

test('-14 comes once, n times, or until the next login, in its three forms', { timeout }, async t => {
  const test = await startBound(t)
  test.controls.fault({ route: 'with bearer', fault: { kind: 'session timeout' }, times: 3 })
  const forms: unknown[] = []
  for (let i = 0; i < 3; i++) {
    const { json } = await start(test)
    forms.push([json['ret'], json['errcode']])
  }
  assert.deepEqual(forms, [
    [undefined, -14],
    [-14, undefined],
    [-14, -14],
  ])
  assert.equal((await start(test)).json['ret'], 0)
  test.controls.fault({ route: 'with bearer', fault: { kind: 'session timeout' }, times: 'until login' })
  for (let i = 0; i < 5; i++) assert.ok(isSessionTimeout(await start(test)))
  const { json, ...answer } = await newQr(test.simulator.url)
  const code = textIn({ json, ...answer }, 'qrcode')
  test.phone.scan(code)
  assert.ok(isSessionTimeout(await start(test)))
  test.phone.confirm(code)
  const token = test.controls.bots().at(-1)?.token ?? ''
  assert.equal((await start({ ...test, who: { ...test.who, token } })).json['ret'], 0)
})

test('a throttle of -2 lasts longer with each attempt', { timeout }, async t => {
  const test = await startBound(t)
  const { contextToken: token } = test.phone.write({ kind: 'text', text: 'hello' })
  const attempt = async () => (await send(test.who, { to: test.user, token, text: 'x' })).json['ret']
  test.controls.fault({
    route: 'send',
    fault: { kind: 'ret', ret: -2, errmsg: 'rate limited' },
    forMs: 60_000,
    prolongMs: 60_000,
  })
  test.controls.advance(59_999)
  assert.equal(await attempt(), -2)
  test.controls.advance(60_000)
  assert.equal(await attempt(), -2)
  // Two attempts have made three minutes of one.
  test.controls.advance(60_000)
  assert.equal(await attempt(), -2)
  test.controls.advance(60_002)
  assert.equal(await attempt(), 0)
})

test('a revoked token ends a held poll and stays dead', { timeout }, async t => {
  const test = await startBound(t)
  const held = poll(test.who)
  await test.controls.until(() => test.controls.held(test.bot.id) === 1)
  test.controls.revoke(test.bot.token)
  assert.ok(isSessionTimeout(await held))
  assert.ok(isSessionTimeout(await start(test)))
  test.phone.write({ kind: 'text', text: 'written meanwhile' })
  const next = test.controls.bind()
  assert.deepEqual(textsOf(await poll({ ...test.who, token: next.token })), ['written meanwhile'])
})

test('a mistake of the simulator itself shows as 500 with its place', { timeout }, async t => {
  const test = await startTest(t)
  const { who } = { who: { token: test.controls.bind().token, base: test.simulator.url } }
  test.controls.fault({
    route: 'start',
    fault: { kind: 'empty body' },
    when: () => {
      throw new Error('a condition that fails')
    },
  })
  const { status, text } = await call(who, 'msg/notifystart')
  assert.equal(status, 500)
  assert.match(text, /a condition that fails/)
  assert.deepEqual(rulesBroken(test), [])
})
