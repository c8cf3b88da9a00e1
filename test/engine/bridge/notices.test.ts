import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { ME, OWNER, runBridge, TO_ME, type WorldOptions } from './world.ts'

async function world(t: TestContext, options: WorldOptions = {}) {
  const made = runBridge(t, { routes: [TO_ME], ...options })
  await made.quiet()
  return made
}

const LAST = '\n\n— More comes when you write anything here.'

describe('a notice in WeChat', () => {
  test('tells who wrote what', async t => {
    const { relay, toPhone, requests } = await world(t)
    const seq = await relay(2, 'are you there?')
    assert.deepEqual(toPhone(), ['bob #2: are you there?'])
    assert.deepEqual(requests(), [`notice:${seq}-${seq}`])
  })

  test('begins with what comes after the route', async t => {
    const { relay, configure, quiet, toPhone } = await world(t, { routes: [] })
    await relay(2, 'before')
    configure([TO_ME])
    await quiet()
    await relay(2, 'after')
    assert.deepEqual(toPhone(), ['bob #2: after'])
  })

  test('gathers what comes together', async t => {
    const { receive, quiet, toPhone } = await world(t)
    for (const text of ['one', 'two']) await receive({ source: 'relay', from: 'relay:2', name: 'bob', text })
    await receive({ source: 'relay', from: 'relay:3', name: 'carol', text: 'three' })
    await quiet()
    assert.deepEqual(toPhone(), ['bob #2: one\n\nbob #2: two\n\ncarol #3: three'])
  })

  test('gathers while one is under way', async t => {
    const { relay, onSend, entries, settle, quiet, toPhone, status } = await world(t)
    onSend(null)
    await relay(2, 'one')
    await relay(2, 'two')
    await relay(3, 'three')
    await quiet(11_000)
    assert.deepEqual(toPhone(), ['bob #2: one'])
    assert.deepEqual([status()?.['waiting'], status()?.['waiting_for']], [2, 'delivery'])
    const [first] = entries()
    assert.ok(first)
    await settle(first, 'accepted')
    await quiet()
    assert.deepEqual(toPhone().slice(1), ['bob #2: two\n\ncarol #3: three'])
  })

  test('is told once, whichever of two routes to the same person lets the message through', async t => {
    const { relay, toPhone } = await world(t, {
      routes: [TO_ME, { from: 'any', to: `wechat:main/${OWNER.toLowerCase()}` }, { from: '#2', to: 'wechat:main/me' }],
    })
    await relay(2, 'hello')
    assert.deepEqual(toPhone(), ['bob #2: hello'])
  })

  test('tells nothing of what was sent, taken over, not understood, corrected or merged, nor of who may not write', async t => {
    const { receive, relay, quiet, toPhone, writer } = await world(t, {
      routes: [{ from: 'any', to: 'wechat:main/me' }],
    })
    for (const more of [
      { via: 'import' },
      { type: 'unparsed' },
      { type: 'correction' },
      { via: 'wechat', from: 'wechat:work/x@im.wechat', flags: { state: 'refused' } },
      { via: 'wechat', from: null, flags: { state: 'refused', group: 'g' } },
      { via: 'wechat', from: ME },
    ] as const) {
      await receive({ source: 'any', from: 'relay:2', name: 'bob', text: 'not to be told', ...more })
    }
    const copy = await receive({ source: 'relay', from: 'relay:2', text: 'copy' })
    await writer.write(database => database.run('UPDATE messages SET merged_into = 1 WHERE seq = ?', copy))
    await quiet()
    assert.deepEqual(toPhone(), [])
    await relay(2, 'told')
    assert.deepEqual(toPhone(), ['bob #2: told'])
  })

  test('of another account comes over', async t => {
    const { receive, quiet, toPhone } = await world(t, { routes: [{ from: 'wechat', to: 'wechat:main/me' }] })
    await receive({ source: 'wechat:work', via: 'wechat', from: 'wechat:work/peer@im.wechat', text: 'hello' })
    await quiet()
    assert.deepEqual(toPhone(), ['wechat:work/peer@im.wechat: hello'])
  })

  test('passes the filter of its route', async t => {
    const filter = { types: ['chat'], contains: 'URGENT', except: ['#3'] }
    const { relay, toPhone } = await world(t, { routes: [{ ...TO_ME, filter }] })
    await relay(2, 'nothing')
    await relay(3, 'urgent')
    await relay(2, 'urgent', { type: 'friend_request' })
    await relay(2, 'this is Urgent')
    assert.deepEqual(toPhone(), ['bob #2: this is Urgent'])
  })
})

