import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertSound, startAccount, startWorld } from './test-account.ts'
import { longText, sceneOf, startSending } from './test-sending.ts'

const timeout = 20_000
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1/'

describe('a text', () => {
  test('is one bubble, and can be referred to', { timeout }, async t => {
    const scene = await startSending(t)
    const outcome = await scene.send({ content: '你好' })
    const [bubble] = scene.shown()
    assert.deepEqual([bubble?.text, bubble?.messageState], ['你好', 2])
    assert.deepEqual(outcome, { kind: 'accepted', relationship: null, references: [`ref:${bubble?.messageId}`] })
    assert.match(String(scene.account.status()['last_accepted_utc']), /^2026-03-09T10:/)
    assertSound(scene)
  })

  test('that is long goes in numbered parts as the measured recipe has it', { timeout }, async t => {
    const scene = await startSending(t)
    const outcome = await scene.send({ content: longText(4) })
    const { bubbles, isOpen } = scene.run()
    assert.deepEqual(
      bubbles.map(({ text }) => text.slice(0, 8)),
      ['(1/4)\n0 ', '(2/4)\n1 ', '(3/4)\n2 ', '(4/4)\n3 '],
    )
    assert.deepEqual([...bubbles.map(({ messageState }) => messageState), isOpen], [1, 1, 1, 2, false])
    assert.equal(new Set(bubbles.map(({ clientId }) => clientId)).size, 4)
    assert.deepEqual(scene.phone.transcript().flags, [])
    assert.equal(outcome.kind === 'accepted' && outcome.references?.length, 4)
    assertSound(scene)
  })

  test('is cut as the configuration says', { timeout }, async t => {
    const scene = await startSending(t, { settings: { chunk: 'large', gapMs: 1500 } })
    await scene.send({ content: longText(4) })
    const [first, second] = scene.shown()
    assert.equal(scene.shown().length, 2)
    assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 1500)
    assertSound(scene)
  })

  test('keeps its distance from the one before', { timeout }, async t => {
    const scene = await startSending(t)
    await scene.send({ content: 'one' }, 10)
    await scene.send({ content: 'two' }, 10)
    const [first, second] = scene.shown()
    assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 300)
  })

  test('shows no signs that mean nothing to a phone, unless there is nothing else', { timeout }, async t => {
    const scene = await startSending(t)
    await scene.send({ content: '##### *重点* and **bold**' })
    await scene.send({ content: '![picture](https://example.org/a.png)' })
    assert.deepEqual(scene.texts(), ['重点 and **bold**', '![picture](https://example.org/a.png)'])
  })

  test('without a word is not sent', { timeout }, async t => {
    const scene = await startSending(t)
    assert.deepEqual(await scene.send({ content: ' \n' }), { kind: 'not_sent', reason: 'empty' })
    assert.equal(scene.sends(), 0)
  })

  test('goes to whoever is meant, however a host spells them', { timeout }, async t => {
    const scene = await startSending(t)
    const outcome = await scene.send({ content: 'x', to: `user:${scene.phone.user.toLowerCase()}` })
    assert.equal(outcome.kind, 'accepted')
    assertSound(scene)
  })

  for (const form of ['empty', 'object', 'ret', 'message_id'] as const) {
    test(`is accepted by an answer of the form "${form}"`, { timeout }, async t => {
      const scene = await startSending(t)
      scene.controls.set({ sendAnswer: form })
      const outcome = await scene.send({ content: 'x' })
      assert.equal(outcome.kind, 'accepted')
      assert.equal('references' in outcome, form === 'message_id')
    })
  }

  test('that a server swallows is called accepted, and nothing more', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.set({ blackHole: true })
    assert.equal((await scene.deliver({ content: 'x' })).kind, 'accepted')
    assert.deepEqual([scene.sends(), scene.shown().length], [1, 0])
  })

  test('leaves nothing of it in the log', { timeout }, async t => {
    const scene = await startSending(t)
    await scene.send({ content: 'SECRET WORDS', file: { name: 'SECRET.txt', bytes: Buffer.from('SECRET') } })
    const [bubble] = scene.shown()
    const logs = scene.account.logs.join('\n')
    assert.match(logs, /a message was handed over/)
    for (const secret of ['SECRET', bubble?.contextToken, bubble?.clientId, scene.bot.token, scene.phone.user]) {
      assert.ok(secret !== undefined && secret !== null && !logs.includes(secret))
    }
  })
})

