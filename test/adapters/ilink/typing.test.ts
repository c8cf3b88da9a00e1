import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { turns, waitFor } from '../../support/wait-for.ts'
import { assertSound, credentialsOf } from './test-account.ts'
import { type Letter, longText, type Scene, startSending, whileTimePasses } from './test-sending.ts'

const timeout = 20_000
const MINUTE_MS = 60_000

function statuses({ controls }: Scene): number[] {
  return controls.requests('sendtyping').map(({ body }) => JSON.parse(body).status)
}

function tickets({ controls }: Scene): number {
  return controls.requestCount('getconfig')
}

/** Lets it pass in steps, with all that happens in between. */
async function pass(scene: Scene, ms: number, stepMs = 1000): Promise<void> {
  for (let done = 0; done < ms; done += stepMs) {
    scene.clock.advance(stepMs)
    await turns(30)
  }
}

function start(scene: Scene, forMs?: number) {
  const { adapter, ctx } = scene.account
  return adapter.typing.start(scene.phone.user, ctx, forMs === undefined ? {} : { forMs })
}

function stop(scene: Scene) {
  return scene.account.adapter.typing.stop(scene.phone.user, scene.account.ctx)
}

describe('typing that was asked for', () => {
  test('is shown, kept alive every 5 s, and ended', { timeout }, async t => {
    const scene = await startSending(t)
    assert.deepEqual(await start(scene), { kind: 'shown' })
    assert.equal(scene.phone.typingState()?.isTyping, true)
    await pass(scene, 12_000)
    await scene.account.until('two more', () => statuses(scene).length === 3)
    assert.deepEqual(await stop(scene), { kind: 'ended' })
    assert.deepEqual(statuses(scene), [1, 1, 1, 2])
    assert.equal(scene.phone.typingState()?.isTyping, false)
    assert.equal(tickets(scene), 1)
    assertSound(scene)
  })

  test('ends by itself after as long as was asked for, or after ten minutes', { timeout }, async t => {
    const scene = await startSending(t)
    await start(scene, 7000)
    await scene.account.until('its end', () => statuses(scene).at(-1) === 2, 500)
    assert.deepEqual(statuses(scene), [1, 1, 2])
    const before = scene.clock.monotonic()
    await start(scene)
    await scene.account.until('its end', () => statuses(scene).slice(3).at(-1) === 2, 5000)
    assert.ok(scene.clock.monotonic() - before >= 10 * MINUTE_MS)
    assert.ok(scene.clock.monotonic() - before <= 11 * MINUTE_MS)
  })

  test('is not shown to whom nothing can be shown', { timeout }, async t => {
    const scene = await startSending(t)
    const { adapter, ctx } = scene.account
    const stranger = 'oStranger1@im.wechat'
    const asked = () => adapter.typing.start(stranger, ctx)
    assert.deepEqual(await asked(), { kind: 'not_shown', reason: 'not_allowed' })
    scene.account.set({ allow: [stranger] })
    assert.deepEqual(await asked(), { kind: 'not_shown', reason: 'never_wrote' })
    scene.account.set({ typing: false })
    assert.deepEqual(await start(scene), { kind: 'not_shown', reason: 'off' })
    assert.deepEqual(await stop(scene), { kind: 'ended' })
    assert.equal(scene.controls.requestCount('sendtyping') + tickets(scene), 0)
  })

  test('is ended when the account stops', { timeout }, async t => {
    const scene = await startSending(t)
    await start(scene)
    await scene.account.stop()
    assert.deepEqual(statuses(scene), [1, 2])
    assert.equal(scene.phone.typingState()?.isTyping, false)
  })

  test('is ended by the message that it announced', { timeout }, async t => {
    const scene = await startSending(t)
    await start(scene)
    assert.equal((await scene.send({ content: 'x' })).kind, 'accepted')
    await scene.account.until('its end', () => statuses(scene).at(-1) === 2)
    await pass(scene, 10_000)
    assert.equal(scene.phone.typingState()?.isTyping, false)
    assert.equal(statuses(scene).filter(status => status === 2).length, 1)
  })

  test('is still shown when it was stopped while a long message goes out', { timeout }, async t => {
    const scene = await startSending(t)
    await start(scene)
    scene.controls.fault({ route: 'send', fault: { kind: 'delay', ms: 9000 } })
    const sending = scene.begin({ content: longText(2) })
    await waitFor('its first part', () => scene.sends() === 1)
    assert.deepEqual(await stop(scene), { kind: 'still_shown' })
    assert.equal((await whileTimePasses(scene, sending)).kind, 'accepted')
    await scene.account.until('its end', () => statuses(scene).at(-1) === 2)
    assertSound(scene)
  })
})

