import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertSound, assertTexts, credentialsOf, startAccount, startWorld, type World, write } from './test-account.ts'

const timeout = 20_000

describe('-14', () => {
  test('in each of its forms is doubted at first', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    for (let form = 0; form < 3; form++) {
      world.controls.fault({ route: 'updates', fault: { kind: 'session timeout' } })
      write(world, `${form}`)
      await account.until('doubt', () => account.state() === 'checking_login')
      await account.until('no doubt', () => account.state() === 'connected', 250)
    }
    await assertTexts(world, account, ['0', '1', '2'])
    // At the start, and at each doubt.
    assert.equal(world.controls.requests('notifystart').length, 4)
    assertSound(world)
  })

  test('that persists makes a login needed, which nobody begins unasked', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    await account.listening()
    write(world, 'before')
    await account.until('it', () => account.texts().length === 1)
    const cursor = account.ctx.memo.get('cursor')
    world.controls.revoke(world.bot.token)
    await account.until('the end of doubt', () => account.state() === 'login_needed', 500)
    assert.equal(account.status()['reason'], 'token_refused')
    const polls = () => world.controls.requests('getupdates').length
    const before = polls()
    await account.until('a probe', () => polls() === before + 1, 5000)
    assert.equal(account.state(), 'login_needed')
    assert.equal(account.ctx.memo.get('cursor'), cursor)
    assert.equal(world.controls.requests('get_bot_qrcode').length, 0)
    assertSound(world)
  })

  test('is over at once when there are new credentials, and what was written meanwhile comes', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    write(world, 'before')
    await account.until('it', () => account.texts().length === 1)
    world.controls.revoke(world.bot.token)
    await account.until('the end of doubt', () => account.state() === 'login_needed', 500)
    write(world, 'meanwhile')
    const bot = world.controls.bind()
    account.login(credentialsOf(world, bot))
    // Without any time that passes.
    await account.until('it', () => account.texts().length === 2)
    assert.deepEqual(account.texts(), ['before', 'meanwhile'])
    await account.until('the state', () => account.state() === 'connected')
    await account.stop()
    assertSound(world)
  })

  test('is not even waited for when there are new credentials', { timeout }, async t => {
    const world = await startWorld(t)
    const account = startAccount(t, world)
    await account.listening()
    const bot = { ...world.bot, ...world.controls.bind('oOther@im.wechat') }
    account.login(credentialsOf(world, bot))
    await account.until('a poll of the new one', () => world.controls.held(bot.id) === 1)
    assert.equal(world.controls.held(world.bot.id), 0)
    assertSound(world)
  })
})

describe('a second poller', () => {
  for (const mode of ['takeover', 'queue'] as const) {
    test(`in mode ${mode} takes nothing from the store that came here`, { timeout }, async t => {
      const world = await startWorld(t)
      world.controls.setSecondPoller(mode)
      const account = startAccount(t, world)
      await account.listening()
      write(world, 'one')
      await account.until('it', () => account.texts().length === 1)
      await account.listening()
      const other = startOther(world)
      await account.until('the other', () => world.controls.secondPolls() === 1)
      if (mode === 'takeover') await account.until('doubt', () => account.state() === 'checking_login')
      other.abort()
      await other.gone
      // A message for a poll whose end the server has not seen yet would be lost, as it is in life.
      const left = mode === 'takeover' ? 0 : 1
      await account.until('its end', () => world.controls.held(world.bot.id) === left)
      await account.until('this one again', () => world.controls.held(world.bot.id) === 1, 250)
      await assertTexts(world, account, ['one'])
    })
  }

  test('that steals gets its share, and the rest comes once', { timeout }, async t => {
    const world = await startWorld(t)
    world.controls.setSecondPoller('steal')
    const account = startAccount(t, world)
    await account.listening()
    const other = startOther(world)
    await account.until('the other', () => world.controls.secondPolls() === 1)
    write(world, 'a', 'b', 'c', 'd')
    await account.until('three', () => account.texts().length >= 3)
    const texts = account.texts()
    assert.equal(new Set(texts).size, texts.length)
    other.abort()
    await other.gone
  })
})

/** One poll of somebody else with the same token. */
function startOther({ simulator, bot, fetch }: World): { abort(): void; gone: Promise<unknown> } {
  const end = new AbortController()
  const gone = fetch(`${simulator.url}/ilink/bot/getupdates`, {
    method: 'POST',
    headers: {
      'iLink-App-Id': 'bot',
      'iLink-App-ClientVersion': '132105',
      'Content-Type': 'application/json',
      AuthorizationType: 'ilink_bot_token',
      'X-WECHAT-UIN': 'Nw==',
      Authorization: `Bearer ${bot.token}`,
    },
    body: JSON.stringify({ get_updates_buf: '', base_info: { channel_version: '2.4.9' } }),
    signal: end.signal,
    redirect: 'manual',
  }).catch(() => undefined)
  return { gone, abort: () => end.abort() }
}

test('logs hold no token, no cursor and no word that anybody wrote', { timeout }, async t => {
  const world = await startWorld(t)
  const account = startAccount(t, world)
  const { contextToken } = world.phone.write({ kind: 'text', text: 'a very private word' })
  const bytes = Buffer.from('private bytes')
  world.phone.write({ kind: 'file', bytes, name: 'private name.txt' })
  await account.until('both', () => account.texts().length === 2)
  world.controls.revoke(world.bot.token)
  await account.until('trouble', () => account.state() === 'login_needed', 500)
  const said = account.logs.join('\n')
  const cursor = JSON.parse(account.ctx.memo.get('cursor') ?? '{}').cursor
  for (const secret of [world.bot.token, contextToken, cursor, 'private', world.phone.user]) {
    assert.ok(typeof secret === 'string' && secret !== '')
    assert.ok(!said.includes(secret))
  }
  assert.ok(said.includes('the state of the account changed'))
})
