import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fault } from '../../../scripts/embedded/ilink/simulator.ts'
import { turns } from '../../support/wait-for.ts'
import { assertSound, assertTexts, startAccount, startWorld, write } from './test-account.ts'

const timeout = 20_000

describe('an answer that is none', () => {
  const faults: readonly Fault[] = [
    { kind: 'http', status: 524 },
    { kind: 'http', status: 401 },
    { kind: 'html' },
    { kind: 'html', status: 502 },
    { kind: 'empty body' },
    { kind: 'invalid json' },
    { kind: 'reset' },
    { kind: 'ret', ret: -1 },
    { kind: 'ret', errcode: -2 },
  ]
  for (const fault of faults) {
    test(`(${Object.values(fault).join(' ')}) is followed by another poll, and the state says so`, {
      timeout,
    }, async t => {
      const world = await startWorld(t)
      world.controls.fault({ route: 'updates', fault, times: 4 })
      const account = startAccount(t, world)
      await account.until('trouble', () => account.state() === 'retrying', 500)
      write(world, 'one')
      await account.until('it', () => account.texts().length === 1, 1000)
      await account.until('no trouble', () => account.state() === 'connected')
      assert.equal(account.status()['reason'], null)
      assertSound(world)
    })
  }

  test('of which half came loses nothing of that half', { timeout }, async t => {
    const world = await startWorld(t)
    world.phone.together(() => write(world, 'one', 'two', 'three', 'four'))
    world.controls.setCursorMode('replay')
    world.controls.fault({ route: 'updates', fault: { kind: 'half' } })
    const account = startAccount(t, world)
    await account.until('the half', () => account.texts().length > 0)
    assert.deepEqual(account.texts(), ['one', 'two'].slice(0, account.texts().length))
    await account.until('all', () => account.texts().length === 4, 250)
    assert.deepEqual(account.texts(), ['one', 'two', 'three', 'four'])
    assertSound(world)
  })

  test('comes too late when nobody waits any more: three times, and the account is degraded', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.fault({ route: 'updates', fault: { kind: 'hang' }, times: 3 })
    const account = startAccount(t, world)
    await account.until('trouble', () => account.state() === 'degraded', 1000)
    assert.equal(account.status()['reason'], 'no_answer_in_time')
    await assertTexts(world, account, [])
    await account.until('no trouble', () => account.state() === 'connected')
    assertSound(world)
  })

  test('of a server that holds nothing is not asked for without end', { timeout }, async t => {
    const world = await startWorld(t, { holdMs: 0 })
    const account = startAccount(t, world)
    const polls = () => world.controls.requests('getupdates').length
    await account.until('an answer', () => account.status()['last_poll_utc'] !== undefined, 1)
    for (let ms = 0; ms < 30; ms++) {
      world.clock.advance(1)
      await turns(10)
    }
    assert.equal(polls(), 1)
    await account.until('the next poll', () => polls() === 2, 100)
    await assertTexts(world, account, [])
  })
})

describe('a stop', () => {
  test('ends a held poll without waiting, and says goodbye', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    await account.listening()
    // No time passes.
    await account.stop()
    assert.equal(world.controls.held(world.bot.id), 0)
    assert.equal(world.controls.requests('notifystop').length, 1)
  })

  test('ends every pause', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.fault({ route: 'updates', fault: { kind: 'http', status: 524 }, times: 'always' })
    const account = startAccount(t, world)
    await account.until('trouble', () => account.state() === 'retrying', 500)
    await account.stop()
  })

  test('waits a moment for a goodbye that nobody hears, and no longer', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    await account.listening()
    world.controls.fault({ route: 'stop', fault: { kind: 'hang' } })
    let isOver = false
    const stopping = account.stop().then(() => {
      isOver = true
    })
    await world.controls.until(() => world.controls.requests('notifystop').length === 1)
    assert.equal(isOver, false)
    world.clock.advance(2000)
    await stopping
  })

  test('hears an answer to its end that has begun', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.fault({ route: 'updates', fault: { kind: 'slow', pieces: 2, everyMs: 500 } })
    let isAnswered = false
    const account = startAccount(t, world, {
      async fetch(url, init) {
        const answer = await world.fetch(url, init)
        isAnswered ||= url.endsWith('/getupdates')
        return answer
      },
    })
    write(world, 'one')
    await account.until('its beginning', () => isAnswered)
    const stopping = account.stop()
    world.clock.advance(500)
    await new Promise(resolve => setImmediate(resolve))
    world.clock.advance(500)
    await stopping
    const next = startAccount(t, world)
    assert.deepEqual(next.texts(), ['one'])
  })
})
