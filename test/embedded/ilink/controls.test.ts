import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { ConfigError, StorageError } from '../../../scripts/core/errors.ts'
import { startIlinkSimulator } from '../../../scripts/embedded/ilink/simulator.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { turns } from '../../support/wait-for.ts'
import { call, clientId, encrypted, newQr, place, poll, qrStatus, send, textIn } from './client.ts'
import { assertNoViolations, heldPoll, rulesBroken, startBound, startTest, textsOf } from './test-simulator.ts'

const timeout = 20_000

test('everything survives a restart on the same file and port', { timeout }, async t => {
  const db = join(temporaryFolder(), 'ilink.db')
  const clock = createFakeClock()
  const first = await startIlinkSimulator({ clock, db })
  const bot = first.controls.bind()
  const who = { token: bot.token, base: first.url }
  const to = bot.userId
  const { contextToken: token } = first.phone.write({ kind: 'text', text: 'taken' })
  const cursor = textIn(await poll(who), 'get_updates_buf')
  const message = { to, token, text: 'answer', client_id: clientId() }
  await send(who, message)
  const plain = Buffer.from('a file')
  const media = await place(who, encrypted(plain), { to, type: 3 })
  const ticket = textIn(await call(who, 'getconfig', { ilink_user_id: to }), 'typing_ticket')
  const code = textIn(await newQr(first.url), 'qrcode')
  first.phone.scan(code, { user: 'Some_One@im.wechat' })
  first.phone.write({ kind: 'text', text: 'still there' })
  first.controls.advance(3_600_000)
  const asked = first.controls.requests().length
  const time = first.controls.now()
  await first.close()

  // The client has to notice first that its kept connections have ended.
  await turns()
  const port = Number(new URL(first.url).port)
  const second = await startIlinkSimulator({ clock, db, port })
  t.after(() => second.close())
  assert.equal(second.controls.now(), time)
  assert.equal(second.controls.requests().length, asked)
  assert.deepEqual(textsOf(await poll(who, cursor)), ['still there'])
  assert.equal((await send(who, message)).json['ret'], 0)
  const item = { type: 4, file_item: { media, file_name: 'a.txt', len: '6' } }
  assert.equal((await send(who, { to, token, item })).json['ret'], 0)
  const { bubbles } = second.phone.transcript()
  assert.deepEqual(
    bubbles.map(({ text, hidden }) => `${text}${hidden === null ? '' : ` (${hidden})`}`),
    ['taken', 'answer', 'still there', 'answer (repeated client_id)', ''],
  )
  assert.deepEqual(second.phone.open(bubbles.at(-1) ?? assert.fail()), plain)
  const typing = { ilink_user_id: to, typing_ticket: ticket, status: 1 }
  assert.equal((await call(who, 'sendtyping', typing)).json['ret'], 0)
  assert.equal((await qrStatus(second.url, code)).json['status'], 'expired')
  assert.deepEqual(second.controls.violations(), [])
})

test('what is due again is due after a restart too', { timeout }, async t => {
  const db = join(temporaryFolder(), 'ilink.db')
  const clock = createFakeClock()
  const settings = { cursorMode: 'redeliver', redeliverAfterMs: [1000] } as const
  const first = await startIlinkSimulator({ clock, db, settings })
  const { token } = first.controls.bind()
  first.phone.write({ kind: 'text', text: 'twice' })
  const cursor = textIn(await poll({ token, base: first.url }), 'get_updates_buf')
  await first.close()
  const second = await startIlinkSimulator({ clock, db, settings })
  t.after(() => second.close())
  second.controls.advance(1000)
  assert.deepEqual(textsOf(await poll({ token, base: second.url }, cursor)), ['twice'])
})

test('the file is for its owner only, for one simulator at a time, and no other program’s is touched', {
  timeout,
}, async t => {
  const folder = temporaryFolder()
  const db = join(folder, 'ilink.db')
  await startTest(t, { db })
  assert.equal((statSync(db).mode & 0o777).toString(8), '600')
  await assert.rejects(startIlinkSimulator({ db }), StorageError)
  const foreign = join(folder, 'other.db')
  new DatabaseSync(foreign).exec('CREATE TABLE theirs (id INTEGER)')
  await assert.rejects(startIlinkSimulator({ db: foreign }), StorageError)
  writeFileSync(join(folder, 'text'), 'no database at all, and somebody wants to keep it')
  await assert.rejects(startIlinkSimulator({ db: join(folder, 'text') }), StorageError)
})

test('a port that is taken is said, and leaves nothing behind', { timeout }, async t => {
  const { simulator } = await startTest(t)
  const db = join(temporaryFolder(), 'ilink.db')
  const port = Number(new URL(simulator.url).port)
  await assert.rejects(startIlinkSimulator({ port, db }), ConfigError)
  await startTest(t, { db })
})

test('deterministic ids are the same with the same seed, whatever else happens', { timeout }, async t => {
  const idsWith = async (seed: number, isBusy: boolean) => {
    const { controls, phone, simulator } = await startTest(t, { seed, deterministic: true })
    const { id, token } = controls.bind()
    if (isBusy) await newQr(simulator.url)
    const { messageId, contextToken } = phone.write({ kind: 'text', text: 'x' })
    const cursor = textIn(await poll({ token, base: simulator.url }), 'get_updates_buf')
    return [id, token, messageId, contextToken, cursor]
  }
  const ids = await idsWith(7, false)
  assert.deepEqual(await idsWith(7, true), ids)
  const others = await idsWith(8, false)
  assert.ok(ids.every((id, at) => id !== others[at]))
})

