import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HOUR, MINUTE, SECOND, startScene, textOf } from './scene.ts'

describe('an agent that reads', () => {
  test('is woken at most twice by a hundred messages in ten seconds, and not again when it has read them', async t => {
    const scene = await startScene(t)
    for (let i = 0; i < 100; i++) {
      scene.arrives()
      await scene.pass(100)
    }
    await scene.pass(5 * SECOND)
    const soon = scene.pokes.length
    assert.ok(soon >= 1 && soon <= 2, `${soon} pokes`)
    scene.reads()
    await scene.pass(24 * HOUR)
    assert.equal(scene.pokes.length, soon)
    assert.equal(scene.status()?.['state'], 'idle')
    assert.equal(scene.status()?.['pokes_since_read'], 0)
  })

  test('before the two seconds are over is not woken at all', async t => {
    const scene = await startScene(t)
    scene.arrives()
    await scene.pass(SECOND)
    scene.reads()
    await scene.pass(HOUR)
    assert.equal(scene.pokes.length, 0)
  })

  test('is woken once by a message and once more by one that comes after it', async t => {
    const scene = await startScene(t)
    scene.arrives()
    await scene.pass(5 * SECOND)
    assert.deepEqual(scene.times(), [2])
    scene.arrives()
    await scene.pass(50 * SECOND)
    assert.equal(scene.pokes.length, 1, 'the minute is not over')
    await scene.pass(15 * SECOND)
    assert.deepEqual(scene.times(), [2, 62])
    scene.reads()
    await scene.pass(24 * HOUR)
    assert.equal(scene.pokes.length, 2)
  })

  test('some of it, is woken for the rest in ten minutes', async t => {
    const scene = await startScene(t)
    for (let i = 0; i < 4; i++) scene.arrives()
    await scene.pass(MINUTE)
    scene.reads({ upTo: 2 })
    await scene.pass(9 * MINUTE)
    assert.equal(scene.pokes.length, 1)
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 2)
    assert.match(textOf(scene.pokes[1]), /2 unread messages/)
  })

  test('with one peer only, has still the others to read', async t => {
    const scene = await startScene(t)
    scene.arrives({ from: 2 })
    scene.arrives({ from: 3 })
    scene.reads({ peer: 'relay:3' })
    await scene.pass(MINUTE)
    assert.match(textOf(scene.pokes[0]), /1 unread message\./)
    scene.reads({ peer: 'relay:2' })
    await scene.pass(24 * HOUR)
    assert.equal(scene.pokes.length, 1)
  })
})

describe('an agent whose position does not move', () => {
  test('is woken again after ten minutes, an hour, and every six hours, eight times in all', async t => {
    const scene = await startScene(t)
    scene.arrives()
    await scene.pass(60 * HOUR)
    const gaps = scene.times().map((at, i, all) => Math.round((at - (all[i - 1] ?? 0)) / 60))
    assert.deepEqual(gaps, [0, 10, 60, 360, 360, 360, 360, 360])
    const status = scene.status()
    assert.deepEqual(
      [status?.['state'], status?.['pokes_since_read'], status?.['next_poke_utc']],
      ['exhausted', 8, null],
    )
    assert.match(scene.events.join('\n'), /SINK_STATE \{"sink":"wake","state":"exhausted","reason":"not_read"\}/)
  })

  test('is woken on the same schedule through restarts', async t => {
    const scene = await startScene(t)
    scene.arrives()
    for (let i = 0; i < 60; i++) {
      await scene.pass(59 * MINUTE)
      await scene.restart()
      await scene.pass(MINUTE)
    }
    const gaps = scene.times().map((at, i, all) => Math.round((at - (all[i - 1] ?? 0)) / 60))
    assert.deepEqual(gaps, [0, 10, 60, 360, 360, 360, 360, 360])
  })

  test('hears of what is new after the eight, six hours after the last of them', async t => {
    const scene = await startScene(t)
    scene.arrives()
    await scene.pass(40 * HOUR)
    assert.equal(scene.pokes.length, 8)
    const last = scene.times()[7] ?? 0
    scene.arrives()
    await scene.pass(20 * HOUR)
    assert.equal(scene.pokes.length, 9)
    assert.ok((scene.times()[8] ?? 0) - last >= 6 * 3600)
  })

  test('and then moves, begins anew', async t => {
    const scene = await startScene(t)
    scene.arrives()
    await scene.pass(12 * MINUTE)
    assert.equal(scene.pokes.length, 2)
    scene.reads()
    await scene.pass(MINUTE)
    scene.arrives()
    await scene.pass(12 * MINUTE)
    assert.equal(scene.pokes.length, 4)
  })
})

