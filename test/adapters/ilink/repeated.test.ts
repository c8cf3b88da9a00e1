import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fault } from '../../../scripts/embedded/ilink/simulator.ts'
import { waitFor } from '../../support/wait-for.ts'
import { assertSound, startAccount, startWorld } from './test-account.ts'
import { type Letter, longText, sceneOf, startSending, whileTimePasses } from './test-sending.ts'

const timeout = 20_000
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1/'

describe('a request of which nobody knows what became', () => {
  const faults: readonly Fault[] = [
    { kind: 'reset' },
    { kind: 'half' },
    { kind: 'html', status: 502 },
    { kind: 'html' },
    { kind: 'http', status: 524 },
    { kind: 'http', status: 429 },
    { kind: 'invalid json' },
    { kind: 'hang' },
    { kind: 'delay', ms: 16_000 },
  ]
  for (const fault of faults) {
    for (const isHandled of fault.kind === 'half' ? [true] : [true, false]) {
      const what = `${Object.values(fault).join(' ')}, ${isHandled ? 'it was taken' : 'it was not'}`
      test(`(${what}) is made again byte for byte, and shows once`, { timeout }, async t => {
        const scene = await startSending(t)
        scene.controls.fault({ route: 'send', fault, isHandled, after: 1 })
        assert.equal((await scene.deliver({ content: longText(3) })).kind, 'accepted')
        assert.deepEqual(
          scene.texts().map(text => text.slice(0, 5)),
          ['(1/3)', '(2/3)', '(3/3)'],
        )
        const bodies = scene.controls.requests('sendmessage').map(({ body }) => body)
        assert.equal(bodies.length, 4)
        assert.equal(new Set(bodies).size, 3)
        assert.deepEqual(
          scene.phone.transcript().flags.filter(({ kind }) => kind !== 'short gap'),
          [],
        )
        assertSound(scene)
      })
    }
  }

  test('is asked for more and more seldom', { timeout }, async t => {
    const scene = await startSending(t, { settings: { sendsPerMessage: 100 } })
    scene.controls.fault({ route: 'send', fault: { kind: 'http', status: 502 }, times: 'always' })
    const letter: Letter = { content: 'x' }
    const pauses: number[] = []
    for (let i = 0; i < 12; i++) {
      const outcome = await scene.send(letter)
      pauses.push(outcome.kind === 'later' ? outcome.afterMs / 1000 : Number.NaN)
    }
    for (const [i, pause] of pauses.entries()) {
      const least = Math.min(600, 2 ** (i + 1))
      assert.ok(pause >= least && pause <= least * 1.25, String(pauses))
    }
  })

  test('and whose repetition is refused stays unknown, and the others go on', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'reset' }, isHandled: true, after: 1 })
    scene.controls.fault({ route: 'send', fault: { kind: 'ret', ret: -2 }, after: 1 })
    assert.deepEqual(await scene.deliver({ content: longText(3) }), {
      kind: 'unknown',
      reason: 'part_unknown',
      parts: { accepted: 2, of: 3 },
    })
    assert.deepEqual(
      scene.texts().map(text => text.slice(0, 5)),
      ['(1/3)', '(2/3)', '(3/3)'],
    )
    assert.equal(scene.sends(), 4)
    assertSound(scene)
  })

  test('waits for them when their day is over, and is then still the same', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'reset' }, isHandled: true })
    const letter: Letter = { content: 'x' }
    assert.equal((await scene.send(letter)).kind, 'later')
    scene.clock.advance(25 * 3_600_000)
    assert.deepEqual(await scene.send(letter), { kind: 'parked', until: 'peer', reason: 'too_old' })
    await scene.hear()
    // The old token is dead there, so nobody will ever know.
    assert.deepEqual(await scene.deliver(letter), { kind: 'unknown', reason: 'part_unknown' })
    assert.deepEqual(scene.texts(), ['x'])
    assertSound(scene)
  })
})

test('what never left is told apart from what may have, and made with the newest token', { timeout }, async t => {
  let isOffline = true
  const world = await startWorld(t)
  const account = startAccount(t, world, {
    fetch: (url, init) => world.fetch(isOffline && url.endsWith('/sendmessage') ? NOWHERE : url, init),
  })
  const scene = await sceneOf(world, account, { isNew: true })
  const letter: Letter = { content: 'x' }
  assert.equal((await scene.send(letter)).kind, 'later')
  assert.match(letter.journal?.text ?? '', /"state":"waiting"/)
  isOffline = false
  await scene.hear()
  assert.equal((await scene.send(letter)).kind, 'accepted')
  const [request] = scene.controls.requests('sendmessage')
  const tokens = scene.phone
    .transcript()
    .bubbles.flatMap(({ side, contextToken }) => (side === 'phone' ? contextToken : []))
  assert.equal(JSON.parse(request?.body ?? '').msg.context_token, tokens.at(-1))
})

describe('a stop', () => {
  test('hears a request out that is under way', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'delay', ms: 1500 } })
    const letter: Letter = { content: longText(2) }
    const stop = new AbortController()
    const sending = scene.begin(letter, stop.signal)
    await waitFor('the request', () => scene.sends() === 1)
    stop.abort()
    assert.deepEqual(await whileTimePasses(scene, sending), { kind: 'later', afterMs: 0 })
    assert.match(letter.journal?.text ?? '', /"state":"accepted".*"state":"waiting"/)
  })

  test('does not wait for one that takes longer, and the next run makes it again', { timeout }, async t => {
    const scene = await startSending(t)
    scene.controls.fault({ route: 'send', fault: { kind: 'hang' }, isHandled: true })
    const letter: Letter = { content: 'x' }
    const sending = scene.begin(letter)
    await waitFor('the request', () => scene.sends() === 1)
    const before = scene.clock.monotonic()
    const stopping = scene.account.stop()
    assert.deepEqual(await whileTimePasses(scene, sending), { kind: 'later', afterMs: 0 })
    assert.ok(scene.clock.monotonic() - before <= 2500)
    await stopping
    const next = await sceneOf(scene, startAccount(t, scene))
    assert.equal((await next.deliver(letter)).kind, 'accepted')
    assert.deepEqual(next.texts(), ['x'])
    assertSound(scene)
  })

  test('ends the pause between two parts', { timeout }, async t => {
    const scene = await startSending(t, { settings: { gapMs: 10_000 } })
    const letter: Letter = { content: longText(2) }
    const sending = scene.begin(letter)
    await waitFor('the first', () => scene.texts().length === 1 && /accepted/.test(letter.journal?.text ?? ''))
    await scene.account.stop()
    assert.deepEqual(await sending, { kind: 'later', afterMs: 0 })
    assert.equal(scene.sends(), 1)
  })
})
