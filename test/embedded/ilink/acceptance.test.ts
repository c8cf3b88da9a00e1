import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { call, encrypted, msgsIn, newQr, place, poll, qrStatus, send, textIn } from './client.ts'
import { assertNoViolations, startTest, textsOf } from './test-simulator.ts'

/** The list at the end of the simulator's duties, gone through by a client that knows nothing but the contract. */
const timeout = 20_000

test('a whole life: login, notices, polls, text, media both ways, typing, an abort, a stop', { timeout }, async t => {
  const test = await startTest(t)
  const { simulator, phone, controls } = test

  // Three codes in all: two expire, the third is scanned, asks for a number, and leads to the other data centre.
  for (let i = 0; i < 2; i++) {
    const lost = textIn(await newQr(simulator.url), 'qrcode')
    controls.expireQr(lost)
    assert.equal(textIn(await qrStatus(simulator.url, lost), 'status'), 'expired')
  }
  const code = textIn(await newQr(simulator.url), 'qrcode')
  phone.scan(code, { verifyCode: '0815', redirect: 'with host' })
  assert.equal(textIn(await qrStatus(simulator.url, code), 'status'), 'need_verifycode')
  assert.equal(textIn(await qrStatus(simulator.url, code, '4711'), 'status'), 'need_verifycode')
  const redirected = await qrStatus(simulator.url, code, phone.verifyCode(code) ?? '')
  assert.equal(textIn(redirected, 'status'), 'scaned_but_redirect')
  const there = `http://${textIn(redirected, 'redirect_host')}`
  assert.equal(textIn(await qrStatus(there, code), 'status'), 'scaned')
  phone.confirm(code)
  const confirmed = await qrStatus(there, code)
  assert.equal(textIn(confirmed, 'status'), 'confirmed')
  const who = { token: textIn(confirmed, 'bot_token'), base: textIn(confirmed, 'baseurl') }
  const to = textIn(confirmed, 'ilink_user_id')
  const again = textIn(await newQr(simulator.url, [who.token]), 'qrcode')
  phone.scan(again)
  assert.equal(textIn(await qrStatus(simulator.url, again), 'status'), 'binded_redirect')

  assert.equal((await call(who, 'msg/notifystart')).json['ret'], 0)
  phone.write({ kind: 'text', text: 'good morning' })
  const first = await poll(who)
  assert.deepEqual(textsOf(first), ['good morning'])
  const token = String(msgsIn<{ context_token: string }>(first)[0]?.context_token)

  const ticket = textIn(await call(who, 'getconfig', { ilink_user_id: to, context_token: token }), 'typing_ticket')
  const type = (status: number) => call(who, 'sendtyping', { ilink_user_id: to, typing_ticket: ticket, status })
  assert.equal((await type(1)).json['ret'], 0)
  const plain = Buffer.from('one file for all three')
  const image = await place(who, encrypted(plain), { to, type: 1 })
  const video = await place(who, encrypted(plain), { to, type: 2 })
  const file = await place(who, encrypted(plain), { to, type: 3 })
  const items = [
    { type: 1, text_item: { text: 'good morning to you' } },
    { type: 2, image_item: { media: image, mid_size: 32 } },
    { type: 5, video_item: { media: video, video_size: 32 } },
    { type: 4, file_item: { media: file, file_name: 'all.txt', len: String(plain.length) } },
  ]
  for (const item of items) assert.equal((await send(who, { to, token, item })).json['ret'], 0)
  assert.equal((await type(2)).json['ret'], 0)

  phone.write({ kind: 'image', bytes: plain })
  phone.write({ kind: 'file', bytes: plain, name: 'back.txt' })
  const media = await poll(who, textIn(first, 'get_updates_buf'))
  assert.deepEqual(
    msgsIn<{ item_list: { type: number }[] }>(media).map(({ item_list }) => item_list[0]?.type),
    [2, 4],
  )

  const abort = new AbortController()
  const held = poll(who, textIn(media, 'get_updates_buf'), { signal: abort.signal })
  const [bot] = controls.bots()
  await controls.until(() => controls.held(bot?.id ?? '') === 1)
  abort.abort()
  await assert.rejects(held)
  await controls.until(() => controls.held(bot?.id ?? '') === 0)
  assert.equal((await call(who, 'msg/notifystop')).json['ret'], 0)

  const { shown, flags } = phone.transcript()
  const sha256 = createHash('sha256').update(plain).digest('hex')
  assert.deepEqual(
    shown.map(({ side, kind, text, media }) => `${side} ${kind} ${media === null ? text : media.sha256 === sha256}`),
    [
      'phone text good morning',
      'bot text good morning to you',
      'bot image true',
      'bot video true',
      'bot file true',
      'phone image true',
      'phone file true',
    ],
  )
  assert.deepEqual(flags, [])
  assert.equal(phone.typingState()?.isTyping, false)
  assert.equal(controls.bots()[0]?.onlineSince, null)
  assertNoViolations(test)
})