test('deterministic ids do not repeat after a restart or a reset', { timeout }, async t => {
  const db = join(temporaryFolder(), 'ilink.db')
  const options = { db, deterministic: true }
  const first = await startIlinkSimulator(options)
  const ids = [first.controls.bind().id]
  await first.close()
  const { controls } = await startTest(t, options)
  ids.push(controls.bind().id)
  controls.reset()
  ids.push(controls.bind().id)
  assert.equal(new Set(ids).size, 3)
})

test('the clock can be set, and what falls due on the way happens', { timeout }, async t => {
  const test = await startBound(t)
  const held = await heldPoll(test)
  test.controls.setClock(Date.UTC(2030, 0, 1))
  assert.equal(test.controls.now(), Date.UTC(2030, 0, 1))
  assert.deepEqual(textsOf(await held.answer), [])
})

test('what has been skipped is not waited for again', { timeout }, async t => {
  const test = await startBound(t)
  const held = await heldPoll(test)
  test.controls.advance(30_000)
  test.clock.advance(4999)
  assert.equal(test.controls.held(test.bot.id), 1)
  test.clock.advance(1)
  assert.deepEqual(textsOf(await held.answer), [])
})

test('reset leaves an empty server with the settings of its start', { timeout }, async t => {
  const test = await startBound(t, { settings: { budget: 3 } })
  const { controls, phone } = test
  phone.write({ kind: 'text', text: 'gone' })
  controls.set({ budget: 99, blackHole: true })
  controls.fault({ route: 'any', fault: { kind: 'hang' }, times: 'always' })
  controls.reset()
  assert.deepEqual(controls.bots(), [])
  assert.deepEqual(controls.requests(), [])
  assert.deepEqual(phone.transcript().bubbles, [])
  const { token, userId: to } = controls.bind()
  const who = { ...test.who, token }
  const { contextToken } = phone.write({ kind: 'text', text: 'hello' })
  const outcomes: unknown[] = []
  for (let i = 0; i < 4; i++) outcomes.push((await send(who, { to, token: contextToken, text: `${i}` })).json['ret'])
  assert.deepEqual(outcomes, [0, 0, 0, -2])
  assertNoViolations(test)
})

test('reset and close end what is held', { timeout }, async t => {
  const test = await startBound(t)
  const held = await heldPoll(test)
  test.controls.reset()
  await assert.rejects(held.answer)
  test.controls.bind()
  const again = await heldPoll({ ...test, bot: test.controls.bots()[0] ?? test.bot, who: newest(test) })
  const code = textIn(await newQr(test.simulator.url), 'qrcode')
  const question = qrStatus(test.simulator.url, code)
  const ends = [again.answer, question].map(answer => assert.rejects(answer))
  await test.controls.until(() => test.controls.requests('get_qrcode_status').length === 1)
  await test.simulator.close()
  await Promise.all(ends)
  assert.equal(test.clock.pending(), 0)
})

function newest({ controls, simulator }: { controls: { bots(): { token: string }[] }; simulator: { url: string } }) {
  return { token: controls.bots().at(-1)?.token ?? '', base: simulator.url }
}

test('the controls can be had over HTTP by another process', { timeout }, async t => {
  const { simulator } = await startTest(t, { controlPort: 0 })
  const control = async (name: string, ...args: unknown[]) => {
    const response = await fetch(`${simulator.controlUrl}/${name}`, { method: 'POST', body: JSON.stringify(args) })
    return { status: response.status, value: (await response.json()) as never }
  }
  const code = textIn(await newQr(simulator.url), 'qrcode')
  await control('scan', code)
  await control('confirm', code)
  const token = textIn(await qrStatus(simulator.url, code), 'bot_token')
  await control('write', { kind: 'text', text: 'from afar' })
  await control('write', { kind: 'file', name: 'x', bytes: { base64: 'aGVsbG8=' } })
  const answer = await poll({ token, base: simulator.url })
  assert.deepEqual(textsOf(answer), ['from afar', ''])
  const { value } = await control('transcript')
  const { shown }: { shown: { text: string; media: { size: number } | null }[] } = value
  assert.deepEqual(
    shown.map(({ text, media }) => [text, media?.size]),
    [
      ['from afar', undefined],
      ['', 5],
    ],
  )
  await control('fault', { route: 'any', fault: { kind: 'http', status: 524 } })
  assert.equal((await newQr(simulator.url)).status, 524)
  assert.equal((await control('nothing')).status, 404)
  assert.deepEqual((await control('confirm', 'x')).status, 400)
  assert.equal((await control('write', 'x'.repeat(17 * 1024 * 1024))).status, 400)
})

test('a page in a browser can not use the controls, and without a port for them there are none', {
  timeout,
}, async t => {
  const { simulator } = await startTest(t, { controlPort: 0 })
  const headers = { origin: 'http://example.org' }
  const { status } = await fetch(`${simulator.controlUrl}/reset`, { method: 'POST', headers, body: '[]' })
  assert.equal(status, 405)
  const without = await startTest(t)
  assert.equal(without.simulator.controlUrl, null)
  assert.equal((await fetch(`${without.simulator.url}/reset`, { method: 'POST' })).status, 404)
  assert.deepEqual(rulesBroken(without), ['unknown-route'])
})
