import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { useDesk } from './support/desk.ts'
import { LAST_OF_BOB, livelyFolder } from './support/lively-folder.ts'

describe('settings', () => {
  const { sit } = useDesk()

  test('survive a reload', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.go('settings')
    const choose = (group: string, choice: string) =>
      desk.page.getByRole('group', { name: group }).getByText(choice, { exact: true }).click()
    await choose(desk.say('settingTheme'), desk.say('themeDark'))
    await choose(desk.say('settingLayout'), desk.say('layoutTable'))
    await choose(desk.say('settingFont'), desk.say('fontLarge'))
    await choose(desk.say('settingLanguage'), '中文')
    await desk.shows('设置')
    await desk.page.reload()
    await desk.shows('聊天')
    const kept = JSON.parse(await desk.page.evaluate<string>("localStorage['openwechat-im.settings']"))
    assert.deepEqual(
      { theme: kept.theme, layout: kept.layout, fontSize: kept.fontSize, language: kept.language },
      { theme: 'dark', layout: 'table', fontSize: 'large', language: 'zh' },
    )
    await desk.open('#2')
    await desk.log.locator('table').waitFor()
    await desk.shows(LAST_OF_BOB, desk.log)
    desk.assertQuiet()
  })

  test('follow the browser as long as nothing was chosen', async t => {
    const path = livelyFolder().path
    const background = (desk: Awaited<ReturnType<typeof sit>>) =>
      desk.page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await background(await sit(t, path, { colorScheme: 'light' }))
    const dark = await background(await sit(t, path, { colorScheme: 'dark' }))
    assert.notEqual(light, dark)
    assert.equal(await background(await sit(t, path, { colorScheme: 'light', settings: { theme: 'dark' } })), dark)
    assert.equal(await background(await sit(t, path, { colorScheme: 'dark', settings: { theme: 'light' } })), light)
  })

  test('that make no sense are as if nothing was chosen', async t => {
    const settings = { layout: '<script>', split: 4, theme: null, refreshSeconds: -1, language: { en: 1 } }
    const desk = await sit(t, livelyFolder().path, { settings })
    await desk.open('#2')
    await desk.shows(LAST_OF_BOB, desk.log)
    desk.assertQuiet()
  })

  test('a browser that keeps nothing shows the page all the same', async t => {
    const desk = await sit(t, livelyFolder().path, { noStorage: true })
    await desk.open('#2')
    await desk.shows(LAST_OF_BOB, desk.log)
    await desk.go('settings')
    await desk.shows(desk.say('settingsNotKept'))
    desk.assertQuiet()
  })
})
