import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inbox as inboxCommand } from '../../scripts/commands/inbox.ts'
import type { SendResult } from '../../scripts/engine/actions/send.ts'
import { callCommand } from '../support/command-call.ts'
import { damageTable } from '../support/damage.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startWechatScene, type WechatScene } from '../support/wechat-scene.ts'

const OWNER = 'Owner-main@im.wechat'

function requests(scene: WechatScene, call: string, name = 'main'): number {
  const token = scene.bots.get(name)?.token
  return scene.controls
    .requests()
    .filter(({ path, headers }) => path.includes(call) && headers['authorization'] === `Bearer ${token}`).length
}

describe('an account that is signed out elsewhere', () => {
  test('is told of at once, keeps what waits, and is back the moment somebody has signed in', async t => {
    const scene = await startWechatScene(t)
    await scene.listening()
    scene.phone.write({ kind: 'text', text: 'hello' }, { from: OWNER })
    await scene.until('the message', () => scene.lines().length === 1)
    const bot = scene.bots.get('main') ?? assert.fail()
    scene.controls.revoke(bot.token)
    await scene.until('the state', () => scene.statusOf('main')['state'] === 'login_needed', 500)
    await scene.until('the line', () => scene.channel(/AUTH_REFUSED/).length === 1)
    assert.match(scene.channel(/AUTH_REFUSED/)[0] ?? '', /account=wechat:main/)
    const sent = await scene.ask<SendResult>('send', { to: 'wechat:main/me', text: 'are you there?' })
    assert.deepEqual([sent.outcome, sent.parked], ['queued', 'login'])

    const again = scene.controls.bind(OWNER)
    assert.deepEqual(await scene.ask('wechat-save', { credentials: scene.credentials(again) }), {
      account: 'main',
      renewed: true,
    })
    await scene.until('the connection', () => scene.statusOf('main')['state'] === 'connected')
    assert.equal(scene.statusOf('main')['bot_id'], again.id)
    // To the new bot they have not written yet: nothing may be sent before that.
    assert.equal(scene.phone.transcript(OWNER, again.id).shown.length, 0)
    scene.phone.write({ kind: 'text', text: 'back' }, { from: OWNER })
    await scene.until('what waited', () => scene.phone.transcript(OWNER, again.id).shown.length === 2)
    assert.deepEqual(
      scene.phone.transcript(OWNER, again.id).shown.map(({ text }) => text),
      ['back', 'are you there?'],
    )
    assert.deepEqual(scene.controls.violations(), [])
  })
})

describe('accounts beside each other', () => {
  test('are added and removed while the others run on undisturbed', async t => {
    const scene = await startWechatScene(t, { accounts: ['main', 'home'] })
    await scene.listening()
    const before = requests(scene, 'getupdates')
    const added = scene.controls.bind('Third@im.wechat')
    const saved = await scene.ask<{ account: string }>('wechat-save', {
      name: 'work',
      credentials: scene.credentials(added),
    })
    assert.equal(saved.account, 'work')
    await scene.until('its poll', () => scene.controls.held(added.id) > 0)
    scene.phone.write({ kind: 'text', text: 'to work' }, { from: 'Third@im.wechat' })
    await scene.until('the message', () => scene.lines().length === 1)
    await scene.ask('wechat-logout', { account: 'work' })
    await scene.until('the end of its poll', () => scene.controls.held(added.id) === 0)
    assert.deepEqual([requests(scene, 'notifystart'), requests(scene, 'notifystop')], [1, 0])
    assert.deepEqual([requests(scene, 'notifystart', 'home'), requests(scene, 'notifystop', 'home')], [1, 0])
    assert.ok(requests(scene, 'getupdates') - before < 5)
    assert.deepEqual(scene.statusOf('work'), {})
    await assert.rejects(scene.ask('send', { to: 'wechat:work/me', text: 'x' }), /no WeChat account "work"/)
    assert.deepEqual(scene.lines(), ['from wechat:work/Third@im.wechat to work'])
  })

  test('keep their people apart', async t => {
    const scene = await startWechatScene(t, { accounts: ['main', 'home'] })
    await scene.listening()
    for (const name of ['main', 'home'])
      scene.phone.write({ kind: 'text', text: `from ${name}` }, { from: `Owner-${name}@im.wechat` })
    await scene.until('both', () => scene.lines().length === 2)
    assert.deepEqual(
      new Set(scene.lines()),
      new Set([`from wechat:main/${OWNER} from main`, 'from wechat:home/Owner-home@im.wechat from home']),
    )
    await assert.rejects(scene.ask('send', { to: `wechat:home/${OWNER}`, text: 'x' }), /Only the person who scanned/)
  })
})

describe('one bot in two folders', () => {
  test('is polled by the first, until that one ends', async t => {
    const stateFolder = temporaryFolder()
    const first = await startWechatScene(t, { stateFolder })
    await first.listening()
    const second = await first.twin()
    await second.until('the state', () => second.statusOf('main')['state'] === 'identity_taken')
    assert.equal(second.statusOf('main')['held_by'], first.folder.path)
    await first.stop()
    await second.until('its turn', () => second.statusOf('main')['state'] === 'connected', 500)
  })
})

