import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertSound, credentialsOf } from './test-account.ts'
import { type Letter, longText, startSending } from './test-sending.ts'

const timeout = 20_000

describe('-2', () => {
  test('once is followed by the identical request, not at once', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2, errmsg: 'rate limited' } })
    const letter: Letter = { content: 'x' }
    const first = await scene.send(letter)
    assert.ok(first.kind === 'later' && first.afterMs >= 7000 && first.afterMs <= 13_000)
    assert.equal((await scene.send(letter)).kind, 'accepted')
    const [refused, repeated] = scene.controls.requests('sendmessage')
    assert.equal(repeated?.body, refused?.body)
    assert.deepEqual(scene.texts(), ['x'])
    assertSound(scene)
  })

  test('twice is not asked for again before they write, and then as a new message', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2 }, times: 2 })
    const letter: Letter = { content: 'x' }
    const parked = { kind: 'parked', until: 'peer', reason: 'ret_-2' }
    assert.deepEqual(await scene.deliver(letter), parked)
    assert.deepEqual(await scene.send(letter), parked)
    assert.equal(scene.sends(), 2)
    await scene.hear()
    assert.equal((await scene.send(letter)).kind, 'accepted')
    const messages = scene.controls.requests('sendmessage').map(({ body }) => JSON.parse(body).msg)
    assert.notEqual(messages[2].client_id, messages[0].client_id)
    assert.notEqual(messages[2].context_token, messages[0].context_token)
    assert.deepEqual(scene.texts(), ['x'])
    assertSound(scene)
  })

  test('that gets worse with each try is tried no more than that', { timeout }, async t => {
    const scene = await startSending(t)
    const throttle = scene.controls.fault({
      route: 'send',
      fault: { kind: 'ret', ret: -2 },
      forMs: 60_000,
      prolongMs: 60_000,
    })
    const letter: Letter = { content: 'x' }
    assert.equal((await scene.deliver(letter)).kind, 'parked')
    for (let i = 0; i < 20; i++) assert.equal((await scene.send(letter)).kind, 'parked')
    assert.equal(throttle.hits(), 2)
    scene.clock.advance(180_000)
    await scene.hear()
    assert.equal((await scene.deliver(letter)).kind, 'accepted')
    assertSound(scene)
  })

  test('in the middle of a text tells how much is there, and the rest follows what they write', {
    timeout,
  }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2 }, after: 2, times: 2 })
    const letter: Letter = { content: longText(4) }
    assert.deepEqual(await scene.deliver(letter), {
      kind: 'parked',
      until: 'peer',
      reason: 'ret_-2',
      parts: { accepted: 2, of: 4 },
    })
    await scene.hear()
    assert.equal((await scene.deliver(letter)).kind, 'accepted')
    assert.deepEqual(
      scene.texts().map(text => text.slice(0, 5)),
      ['(1/4)', '(2/4)', '(3/4)', '(4/4)'],
    )
    assert.deepEqual(scene.phone.transcript().flags, [])
    assertSound(scene)
  })

  test('to a retry that came after they wrote is a first one again', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2 }, times: 2 })
    const letter: Letter = { content: 'x' }
    assert.equal((await scene.send(letter)).kind, 'later')
    await scene.hear()
    assert.equal((await scene.send(letter)).kind, 'later')
    assert.equal((await scene.send(letter)).kind, 'accepted')
    assertSound(scene)
  })
})

describe('any other no', () => {
  test('is told in their words, and not repeated', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -3, errmsg: 'invalid arguments' } })
    const outcome = await scene.send({ content: 'x' })
    assert.deepEqual(outcome, { kind: 'refused', text: 'invalid arguments (ret -3)', relationship: null })
    assert.equal(scene.sends(), 1)
  })

  test('to the second part says that the first is there', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', errcode: -5 }, after: 1 })
    const outcome = await scene.send({ content: longText(3) })
    assert.deepEqual(outcome, {
      kind: 'refused',
      text: 'ret -5',
      relationship: null,
      parts: { accepted: 1, of: 3 },
    })
  })
})

describe('-14', () => {
  test('in each of its forms waits for a login, and what is there stays there', { timeout }, async t => {
    const scene = await startSending(t)
    const letters: Letter[] = [{ content: longText(2) }, { content: 'one' }, { content: 'two' }]
    scene.controls.fault({
      route: 'send',
      fault: { kind: 'empty body' },
      when() {
        if (scene.sends() === 2) scene.controls.revoke(scene.bot.token)
        return false
      },
    })
    const outcomes = []
    for (const letter of letters) outcomes.push(await scene.deliver(letter))
    const parked = { kind: 'parked', until: 'login', reason: 'token_refused' }
    assert.deepEqual(outcomes, [{ ...parked, parts: { accepted: 1, of: 2 } }, parked, parked])
    const forms = scene.controls
      .requests()
      .flatMap(({ outcome }) => /"(?:ret|errcode)":-14.*/.exec(outcome?.body ?? '') ?? [])
    assert.ok(new Set(forms).size >= 3)

    const bot = scene.controls.bind()
    scene.account.login(credentialsOf(scene, bot))
    const waiting = await scene.deliver(letters[0] ?? {})
    assert.deepEqual(waiting, {
      kind: 'parked',
      until: 'peer',
      reason: 'never_wrote',
      parts: { accepted: 1, of: 2 },
    })
    await scene.hear()
    for (const letter of letters) assert.equal((await scene.deliver(letter)).kind, 'accepted')
    assert.deepEqual(
      scene.texts().map(text => text.slice(0, 5)),
      ['(1/2)', '(2/2)', 'one', 'two'],
    )
    assertSound(scene)
  })

  test('to one call alone is no end of the login: it means the conversation', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.set({ staleToken: '-14', tokenLifeMs: 3_600_000 })
    scene.clock.advance(2 * 3_600_000)
    const letter: Letter = { content: 'x' }
    assert.deepEqual(await scene.deliver(letter), { kind: 'parked', until: 'peer', reason: 'token_stale' })
    assert.equal(scene.sends(), 2)
    await scene.hear()
    assert.equal((await scene.deliver(letter)).kind, 'accepted')
    assert.equal(scene.account.state(), 'connected')
    assertSound(scene)
  })

  test('that comes once is followed by the identical request', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'session timeout' } })
    assert.equal((await scene.deliver({ content: 'x' })).kind, 'accepted')
    assert.deepEqual(scene.texts(), ['x'])
    assertSound(scene)
  })

  test('of which nobody can say what it means is asked for again', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'session timeout' } })
    scene.controls.fault({ route: 'config', fault: { kind: 'reset' }, times: 'always' })
    const letter: Letter = { content: 'x' }
    const outcome = await scene.send(letter)
    assert.equal(outcome.kind === 'later' && outcome.reason, 'login_unclear')
    assert.equal((await scene.deliver(letter)).kind, 'accepted')
    assertSound(scene)
  })

  test('ends the claim on what may be there: another bot can not ask for it again', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'reset' }, isHandled: true, after: 1 })
    const letter: Letter = { content: longText(3) }
    assert.equal((await scene.send(letter)).kind, 'later')
    scene.account.login(credentialsOf(scene, scene.controls.bind()))
    await scene.hear()
    assert.deepEqual(await scene.deliver(letter), {
      kind: 'unknown',
      reason: 'part_unknown',
      parts: { accepted: 2, of: 3 },
    })
    assert.deepEqual(
      scene.texts().map(text => text.slice(0, 5)),
      ['(1/3)', '(2/3)', '(3/3)'],
    )
    assertSound(scene)
  })
})
