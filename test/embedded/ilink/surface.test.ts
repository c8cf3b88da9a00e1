import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open } from '../relay/raw-http.ts'
import { appHeaders, ask, baseInfo, call, newQr, poll, postHeaders, qrStatus, send, textIn, uin } from './client.ts'
import { assertNoViolations, rulesBroken, startBound, startTest } from './test-simulator.ts'

const timeout = 20_000

test('the QR request works as POST with a body, and as the older GET without one', { timeout }, async t => {
  const { simulator, ...rest } = await startTest(t)
  const url = `${simulator.url}/ilink/bot/get_bot_qrcode?bot_type=3`
  const posted = await newQr(simulator.url)
  const got = await ask(url, { headers: appHeaders })
  for (const answer of [posted, got]) {
    assert.equal(answer.status, 200)
    assert.equal(answer.json['ret'], 0)
    assert.match(textIn(answer, 'qrcode'), /^[0-9a-f]{32}$/)
    assert.match(textIn(answer, 'qrcode_img_content'), /^https:\/\/liteapp\.weixin\.qq\.com\//)
  }
  assert.notEqual(posted.json['qrcode'], got.json['qrcode'])
  assertNoViolations({ simulator, ...rest })
})

test('all of it is on one loopback origin, and the second data centre on another port', { timeout }, async t => {
  const { simulator, ...rest } = await startBound(t)
  assert.match(simulator.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(simulator.cdnUrl, `${simulator.url}/c2c`)
  assert.notEqual(simulator.redirectUrl, simulator.url)
  const { bot, who } = rest
  for (const path of ['msg/notifystart', 'msg/notifystop']) assert.equal((await call(who, path)).json['ret'], 0)
  assert.equal((await call(who, 'getconfig', { ilink_user_id: bot.userId })).json['ret'], 0)
  assert.equal((await ask(`${simulator.cdnUrl}/download?encrypted_query_param=x`)).status, 404)
  assert.equal((await qrStatus(simulator.redirectUrl, 'x')).json['status'], 'expired')
})

test('a path that is none, and a method that is not there, are refused and recorded', { timeout }, async t => {
  const { who, ...rest } = await startBound(t)
  // "Note the extra msg/ segment in the two notify paths."
  assert.equal((await call(who, 'notifystart')).status, 404)
  assert.equal((await ask(`${who.base}/ilink/bot/getupdates`, { headers: postHeaders(who.token) })).status, 405)
  assert.deepEqual(rulesBroken(rest), ['unknown-route', 'unknown-route'])
})

test('every request is kept with method, path, query, headers and body, and with its outcome', { timeout }, async t => {
  const { who, controls, simulator, user } = await startBound(t)
  await send(who, { to: user, text: 'early' })
  await qrStatus(simulator.url, 'a/b')
  const [sent, asked] = controls.requests()
  assert.equal(`${sent?.method} ${sent?.path}`, 'POST /ilink/bot/sendmessage')
  assert.equal(sent?.headers['authorization'], `Bearer ${who.token}`)
  assert.match(sent?.body ?? '', /"text":"early"/)
  assert.equal(sent?.outcome?.status, 200)
  assert.match(sent?.outcome?.body ?? '', /"ret":-2/)
  assert.equal(sent?.outcome?.isWhole, true)
  assert.deepEqual(asked?.query, { qrcode: 'a/b' })
  assert.deepEqual(controls.requests('sendmessage').length, 1)
})

test('a request whose client hangs up in the middle is kept too, and not carried out', { timeout }, async t => {
  const { controls, simulator } = await startBound(t)
  const { socket, close } = open(Number(new URL(simulator.url).port))
  socket.write('POST /ilink/bot/sendmessage HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"msg":')
  socket.once('connect', () => socket.end())
  await controls.until(() => controls.requestCount() === 1)
  close()
  const [cut] = controls.requests()
  assert.deepEqual([cut?.body, cut?.outcome?.fault, cut?.outcome?.isWhole], ['{"msg":', 'client gone', false])
  assert.deepEqual(controls.violations(), [])
})

/** A request with one header less, or another value. */
const BROKEN: readonly (readonly [rule: string, change: Record<string, string | undefined>])[] = [
  ['authorization-type-missing', { AuthorizationType: undefined }],
  ['uin-missing', { 'X-WECHAT-UIN': undefined }],
  // The 4 bytes of 7, where the text "7" is wanted.
  ['uin-form', { 'X-WECHAT-UIN': 'AAAABw==' }],
  ['uin-form', { 'X-WECHAT-UIN': Buffer.from('4294967296').toString('base64') }],
  ['app-id-missing', { 'iLink-App-Id': undefined }],
  ['client-version-missing', { 'iLink-App-ClientVersion': undefined }],
  ['bearer-missing', { Authorization: undefined }],
  ['bearer-unknown', { Authorization: 'Bearer nobody@im.bot:secret' }],
]

for (const [rule, change] of BROKEN) {
  test(`strict: ${rule} (${Object.values(change)[0] ?? 'left out'}) ends the session`, { timeout }, async t => {
    const test = await startBound(t)
    const headers = Object.entries({ ...postHeaders(test.who.token), ...change })
    const kept = Object.fromEntries(headers.filter((entry): entry is [string, string] => entry[1] !== undefined))
    const { json } = await poll(test.who, '', { headers: kept })
    assert.ok(json['ret'] === -14 || json['errcode'] === -14)
    assert.deepEqual(rulesBroken(test), [rule])
  })
}

/** What the contract says of a request, and no server is known to refuse. */
const NOTED: readonly (readonly [rule: string, change: Record<string, string>])[] = [
  ['app-id', { 'iLink-App-Id': 'openclaw' }],
  ['client-version', { 'iLink-App-ClientVersion': '2.4.9' }],
  ['authorization-type', { AuthorizationType: 'bearer' }],
  ['content-type', { 'Content-Type': 'text/plain' }],
]

for (const [rule, change] of NOTED) {
  test(`${rule} is recorded, and the request carried out`, { timeout }, async t => {
    const test = await startBound(t)
    const headers = { ...postHeaders(test.who.token), ...change }
    assert.equal((await call(test.who, 'msg/notifystart', {}, { headers })).json['ret'], 0)
    assert.deepEqual(rulesBroken(test), [rule])
  })
}

test('an X-WECHAT-UIN that comes again is noticed within the last 1000 requests', { timeout }, async t => {
  const test = await startBound(t)
  const headers = postHeaders(test.who.token)
  const ask = async (value: string) =>
    (await call(test.who, 'msg/notifystart', {}, { headers: { ...headers, 'X-WECHAT-UIN': value } })).json['ret']
  const numbered = (number: number) => Buffer.from(String(number)).toString('base64')
  assert.equal(await ask(numbered(0)), 0)
  for (let number = 1; number < 1000; number++) await ask(numbered(number))
  assert.notEqual(await ask(numbered(0)), 0)
  assert.deepEqual(rulesBroken(test), ['uin-repeated'])
  // Of number 2 there have been a thousand others since.
  for (const number of [1001, 1002]) await ask(numbered(number))
  assert.equal(await ask(numbered(2)), 0)
})

test('the four vectors of X-WECHAT-UIN are taken', { timeout }, async t => {
  const test = await startBound(t)
  for (const value of ['MA==', 'Nw==', 'NDAxMTgwMzUxMw==', 'NDI5NDk2NzI5NQ==']) {
    const headers = { ...postHeaders(test.who.token), 'X-WECHAT-UIN': value }
    assert.equal((await call(test.who, 'msg/notifystart', {}, { headers })).json['ret'], 0)
  }
  assertNoViolations(test)
})

test('base_info is wanted in every authenticated body, and in no other', { timeout }, async t => {
  const test = await startBound(t)
  const { json } = await call(test.who, 'msg/notifystart', { base_info: undefined })
  assert.notEqual(json['ret'] ?? json['errcode'], 0)
  await ask(`${test.who.base}/ilink/bot/get_bot_qrcode?bot_type=3`, {
    method: 'POST',
    headers: postHeaders(),
    body: JSON.stringify({ local_token_list: [], base_info: baseInfo }),
  })
  assert.deepEqual(rulesBroken(test), ['base-info-missing', 'base-info-unwanted'])
})

test('bot_agent is checked by its grammar, and may be left out', { timeout }, async t => {
  const test = await startBound(t)
  const say = (bot_agent?: string) =>
    call(test.who, 'msg/notifystart', { base_info: { channel_version: '1', ...(bot_agent ? { bot_agent } : {}) } })
  const good = ['OpenClaw', 'MyBot/1.2.0 (a)', 'y/1', 'A/1 b_.-/2+x (c d) e/3', undefined]
  for (const agent of good) await say(agent)
  assertNoViolations(test)
  const bad = ['garbage', 'MyBot/1.2.0 (a) (b)', 'A/1 (中)', 'A/1  B/2', `${'A/1 '.repeat(64)}B/22`, '(x) A/1']
  for (const agent of bad) await say(agent)
  assert.deepEqual(
    rulesBroken(test),
    bad.map(() => 'bot-agent'),
  )
})

test('the QR status GET carries none of the headers of a POST', { timeout }, async t => {
  const test = await startTest(t)
  const url = `${test.simulator.url}/ilink/bot/get_qrcode_status?qrcode=x`
  await ask(url, { headers: { ...appHeaders, 'X-WECHAT-UIN': uin(), Authorization: 'Bearer x' } })
  assert.deepEqual(rulesBroken(test), ['header-unwanted', 'header-unwanted', 'qr-unknown'])
})

test('not strict: the same deviations are recorded, and the request is carried out', { timeout }, async t => {
  const test = await startBound(t, { strict: false })
  const headers = { Authorization: `Bearer ${test.who.token}`, 'Content-Type': 'application/json' }
  const { json } = await call(test.who, 'msg/notifystart', { base_info: undefined }, { headers })
  assert.equal(json['ret'], 0)
  assert.deepEqual(rulesBroken(test).toSorted(), [
    'app-id-missing',
    'authorization-type-missing',
    'base-info-missing',
    'client-version-missing',
    'uin-missing',
  ])
})

test('a superseded bearer gets -14 in its three forms, one after the other, and breaks no rule', {
  timeout,
}, async t => {
  const test = await startBound(t)
  test.controls.bind()
  const forms: unknown[] = []
  for (let i = 0; i < 3; i++) {
    const { json } = await poll(test.who)
    forms.push([json['ret'], json['errcode']])
  }
  assert.deepEqual(forms, [
    [undefined, -14],
    [-14, undefined],
    [-14, -14],
  ])
  assertNoViolations(test)
})

test('a bot that was sent to the second data centre is expected there', { timeout }, async t => {
  const test = await startTest(t)
  const { token } = test.controls.bind(undefined, 'redirect')
  await call({ token, base: test.simulator.redirectUrl }, 'msg/notifystart')
  assertNoViolations(test)
  await call({ token, base: test.simulator.url }, 'msg/notifystart')
  assert.deepEqual(rulesBroken(test), ['wrong-base'])
})

test('the CDN is told nothing that belongs to the API', { timeout }, async t => {
  const test = await startBound(t)
  await ask(`${test.simulator.cdnUrl}/download?encrypted_query_param=x`, {
    headers: { Authorization: `Bearer ${test.who.token}` },
  })
  assert.deepEqual(rulesBroken(test), ['header-unwanted', 'download-unknown'])
})