describe('people who may not write', () => {
  test('are recorded and not answered, until the owner allows them', async t => {
    const scene = await startWechatScene(t)
    await scene.listening()
    const stranger = 'Stranger@im.wechat'
    const { id } = scene.bots.get('main') ?? assert.fail()
    scene.phone.write({ kind: 'text', text: 'let me in' }, { from: stranger, bot: id })
    await scene.until('the message', () => scene.lines().length === 1)
    assert.deepEqual(scene.lines(), [`from wechat:main/${stranger} state=refused let me in`])
    const inbox = async (...args: string[]) => (await callCommand(inboxCommand, scene.folder, args)).stdout
    await scene.until('the numbers', () => scene.json('stats.json')['messages_received'] === 1)
    assert.doesNotMatch(await inbox(), /let me in/)
    assert.match(await inbox('--since', '0'), /let me in/)
    await scene.until('the numbers', () => scene.json('context_snapshot.json')['unread_count'] === 0)
    assert.deepEqual(scene.json('context_snapshot.json')['latest_peers'], [])
    await assert.rejects(scene.ask('send', { to: `wechat:main/${stranger}`, text: 'x' }), /Only the person who scanned/)
    const polls = requests(scene, 'notifystart')
    scene.configure({ wechat: { allow: [stranger] } })
    await scene.until('the settings', () => scene.channel(/CONFIG_RELOADED/).length === 1)
    scene.phone.write({ kind: 'text', text: 'and now?' }, { from: stranger, bot: id })
    await scene.until('the second', () => scene.lines().length === 2)
    assert.equal(scene.lines()[1], `from wechat:main/${stranger} and now?`)
    const sent = await scene.ask<SendResult>('send', { to: `wechat:main/${stranger}`, text: 'yes' })
    assert.equal(sent.outcome, 'accepted')
    assert.equal(requests(scene, 'notifystart'), polls)
  })
})

describe('a restart', () => {
  test('goes on where it was: nothing is lost and nothing is shown twice', async t => {
    const scene = await startWechatScene(t)
    await scene.listening()
    scene.phone.write({ kind: 'text', text: 'one' }, { from: OWNER })
    await scene.until('the first', () => scene.lines().length === 1)
    const again = await scene.restart()
    assert.equal(requests(scene, 'notifystop'), 1)
    await again.listening()
    again.phone.write({ kind: 'text', text: 'two' }, { from: OWNER })
    await again.until('the second', () => again.lines().length === 2)
    const sent = await again.ask<SendResult>('send', { to: 'wechat:main/me', text: 'three' })
    assert.equal(sent.outcome, 'accepted')
    await again.until('the third', () => again.lines().length === 3)
    assert.deepEqual(again.lines(), [
      `from wechat:main/${OWNER} one`,
      `from wechat:main/${OWNER} two`,
      `to wechat:main/${OWNER} three`,
    ])
  })
})

describe('a bot that is refused for a moment', () => {
  test('needs no login, and what waited for one goes out by itself', async t => {
    const scene = await startWechatScene(t)
    await scene.listening()
    scene.phone.write({ kind: 'text', text: 'hello' }, { from: OWNER })
    await scene.until('the message', () => scene.lines().length === 1)
    const fault = scene.controls.fault({ route: 'with bearer', fault: { kind: 'session timeout' }, times: 'always' })
    const sent = await scene.ask<SendResult>('send', { to: 'wechat:main/me', text: 'still there' })
    assert.deepEqual([sent.outcome, sent.parked], ['queued', 'login'])
    await scene.until('the doubt', () => scene.statusOf('main')['state'] === 'checking_login', 500)
    fault.remove()
    await scene.until('the message', () => scene.phone.transcript(OWNER).shown.length === 2, 500)
    assert.equal(scene.statusOf('main')['state'], 'connected')
    assert.deepEqual(scene.channel(/AUTH_REFUSED/), [])
  })
})

describe('a damaged database', () => {
  for (const table of ['messages', 'wechat_accounts', 'memos']) {
    test(`(${table}) that is replaced keeps the account, and what comes afterwards`, async t => {
      const scene = await startWechatScene(t)
      await scene.listening()
      scene.phone.write({ kind: 'text', text: 'one' }, { from: OWNER })
      await scene.until('the first', () => scene.lines().length === 1)
      damageTable(scene.folder.file('state.db'), table)
      scene.phone.write({ kind: 'text', text: 'two' }, { from: OWNER })
      await scene.until('the second', () => scene.lines().some(line => line.endsWith('two')))
      const again = await scene.restart()
      await again.listening()
      again.phone.write({ kind: 'text', text: 'three' }, { from: OWNER })
      await again.until('the third', () => again.lines().some(line => line.endsWith('three')))
      assert.deepEqual(
        again.lines(),
        ['one', 'two', 'three'].map(text => `from wechat:main/${OWNER} ${text}`),
      )
      const sent = await again.ask<SendResult>('send', { to: 'wechat:main/me', text: 'still here' })
      assert.equal(sent.outcome, 'accepted')
    })
  }
})