describe('nobody is woken', () => {
  test('by what we send, by corrections, by copies and by history', async t => {
    const scene = await startScene(t)
    const first = scene.store.add()
    scene.reads()
    scene.store.merge(scene.store.add({ type: 'friend_request' }), first)
    scene.arrives({ to: 2 })
    scene.arrives({ type: 'correction' })
    scene.arrives({ via: 'import' })
    await scene.pass(HOUR)
    assert.equal(scene.pokes.length, 0)
  })

  test('by peers who are muted, and by others they still are', async t => {
    const scene = await startScene(t, { muted: ['relay:2', 'webhook:ops'] })
    for (let i = 0; i < 50; i++) scene.arrives({ from: 2 })
    await scene.pass(HOUR)
    assert.equal(scene.pokes.length, 0)
    scene.arrives({ from: 3 })
    scene.arrives({ from: 2 })
    scene.arrives({ from: null })
    await scene.pass(MINUTE)
    assert.match(textOf(scene.pokes[0]), /2 unread messages/)
  })

  test('by a message whose sender is being looked up, until it is shown', async t => {
    const scene = await startScene(t)
    scene.arrives({ state: 'resolving' })
    scene.arrives()
    await scene.pass(9 * SECOND)
    assert.equal(scene.pokes.length, 0)
    scene.store.settle(1)
    await scene.pass(MINUTE)
    assert.match(textOf(scene.pokes[0]), /2 unread messages/)
  })

  test('where nobody wants it, until somebody does', async t => {
    const scene = await startScene(t, null)
    scene.arrives()
    await scene.pass(HOUR)
    assert.equal(scene.pokes.length, 0)
    assert.equal(scene.status(), undefined)
    const wanted = await startScene(t)
    scene.saved(wanted.config)
    await scene.pass(MINUTE)
    assert.equal(scene.pokes.length, 1)
    scene.saved(null)
    await scene.pass(MINUTE)
    assert.equal(scene.status(), undefined)
  })

  test('in quiet hours, but right after them', async t => {
    const local = new Date((await startScene(t)).clock.now())
    const minutes = local.getHours() * 60 + local.getMinutes()
    const scene = await startScene(t, { quietHours: { from: minutes, to: (minutes + 120) % 1440 } })
    scene.arrives()
    await scene.pass(119 * MINUTE)
    assert.equal(scene.pokes.length, 0)
    assert.equal(scene.status()?.['state'], 'quiet')
    await scene.pass(3 * MINUTE)
    assert.equal(scene.pokes.length, 1)
  })

  test('more than twenty times in an hour, and that is said', async t => {
    const scene = await startScene(t)
    for (let i = 0; i < 60; i++) {
      scene.arrives()
      await scene.pass(MINUTE + 5 * SECOND)
      scene.reads()
    }
    assert.equal(scene.pokes.length, 20)
    assert.match(scene.events.join('\n'), /"state":"braked","reason":"too_many_pokes"/)
    assert.match(scene.logs.join('\n'), /woken too often/)
    scene.arrives()
    await scene.pass(SECOND)
    assert.equal(scene.status()?.['state'], 'braked')
    await scene.pass(20 * MINUTE)
    assert.equal(scene.pokes.length, 21)
  })
})

describe('trouble with the relay', () => {
  test('of a refused token is told once, until the stream was up again', async t => {
    const scene = await startScene(t)
    scene.relayState = 'token_refused'
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 1)
    assert.match(textOf(scene.pokes[0]), /the relay refuses the token.*run\.mjs doctor$/)
    await scene.pass(24 * HOUR)
    await scene.restart()
    await scene.pass(24 * HOUR)
    assert.equal(scene.pokes.length, 1)
    scene.relayState = 'connected'
    await scene.pass(2 * MINUTE)
    scene.relayState = 'token_refused'
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 2)
  })

  test('of a stream that is down is told once, after ten minutes', async t => {
    const scene = await startScene(t)
    scene.relayState = 'disconnected'
    await scene.pass(10 * MINUTE)
    assert.equal(scene.pokes.length, 0)
    scene.relayState = 'connecting'
    await scene.pass(3 * MINUTE)
    assert.equal(scene.pokes.length, 1)
    assert.match(textOf(scene.pokes[0]), /down for more than 10 minutes.*run\.mjs status --json$/)
    await scene.pass(24 * HOUR)
    assert.equal(scene.pokes.length, 1)
  })

  test('that ends within ten minutes is not told', async t => {
    const scene = await startScene(t)
    for (let i = 0; i < 20; i++) {
      scene.relayState = 'disconnected'
      await scene.pass(8 * MINUTE)
      scene.relayState = 'connected'
      await scene.pass(2 * MINUTE)
    }
    assert.equal(scene.pokes.length, 0)
  })

  test('is no reason where nobody is registered', async t => {
    const scene = await startScene(t)
    for (const state of ['not_registered', 'identity_taken', 'stopped', null]) {
      scene.relayState = state
      await scene.pass(HOUR)
    }
    assert.equal(scene.pokes.length, 0)
  })
})

describe('an account at WeChat that is signed out', () => {
  test('is told once, and again only after it was signed in', async t => {
    const scene = await startScene(t)
    scene.signedOut = ['main']
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 1)
    assert.match(textOf(scene.pokes[0]), /WeChat is signed out.*run\.mjs wechat status$/)
    await scene.pass(24 * HOUR)
    await scene.restart()
    await scene.pass(24 * HOUR)
    assert.equal(scene.pokes.length, 1)
    scene.signedOut = ['main', 'work']
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 2)
    scene.signedOut = []
    await scene.pass(2 * MINUTE)
    scene.signedOut = ['main']
    await scene.pass(2 * MINUTE)
    assert.equal(scene.pokes.length, 3)
  })
})