describe('the budget', () => {
  test('is used to the last, then everything waits until they write', { timeout }, async t => {
    const scene = await startSending(t)
    for (let i = 0; i < 10; i++) assert.equal((await scene.send({ content: `${i}` })).kind, 'accepted')
    const letter = { content: 'one too many' }
    assert.deepEqual(await scene.send(letter), { kind: 'parked', until: 'peer', reason: 'used_up' })
    assert.equal(scene.sends(), 10)
    await scene.hear()
    assert.equal((await scene.send(letter)).kind, 'accepted')
    assert.equal(scene.shown().length, 11)
    assertSound(scene)
  })

  test('counts what was refused and what was repeated', { timeout }, async t => {
    const scene = await startSending(t, { settings: { sendsPerMessage: 3 } })
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2 } })
    scene.controls.fault({ route: 'send', fault: { kind: 'reset' }, isHandled: true })
    const outcome = await scene.deliver({ content: 'x' })
    assert.equal(outcome.kind, 'accepted')
    assert.equal(scene.sends(), 3)
    const reach = scene.account.adapter.reach(scene.phone.user, scene.account.ctx)
    assert.equal(reach.kind, 'used_up')
  })

  test('does not count what never left', { timeout }, async t => {
    let isOffline = true
    const world = await startWorld(t)
    const account = startAccount(t, world, {
      fetch: (url, init) => world.fetch(isOffline && url.endsWith('/sendmessage') ? NOWHERE : url, init),
    })
    const scene = await sceneOf(world, account, { isNew: true })
    const letter = { content: 'x' }
    for (let i = 0; i < 15; i++) assert.equal((await scene.send(letter)).kind, 'later')
    isOffline = false
    assert.equal((await scene.send(letter)).kind, 'accepted')
    const reach = scene.account.adapter.reach(scene.phone.user, scene.account.ctx)
    assert.equal(reach.kind === 'open' && reach.remaining, 9)
  })

  test('sends what does not fit as a file, and its parts say so', { timeout }, async t => {
    const scene = await startSending(t)
    for (let i = 0; i < 6; i++) await scene.send({ content: `${i}` })
    const text = longText(8)
    const outcome = await scene.send({ content: text })
    assert.equal(outcome.kind, 'accepted')
    const bubbles = scene.shown().slice(6)
    const [first, second, third, file] = bubbles
    assert.deepEqual(
      bubbles.map(({ kind, messageState }) => [kind, messageState]),
      [
        ['text', 1],
        ['text', 1],
        ['text', 2],
        ['file', 2],
      ],
    )
    assert.equal(first?.text.slice(0, 5), '(1/4)')
    assert.equal(third?.text.slice(0, 5), '(3/4)')
    assert.equal(file?.media?.fileName, 'message.txt')
    const rest = scene.phone.open(file ?? assert.fail())?.toString()
    const whole = [first, second, third].map(one => one?.text.slice(6)).join('\n\n')
    assert.equal(`${whole}\n\n${rest}`, text)
    assert.deepEqual(scene.phone.transcript().flags, [])
    assertSound(scene)
  })

  test('leaves room for the file that comes with a text', { timeout }, async t => {
    const scene = await startSending(t, { settings: { sendsPerMessage: 4 } })
    const file = { name: 'a.pdf', bytes: Buffer.from('%PDF-') }
    assert.equal((await scene.send({ content: longText(8), file })).kind, 'accepted')
    assert.deepEqual(
      scene.shown().map(({ kind, media }) => media?.fileName ?? kind),
      ['text', 'text', 'message.txt', 'a.pdf'],
    )
    assertSound(scene)
  })

  test('of one lets a caption go, and its file with their next message', { timeout }, async t => {
    const scene = await startSending(t, { settings: { sendsPerMessage: 1 } })
    const letter = { content: 'see', file: { name: 'a.pdf', bytes: Buffer.from('%PDF-') } }
    assert.deepEqual(await scene.send(letter), {
      kind: 'parked',
      until: 'peer',
      reason: 'used_up',
      parts: { accepted: 1, of: 2 },
    })
    await scene.hear()
    assert.equal((await scene.send(letter)).kind, 'accepted')
    assert.deepEqual(
      scene.shown().map(({ kind }) => kind),
      ['text', 'file'],
    )
    assertSound(scene)
  })

  test('is over when they have not written for a day', { timeout }, async t => {
    const scene = await startSending(t)
    scene.clock.advance(24 * 3_600_000 + 1000)
    assert.deepEqual(await scene.send({ content: 'x' }), { kind: 'parked', until: 'peer', reason: 'too_old' })
    assert.equal(scene.sends(), 0)
  })
})

