import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dataFolderAt } from '../../../scripts/store/data-folder.ts'
import { tryOwnFolder } from '../../../scripts/store/ownership.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startWechatScene } from '../../support/wechat-scene.ts'
import { assertNoSecrets, createWechatDesk, deskAt } from './desk.ts'

const timeout = 60_000

describe('what a login brought', () => {
  test('is taken by the running daemon, which polls at once and leaves the others alone', { timeout }, async t => {
    const scene = await startWechatScene(t, { accounts: ['main'] })
    await scene.listening()
    const desk = deskAt(t, scene)
    const before = scene.bots.get('main') ?? assert.fail()
    const running = desk.begin('login work --show-link', { json: true })
    await running.scan(1)
    const { code } = await running.end()
    assert.equal(code, 0)
    assert.equal(running.told().at(-1)?.['daemon_running'], true)
    const bot = scene.controls.bots().at(-1) ?? assert.fail()
    await scene.until('the poll of the new one', () => scene.controls.held(bot.id) > 0)
    const known = scene.controls.bots().find(({ id }) => id === before.id)
    assert.equal(known?.starts, 1, 'the one before was not started anew')
    assert.equal(known?.stops, 0)
    assert.deepEqual(scene.controls.violations(), [])
  })

  test('ends the need of a login in the running daemon', { timeout }, async t => {
    const scene = await startWechatScene(t, { accounts: ['main'] })
    await scene.listening()
    const desk = deskAt(t, scene)
    const before = scene.bots.get('main') ?? assert.fail()
    scene.controls.bind(before.userId)
    await scene.until('the need', () => scene.statusOf('main')['state'] === 'login_needed', 1000)
    const needed = await desk.type('status main')
    assert.match(needed.stdout, /^main: LOGIN NEEDED since .*\n {2}next: wechat login main/)

    const running = desk.begin('login main --show-link')
    await running.scan(1, { user: before.userId })
    assert.match((await running.end()).stdout, /^Logged in as main\./)
    await scene.until('the connection', () => scene.statusOf('main')['state'] === 'connected')
    const { stdout } = await desk.type('status main')
    assert.match(stdout, /^main: connected since /)
  })

  test('is kept until whoever holds the folder lets go of it', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login --show-link')
    const shown = await running.code(1)
    const lock = tryOwnFolder(desk.folder) ?? assert.fail()
    desk.phone.scan(shown)
    desk.phone.confirm(shown)
    await running.until('the word', () => running.said.stderr.includes('not saved yet'))
    assert.deepEqual(desk.accounts(), [])
    lock.release()
    const { code, stdout, stderr } = await running.end()
    assert.equal(code, 0)
    assert.match(stdout, /^Logged in as main\./)
    assert.equal(desk.accounts().length, 1)
    assertNoSecrets(desk, stdout, stderr.replace(/Link: .*/, ''))
  })

  test('that can not be saved at all is said to be lost, with the way on', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const lost = desk.begin('login --show-link', { json: true })
    const shown = await lost.code(1)
    const lock = tryOwnFolder(desk.folder) ?? assert.fail()
    desk.phone.scan(shown)
    desk.phone.confirm(shown)
    const { code, stderr } = await lost.end(1000)
    lock.release()
    assert.equal(code, 1)
    assert.match(stderr, /could not be saved.*run \\"wechat login\\" again/s)
    assert.deepEqual(lost.told().at(-1), { state: 'failed', reason: 'not_saved' })
    assert.equal(lost.told().filter(one => one['state'] === 'not_saved_yet').length > 3, true)
  })

  test('and whose saving is interrupted is said to be lost too', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login --show-link')
    const shown = await running.code(1)
    const lock = tryOwnFolder(desk.folder) ?? assert.fail()
    t.after(() => lock.release())
    desk.phone.scan(shown)
    desk.phone.confirm(shown)
    await running.until('the word', () => running.said.stderr.includes('not saved yet'))
    running.interrupt()
    const { code, stderr } = await running.end()
    assert.equal(code, 130)
    assert.match(stderr, /it was not saved.*Run "wechat login" again/s)
  })

  test('wants a data folder before anybody scans', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const nowhere = deskAt(t, { ...desk, folder: dataFolderAt(`${temporaryFolder()}/nowhere`) })
    const { code, stderr } = await nowhere.type('login --show-link')
    assert.equal(code, 1)
    assert.match(stderr, /There is no data folder/)
    assert.equal(desk.controls.requests().length, 0)
  })
})

describe('saving', () => {
  test('twice is the same as once, and the login looks no newer for it', { timeout }, async t => {
    const scene = await startWechatScene(t, { accounts: ['main'] })
    const credentials = scene.credentials(scene.controls.bind('oNew@im.wechat'))
    const save = () => scene.ask<{ account: string; renewed: boolean }>('wechat-save', { name: 'work', credentials })
    const savedAt = () =>
      deskAt(t, scene)
        .accounts()
        .find(one => one.name === 'work')?.savedAt
    assert.deepEqual(await save(), { account: 'work', renewed: false })
    const first = savedAt()
    scene.clock.advance(60_000)
    assert.deepEqual(await save(), { account: 'work', renewed: true })
    assert.equal(savedAt(), first)
  })

  test('finds a free name of the length that names may have', { timeout }, async t => {
    const scene = await startWechatScene(t, { accounts: ['main'] })
    const name = 'x'.repeat(40)
    const made: string[] = []
    for (const user of ['oA@im.wechat', 'oB@im.wechat']) {
      const credentials = scene.credentials(scene.controls.bind(user))
      made.push((await scene.ask<{ account: string }>('wechat-save', { name, credentials })).account)
    }
    assert.deepEqual(made, [name, `${'x'.repeat(38)}-2`])
  })

  test('goes by the person, however a host spells the id', { timeout }, async t => {
    const scene = await startWechatScene(t, { accounts: ['main'] })
    const { userId } = scene.bots.get('main') ?? assert.fail()
    const credentials = { ...scene.credentials(scene.controls.bind(userId)), userId: userId.toUpperCase() }
    const saved = await scene.ask('wechat-save', { name: 'other', credentials })
    assert.deepEqual(saved, { account: 'main', renewed: true })
  })
})