describe('a message', () => {
  test('of one short request shows no typing', { timeout }, async t => {
    const scene = await startSending(t)
    await scene.send({ content: 'x' }, 10)
    await pass(scene, 5000)
    assert.deepEqual([statuses(scene), tickets(scene)], [[], 0])
  })

  test('that takes long shows typing after a second', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'delay', ms: 8000 } })
    const begun = scene.clock.now()
    await scene.send({ content: 'x' })
    await scene.account.until('its end', () => statuses(scene).at(-1) === 2)
    assert.deepEqual(statuses(scene), [1, 1, 2])
    const at = scene.controls.requests('sendtyping')[0]?.at ?? 0
    assert.ok(at - begun >= 1000, String(at - begun))
    assertSound(scene)
  })

  for (const [name, letter, times] of [
    ['that is accepted', { content: longText(3) }, 0],
    ['that is refused', { content: longText(3) }, 1],
    ['with a file', { file: { name: 'a.png', bytes: Buffer.alloc(9) } }, 0],
  ] as const satisfies readonly (readonly [string, Letter, number])[]) {
    test(`${name} ends the typing that it began`, { timeout }, async t => {
      const scene = await startSending(t)
      scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -3 }, times })
      await scene.send({ ...letter })
      await scene.account.until('its end', () => statuses(scene).at(-1) === 2, 100)
      assert.equal(statuses(scene)[0], 1)
      assert.equal(scene.phone.typingState()?.isTyping, false)
      assertSound(scene)
    })
  }

  test('is not held up by typing that nobody answers', { timeout }, async t => {
    const scene = await startSending(t)
    for (const route of ['config', 'typing'] as const) {
      scene.controls.fault({ route, fault: { kind: 'hang' }, times: 'always' })
    }
    const before = scene.clock.monotonic()
    assert.equal((await scene.send({ content: longText(3) })).kind, 'accepted')
    assert.ok(scene.clock.monotonic() - before < 3000)
  })
})

describe('the end of typing', () => {
  test('is said once more when it was lost', { timeout }, async t => {
    const scene = await startSending(t)
    await start(scene)
    scene.controls.fault({ route: 'typing', fault: { kind: 'reset' } })
    assert.deepEqual(await stop(scene), { kind: 'ended' })
    assert.deepEqual(statuses(scene), [1, 2, 2])
    assert.equal(scene.phone.typingState()?.isTyping, false)
  })

  test('is said too where nobody knows whether it began', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'typing', fault: { kind: 'reset' }, isHandled: true })
    assert.deepEqual(await start(scene), { kind: 'not_shown', reason: 'no_answer' })
    await scene.account.until('its end', () => statuses(scene).at(-1) === 2)
    assert.equal(scene.phone.typingState()?.isTyping, false)
  })
})

describe('a ticket', () => {
  test('that is stale is replaced once, and what it was for is shown', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.set({ ticketLifeMs: 1000 })
    await start(scene)
    await stop(scene)
    scene.clock.advance(2000)
    assert.deepEqual(await start(scene), { kind: 'shown' })
    await stop(scene)
    assert.equal(tickets(scene), 2)
    assertSound(scene)
  })

  test('is asked for again within a day', { timeout }, async t => {
    const scene = await startSending(t)
    await start(scene)
    await stop(scene)
    scene.clock.advance(24 * 60 * MINUTE_MS - 1000)
    await scene.hear()
    await start(scene)
    await stop(scene)
    assert.equal(tickets(scene), 2)
    assertSound(scene)
  })

  test('that can not be had is asked for more and more seldom, and nothing is shown', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'config', fault: { kind: 'ret', ret: -2 }, times: 'always' })
    for (let i = 0; i < 10; i++) {
      assert.deepEqual(await start(scene), { kind: 'not_shown', reason: 'no_ticket' })
      scene.clock.advance(2000)
    }
    // At 0, 2, 6 and 14 s.
    assert.equal(tickets(scene), 4)
    assert.deepEqual(statuses(scene), [])
  })

  test('of another bot is not used', { timeout }, async t => {
    const scene = await startSending(t)
    await start(scene)
    await stop(scene)
    scene.account.login(credentialsOf(scene, scene.controls.bind()))
    await scene.hear()
    assert.deepEqual(await start(scene), { kind: 'shown' })
    await stop(scene)
    assertSound(scene)
  })
})
