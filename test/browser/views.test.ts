import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { useDesk } from './support/desk.ts'
import { LAST_OF_BOB, livelyFolder } from './support/lively-folder.ts'

const LANGUAGES = ['en', 'zh'] as const

describe('the page in a browser', () => {
  const { sit } = useDesk()

  for (const language of LANGUAGES) {
    test(`lists conversations with last line, and shows one as bubbles (${language})`, async t => {
      const desk = await sit(t, livelyFolder().path, { language })
      await desk.shows(LAST_OF_BOB, desk.rows)
      await desk.open('#2')
      await desk.shows(LAST_OF_BOB, desk.log)
      await desk.shows('I will be there.', desk.log)
      // Line breaks stay, days are named, and what became of our own messages is told in words.
      await desk.shows(/platform 9,\nchange/, desk.log)
      await desk.shows(/^(?:Today|Yesterday|今天|昨天)$/, desk.log)
      await desk.shows(desk.say('stateUnknown'), desk.log)
      await desk.shows(desk.say('partial'), desk.log)
      await desk.shows(/send 2 "/)
      assert.equal(await desk.page.locator('html').getAttribute('lang'), language === 'zh' ? 'zh-CN' : 'en')
      desk.assertQuiet()
    })

    test(`marks who is not who they seem, requests, notices, files and lines by hand (${language})`, async t => {
      const desk = await sit(t, livelyFolder().path, { language })
      await desk.open('#9')
      await desk.shows(desk.say('imitates', { id: '#2' }), desk.log)
      await desk.open('courier-7')
      await desk.shows(desk.say('friendRequest'), desk.log)
      await desk.open(desk.say('unverified'))
      await desk.shows(desk.say('unverifiedHelp'))
      await desk.open('李娜的助手')
      await desk.shows('会议材料 (final).pdf', desk.log)
      assert.equal(await desk.log.locator('a').count(), 0)
      await desk.open('spammer')
      await desk.shows(desk.say('stateRefused'), desk.log)
      await desk.open(desk.say('notes'))
      await desk.shows('# a note by hand', desk.log)
      desk.assertQuiet()
    })

    test(`contacts have relationship and description (${language})`, async t => {
      const desk = await sit(t, livelyFolder().path, { language })
      await desk.go('contacts')
      const main = desk.page.locator('main')
      for (const name of ['bob', '李娜的助手', 'courier-7', 'Søren', 'spammer', '天气播报'])
        await desk.shows(name, main)
      for (const key of ['relationAccepted', 'relationIncoming', 'relationOutgoing', 'relationBlocked'] as const) {
        await desk.shows(desk.say(key), main)
      }
      await desk.shows('builds bridges', main)
      desk.assertQuiet()
    })

    test(`numbers have charts, and the same as tables (${language})`, async t => {
      const desk = await sit(t, livelyFolder().path, { language })
      await desk.go('stats')
      const main = desk.page.locator('main')
      await desk.shows('321', main)
      await desk.shows('87', main)
      for (const key of ['perHour', 'perDay'] as const) await desk.shows(desk.say(key), main)
      assert.equal(await main.locator('svg[role="img"]').count(), 2)
      await main.getByText(desk.say('asTable')).first().click()
      await main.getByRole('table').first().waitFor()
      desk.assertQuiet()
    })

    test(`the channel tells its state in a sentence, and how it came to it (${language})`, async t => {
      const desk = await sit(t, livelyFolder().path, { language })
      await desk.go('channel')
      const main = desk.page.locator('main')
      await desk.shows(desk.say('code_connected'), main)
      for (const key of ['event_DAEMON_STARTED', 'event_FALLBACK_MESSAGES_POLL', 'event_SSE_RESTORED'] as const) {
        await desk.shows(desk.say(key), main)
      }
      await desk.shows(desk.say('reason_http_502'), main)
      await desk.shows('welcome to the relay', main)
      await desk.shows('webhook:ops', main)
      desk.assertQuiet()
    })

    test(`files are shown as they are (${language})`, async t => {
      const desk = await sit(t, livelyFolder().path, { language })
      await desk.go('files')
      const main = desk.page.locator('main')
      for (const name of ['conversations.md', 'sse_channel.log', 'stats.json'] as const) {
        await main.getByText(name).first().click()
      }
      await desk.shows('"messages_received": 321', main)
      desk.assertQuiet()
    })
  }

  test('table and cards hold the same messages as bubbles', async t => {
    const desk = await sit(t, livelyFolder().path)
    for (const layout of ['layoutTable', 'layoutCard', 'layoutBubble'] as const) {
      await desk.go('settings')
      await desk.page.getByText(desk.say(layout), { exact: true }).click()
      await desk.go('chat')
      await desk.open('#2')
      await desk.shows(LAST_OF_BOB, desk.log)
      await desk.shows(/platform 9,\nchange/, desk.log)
    }
    desk.assertQuiet()
  })

  test('everything can be in one list, or split by sitting', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.page.getByRole('button', { name: desk.say('splitTime'), exact: true }).click()
    await desk.open(desk.say('allMessages'))
    for (const text of [LAST_OF_BOB, 'build 4711 failed: 3 tests', '周五的徒步改到早上七点，可以吗？']) {
      await desk.shows(text, desk.log)
    }
    await desk.page.getByRole('button', { name: desk.say('splitSession'), exact: true }).click()
    await desk.rows.first().click()
    await desk.shows(LAST_OF_BOB, desk.log)
    desk.assertQuiet()
  })

  test('conversations are filtered by the way they came', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.shows('bob', desk.rows)
    await desk.page.getByRole('button', { name: desk.say('channelWechat'), exact: true }).click()
    await desk.shows('妈妈', desk.rows)
    assert.equal(await desk.rows.count(), 1)
    await desk.page.getByRole('button', { name: desk.say('channelWebhook'), exact: true }).click()
    await desk.shows('ops', desk.rows)
    assert.equal(await desk.rows.count(), 1)
    desk.assertQuiet()
  })

  test('a search finds Chinese words, marks them and leads to the message', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.page.getByRole('searchbox').fill('徒步')
    const hit = desk.page.locator('mark', { hasText: '徒步' }).first()
    await hit.waitFor()
    await hit.click()
    await desk.log.locator('mark', { hasText: '徒步' }).first().waitFor()
    desk.assertQuiet()
  })
})
