import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utcSeconds } from '../../scripts/core/clock.ts'
import { useDesk } from './support/desk.ts'
import { LAST_OF_BOB } from './support/lively-folder.ts'
import { chat, NOW } from './support/page-folder.ts'
import {
  COLLEAGUE_SHORT,
  LAST_OF_OWNER,
  OWNER,
  OWNER_SHORT,
  QUOTED_WORDS,
  STRANGER_SHORT,
  wechatFolder,
  wechatOnlyFolder,
} from './support/wechat-folder.ts'

describe('WeChat on the page', () => {
  const { sit } = useDesk()

  for (const language of ['en', 'zh'] as const) {
    test(`quotes, files, voices and what became of them are told in words (${language})`, async t => {
      const desk = await sit(t, wechatFolder().path, { language })
      await desk.open(OWNER_SHORT)
      for (const text of [
        QUOTED_WORDS,
        'from an older phone',
        '合同 (final).pdf',
        desk.say('kind_voice'),
        desk.say('voiceWithoutWords'),
        desk.say('media_wrong_key'),
        desk.say('kind_image'),
        desk.say('fileLater'),
        desk.say('fileLaterNotice'),
        desk.say('stateUnknown'),
      ]) {
        await desk.shows(text, desk.log)
      }
      // Whoever has no name is called by the id, the whole of which is not far.
      const name = desk.page.locator('.chat-title .peer-id')
      assert.equal(await name.textContent(), OWNER_SHORT)
      assert.match((await name.getAttribute('title')) ?? '', /^oYxk3V.{18}2SdF@im\.wechat$/)
      // Accepted is not delivered.
      await desk.log.getByTitle(desk.say('stateAcceptedWechat')).first().waitFor()
      await desk.shows(/send wechat:main\/oYxk3V\w+@im\.wechat "/)
      desk.assertQuiet()
    })

    test(`who may not write is marked, and there is no command to answer them (${language})`, async t => {
      const desk = await sit(t, wechatFolder().path, { language })
      await desk.open(STRANGER_SHORT)
      await desk.shows(desk.say('senderRefused'), desk.log)
      await desk.shows(desk.say('senderRefusedHelp'))
      assert.equal(await desk.page.getByText('send wechat:').count(), 0)
      await desk.open(desk.say('unverified'))
      await desk.shows(desk.say('fromGroup'), desk.log)
      await desk.shows(desk.say('fromGroupHelp'), desk.log)
      assert.equal(await desk.log.getByText(desk.say('unverifiedHelp')).count(), 0)
      desk.assertQuiet()
    })

    test(`a login that is needed is told on each view, with its command (${language})`, async t => {
      const desk = await sit(t, wechatFolder({ second: 'login_needed' }).path, { language })
      const told = desk.page.locator('[data-problem="wechat_login_needed"]:visible')
      await desk.shows('npm run -s im -- wechat login work', told)
      await desk.go('channel')
      const panel = desk.page.getByRole('region', { name: desk.say('wechatAccounts') })
      await desk.shows(desk.say('wechat_state_login_needed'), panel)
      await desk.shows(desk.say('wechatEventLogin', { name: 'work' }), desk.page.locator('main'))
      // It stands first, and stays when the line above the page was waved away.
      assert.equal(await panel.getByRole('heading', { level: 3 }).first().textContent(), 'work')
      await told.getByRole('button', { name: desk.say('close'), exact: true }).click()
      await told.waitFor({ state: 'detached' })
      await desk.shows('npm run -s im -- wechat login work', panel)
      desk.assertQuiet()
    })
  }

  test('each account has its state, its times, and what waits', async t => {
    const desk = await sit(t, wechatFolder({ second: 'retrying' }).path)
    await desk.go('channel')
    const panel = desk.page.getByRole('region', { name: desk.say('wechatAccounts') })
    for (const text of [
      desk.say('wechat_state_connected'),
      desk.say('wechat_state_retrying'),
      desk.say('wechatReasonHttp', { code: '524' }),
      desk.say('wechatAcceptedHint'),
      desk.say('wechatParkedHint'),
    ]) {
      await desk.shows(text, panel)
    }
    const second = await panel.getByRole('listitem').filter({ hasText: 'work' }).innerText()
    assert.match(second, /Waiting to be sent\s+4\s+Set aside\s+3/)
    desk.assertQuiet()
  })

  test('without a daemon the state is the last that is known', async t => {
    const folder = wechatFolder({ second: 'retrying', daemonStopped: true })
    const desk = await sit(t, folder.path)
    await desk.go('channel')
    const panel = desk.page.getByRole('region', { name: desk.say('wechatAccounts') })
    await desk.shows(`${desk.say('wechatPast')} ${desk.say('wechat_state_retrying')}`, panel)
    await desk.shows(desk.say('wechat_state_stopped'), panel)
  })

  test('who uses WeChat alone is not sent to a relay', async t => {
    const desk = await sit(t, wechatOnlyFolder().path)
    await desk.shows('npm run -s im -- wechat status', desk.page.locator('[data-problem="empty_wechat"]:visible'))
    assert.equal(await desk.page.locator('[data-problem="not_registered"]').count(), 0)
    desk.assertQuiet()
  })

  test('accounts are told apart by name, and all of them found by the filter', async t => {
    const desk = await sit(t, wechatFolder().path)
    await desk.shows(LAST_OF_BOB, desk.rows)
    await desk.page.getByRole('button', { name: desk.say('channelWechat'), exact: true }).click()
    await desk.shows(COLLEAGUE_SHORT, desk.rows)
    const badges = await desk.page.locator('.conversation .channel-badge').allInnerTexts()
    assert.deepEqual(
      badges.map(text => text.replace(/\s+/g, ' ')),
      ['WeChat main', 'WeChat work', 'WeChat main'],
    )
    const colours = await desk.page
      .locator('.conversation .swatch')
      .evaluateAll(all => all.map(one => Reflect.get(one, 'className') as string))
    assert.equal(new Set(colours).size, 2)
    assert.equal(await desk.rows.filter({ hasText: LAST_OF_BOB }).count(), 0)
    // What we sent is there too, with the way it went.
    await desk.page.getByRole('button', { name: desk.say('splitTime'), exact: true }).click()
    await desk.open(desk.say('allMessages'))
    await desk.shows(QUOTED_WORDS, desk.log.locator('.message-own'))
    assert.equal(await desk.log.getByText('On my way.').count(), 0)
    desk.assertQuiet()
  })

  for (const layout of ['bubble', 'table', 'card']) {
    test(`a quote leads to its message, or says that it is gone (${layout})`, async t => {
      const folder = wechatFolder()
      folder.say(chat(NOW, OWNER, 'and that one', { flags: { seq: '60', quote: 'long ago', quote_seq: '3' } }))
      const desk = await sit(t, folder.path, { settings: { layout } })
      await desk.open(OWNER_SHORT)
      await desk.log.getByRole('button', { name: /long ago/ }).click()
      await desk.shows(desk.say('quotedGone'), desk.log)
      await desk.log.getByRole('button', { name: /book the train/ }).click()
      const target = desk.log.locator('.row-target')
      await desk.shows(QUOTED_WORDS, target)
      // It is the one that was asked, and not the one that quotes it.
      assert.equal(await target.getByText('好，就这趟。').count(), 0)
      desk.assertQuiet()
    })
  }

  test('a message that arrives is shown and counted at once', async t => {
    const folder = wechatFolder()
    const desk = await sit(t, folder.path)
    await desk.shows(LAST_OF_OWNER, desk.rows)
    folder.say(chat(NOW, OWNER, '刚到的消息', { at: utcSeconds(Date.now()), flags: { seq: '61' } }))
    await desk.shows('刚到的消息', desk.rows)
    await desk.rows.filter({ hasText: '刚到的消息' }).locator('.badge').waitFor()
    desk.assertQuiet()
  })
})