describe('whom we reach', () => {
  test('is said with what is left', { timeout }, async t => {
    const scene = await startSending(t)
    const { adapter, ctx } = scene.account
    await scene.send({ content: 'x' })
    const reach = adapter.reach(scene.phone.user.toUpperCase(), ctx)
    assert.ok(reach.kind === 'open')
    const { messageKey, ...rest } = reach
    assert.deepEqual(rest, {
      kind: 'open',
      user: scene.phone.user,
      remaining: 9,
      of: 10,
      until: Date.UTC(2026, 2, 10, 10),
    })
    assert.notEqual(messageKey, '')
    scene.account.set({ windowMs: 0 })
    scene.clock.advance(1)
    assert.equal(adapter.reach(scene.phone.user, ctx).kind, 'too_old')
  })

  test('is nobody who may not write, and nobody who never wrote', { timeout }, async t => {
    const scene = await startSending(t)
    const { adapter, ctx } = scene.account
    const stranger = 'oStranger1@im.wechat'
    assert.deepEqual(adapter.reach(stranger, ctx), { kind: 'not_allowed' })
    scene.account.set({ allow: [stranger] })
    assert.deepEqual(adapter.reach(stranger, ctx), { kind: 'never_wrote' })
    assert.equal((await scene.send({ content: 'x', to: stranger })).kind, 'parked')
    scene.account.set({ allow: [] })
    const outcome = await scene.send({ content: 'x', to: stranger })
    assert.deepEqual(outcome, { kind: 'not_sent', reason: 'not_allowed' })
    assert.equal(scene.sends(), 0)
  })

  test('is told when they write, after it is stored, and only of those who may', { timeout }, async t => {
    const scene = await startSending(t)
    scene.phone.write({ kind: 'text', text: 'in' }, { from: 'oStranger1@im.wechat' })
    scene.phone.write({ kind: 'echo', text: 'mine' })
    scene.phone.write({ kind: 'text', text: 'to all' }, { groupId: 'g1@chatroom' })
    await scene.hear('the second')
    assert.deepEqual(scene.account.wrote, [[scene.phone.user], [scene.phone.user]])
    assert.ok(scene.account.texts().includes('the second'))
  })

  test('begins anew with what they write, and not with what is handed out again', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.setCursorMode('redeliver', { afterMs: [5000], freshIds: true })
    await scene.hear()
    await scene.send({ content: 'x' })
    const { length } = scene.account.wrote
    await scene.account.until('it once more', () => scene.account.wrote.length > length, 500)
    const reach = scene.account.adapter.reach(scene.phone.user, scene.account.ctx)
    assert.equal(reach.kind === 'open' && reach.remaining, 9)
  })
})
