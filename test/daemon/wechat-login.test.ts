import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SendResult } from '../../scripts/engine/actions/send.ts'
import { deskAt, type Running } from '../commands/wechat/desk.ts'
import { startWechatScene, type WechatScene } from '../support/wechat-scene.ts'

const timeout = 60_000
const FIRST = 'First_Person@im.wechat'
const SECOND = 'Second_Person@im.wechat'

function states(running: Running): unknown[] {
  return running.told().map(one => one['state'])
}

/** The newest bot is polled, and what is written to it stands in the files. */
async function assertAlive(scene: WechatScene, name: string, user: string): Promise<void> {
  const bot = scene.controls.bots().at(-1) ?? assert.fail()
  assert.equal(bot.userId, user)
  await scene.until('its poll', () => scene.controls.held(bot.id) > 0)
  scene.phone.write({ kind: 'text', text: `to ${bot.id}` }, { from: user })
  await scene.until('the message', () => scene.lines().includes(`from wechat:${name}/${user} to ${bot.id}`))
  const sent = await scene.ask<SendResult>('send', { to: `wechat:${name}/me`, text: `as ${name}` })
  assert.equal(sent.outcome, 'accepted')
  await scene.until('the state', () => scene.statusOf(name)['state'] === 'connected')
}

describe('logins, one after the other, while the daemon runs', () => {
  test('take every way that the contract knows', { timeout }, async t => {
    const scene = await startWechatScene(t, { accounts: [] })
    const desk = deskAt(t, scene)
    const begin = (line: string) => desk.begin(`${line} --show-link`, { json: true })

    const plain = begin('login')
    await plain.scan(1, { user: FIRST })
    assert.equal((await plain.end()).code, 0)
    assert.deepEqual(
      states(plain).filter(state => state !== 'scanned'),
      ['code', 'waiting', 'logged_in'],
    )
    await assertAlive(scene, 'main', FIRST)

    const expired = begin('login work')
    for (const number of [1, 2, 3]) scene.controls.expireQr(await expired.code(number))
    assert.equal((await expired.end()).code, 1)
    assert.deepEqual(expired.told().at(-1), { state: 'failed', reason: 'no_more_codes' })
    assert.deepEqual(
      desk.accounts().map(({ name }) => name),
      ['main'],
    )

    const numbered = begin('login work')
    const scanned = numbered.scan(1, { user: SECOND, verifyCode: '42', redirect: 'with host' })
    const asked = () =>
      numbered
        .told()
        .filter(({ state }) => state === 'verify_code_needed')
        .map(one => one['was_wrong'])
    await numbered.until('a question', () => asked().length === 1)
    numbered.write('41\n')
    await numbered.until('another', () => asked().length === 2)
    numbered.write('42\n')
    await scanned
    assert.equal((await numbered.end()).code, 0)
    assert.deepEqual(asked(), [false, true])
    assert.ok(states(numbered).includes('redirected'))
    await assertAlive(scene, 'work', SECOND)
    // Where the redirect led, and nowhere else, for all that follows.
    assert.equal(scene.controls.bots().at(-1)?.origin, 'redirect')

    const known = begin('login')
    scene.phone.scan(await known.code(1), { user: FIRST })
    assert.equal((await known.end()).code, 0)
    assert.deepEqual(known.told().at(-1), { state: 'already_bound', accounts: ['work', 'main'] })

    // Another login of the same person: the bot before it is dead, and what it had not fetched comes to the new one.
    const before = scene.controls.bots()[0] ?? assert.fail()
    const again = begin('login other --new')
    await again.scan(1, { user: FIRST })
    assert.equal((await again.end()).code, 0)
    assert.deepEqual([again.told().at(-1)?.['account'], again.told().at(-1)?.['renewed']], ['main', true])
    await assertAlive(scene, 'main', FIRST)
    assert.equal(scene.controls.held(before.id), 0)
    assert.notEqual(scene.controls.bots().at(-1)?.id, before.id)
    assert.deepEqual(scene.lines().filter(line => line.startsWith('from')).length, 3)

    await scene.end()
    assert.deepEqual(scene.controls.violations(), [])
  })
})

describe('typing', () => {
  test('is shown until it is ended, and by a message that takes long', { timeout }, async t => {
    const OWNER = 'Owner-main@im.wechat'
    const scene = await startWechatScene(t)
    await scene.listening()
    scene.phone.write({ kind: 'text', text: 'hello' }, { from: OWNER })
    await scene.until('the message', () => scene.lines().length === 1)
    const typing = (on: boolean) => scene.ask('wechat-typing', { to: 'wechat:main/me', on })
    const state = () => scene.phone.typingState(OWNER) ?? assert.fail()
    assert.deepEqual(await typing(true), { outcome: 'shown', reason: null })
    await scene.until('a minute of it', () => state().keepAlives >= 12, 250)
    assert.ok(state().isTyping && !state().isStuck)
    assert.deepEqual(await typing(false), { outcome: 'ended', reason: null })
    assert.deepEqual([state().isTyping, state().cancels], [false, 1])

    scene.controls.fault({ route: 'send', fault: { kind: 'delay', ms: 12_000 } })
    const sent = await scene.ask<SendResult>('send', { to: 'wechat:main/me', text: 'after a long while' })
    assert.equal(sent.outcome, 'accepted')
    await scene.until('the end', () => !state().isTyping)
    assert.deepEqual([state().cancels, state().uncancelled], [2, 0])
    await typing(true)
    await scene.end()
    assert.deepEqual([state().isTyping, state().cancels, state().uncancelled], [false, 3, 0])
    assert.deepEqual(scene.controls.violations(), [])
  })
})