describe('the budget', () => {
  test('keeps three sends for answers, and the last notice says how to get more', async t => {
    const { relay, quiet, toPhone, status, phone } = await world(t)
    for (let n = 1; n <= 9; n++) {
      await relay(2, `message ${n}`)
      await quiet(31 * 60_000)
    }
    assert.deepEqual(toPhone(), [...[1, 2, 3, 4, 5, 6].map(n => `bob #2: message ${n}`), `bob #2: message 7${LAST}`])
    assert.partialDeepStrictEqual(status(), {
      waiting: 2,
      waiting_for: 'their_message',
      recipients: [{ to: ME, waiting: 2, waiting_for: 'their_message' }],
    })
    await phone('ok')
    assert.equal(toPhone()[7], 'bob #2: message 8\n\nbob #2: message 9')
    await quiet(20_000)
    assert.deepEqual([status()?.['waiting'], status()?.['waiting_for']], [0, null])
  })

  test('is spread: the fewer are left, the longer is gathered', async t => {
    const { relay, quiet, toPhone } = await world(t)
    for (let n = 1; n <= 6; n++) await relay(2, `message ${n}`)
    assert.equal(toPhone().length, 3)
    await quiet(30_000)
    assert.equal(toPhone()[3], 'bob #2: message 4\n\nbob #2: message 5\n\nbob #2: message 6')
    await relay(2, 'message 7')
    await quiet(60_000)
    assert.equal(toPhone().length, 4)
    await quiet(60_000)
    assert.equal(toPhone().length, 5)
  })

  test('of few sends leaves some for notices', async t => {
    const { relay, quiet, toPhone } = await world(t, { budget: 3 })
    for (let n = 1; n <= 3; n++) {
      await relay(2, `message ${n}`)
      await quiet(31 * 60_000)
    }
    assert.deepEqual(toPhone(), ['bob #2: message 1', `bob #2: message 2${LAST}`])
  })

  for (const [kind, word] of [
    ['used_up', 'their_message'],
    ['too_old', 'their_message'],
    ['never_wrote', 'their_message'],
  ] as const) {
    test(`that says ${kind} lets everything gather until they write`, async t => {
      const { relay, close, phone, toPhone, status } = await world(t)
      close(kind)
      await relay(2, 'one')
      await relay(3, 'two')
      assert.deepEqual([toPhone(), status()?.['waiting_for']], [[], word])
      await phone('hi')
      assert.deepEqual(toPhone(), ['bob #2: one\n\ncarol #3: two'])
    })
  }

  test('of a month is counted by person', async t => {
    const { receive, close, phone, toPhone } = await world(t)
    close('too_old')
    for (let n = 1; n <= 30; n++) {
      const id = n % 3 === 0 ? 3 : 2
      await receive({ source: 'relay', from: `relay:${id}`, name: id === 3 ? 'carol' : 'bob', text: `message ${n}` })
    }
    await phone('hi')
    assert.deepEqual(toPhone(), [
      '30 messages wait, all of them in the inbox. The last one of each:\n\n' +
        'carol #3 (10): message 30\n\nbob #2 (20): message 29',
    ])
  })

  test('of nobody: who is not allowed, and who has not logged in, is waited for', async t => {
    const { relay, close, login, quiet, toPhone, status } = await world(t)
    close('not_allowed')
    await relay(2, 'one')
    assert.equal(status()?.['waiting_for'], 'permission')
    close(null)
    login(null)
    await relay(2, 'two')
    assert.deepEqual([toPhone(), status()?.['waiting_for']], [[], 'login'])
    login(OWNER)
    await quiet(70_000)
    assert.deepEqual(toPhone(), ['bob #2: one\n\nbob #2: two'])
  })
})

describe('routes that change', () => {
  test('gather anew by what holds now', async t => {
    const { relay, close, configure, quiet, phone, toPhone } = await world(t)
    close('used_up')
    await relay(2, 'one')
    await relay(3, 'two')
    configure([{ from: '#3', to: 'wechat:main/me' }])
    await quiet()
    await phone('hi')
    assert.deepEqual(toPhone(), ['carol #3: two'])
  })

  test('and are gone leave nothing behind: who comes back begins anew', async t => {
    const { relay, close, configure, quiet, phone, toPhone, status } = await world(t)
    close('used_up')
    await relay(2, 'one')
    configure([])
    await quiet()
    assert.equal(status(), undefined)
    configure([TO_ME])
    await quiet()
    await phone('hi')
    assert.deepEqual(toPhone(), [])
    await relay(2, 'two')
    assert.deepEqual(toPhone(), ['bob #2: two'])
  })

  test('are followed again after a restart, from where they were', async t => {
    const first = await world(t)
    first.close('used_up')
    await first.relay(2, 'one')
    await first.end()
    const second = runBridge(t, { routes: [TO_ME], path: first.path, clock: first.clock })
    await second.relay(3, 'two')
    assert.deepEqual(second.toPhone(), ['bob #2: one\n\ncarol #3: two'])
  })

  test('lead to whoever scanned now, who is told of nothing that came before', async t => {
    const { relay, close, login, quiet, toPhone, bridge } = await world(t)
    close('used_up')
    await relay(2, 'for the first')
    login('other@im.wechat')
    bridge.kick()
    await quiet()
    close(null)
    await relay(2, 'for the second')
    assert.deepEqual(toPhone('wechat:main/other@im.wechat'), ['bob #2: for the second'])
    assert.deepEqual(toPhone(), [])
  })
})
