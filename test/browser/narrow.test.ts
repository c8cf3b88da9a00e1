import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Desk, useDesk, VIEWS } from './support/desk.ts'
import { LAST_OF_BOB, livelyFolder } from './support/lively-folder.ts'
import { LAST_OF_OWNER, wechatFolder } from './support/wechat-folder.ts'

/** Elements that stick out of the window to the right, without a scroller of their own around them. */
const STICKING_OUT = `[...document.querySelectorAll('body *')].filter(one => {
  const { right, width } = one.getBoundingClientRect()
  if (width === 0 || right <= innerWidth + 1) return false
  for (let up = one.parentElement; up !== null; up = up.parentElement) {
    if (getComputedStyle(up).overflowX !== 'visible') return false
  }
  return true
}).map(one => one.outerHTML.slice(0, 120))`

async function assertFits(desk: Desk): Promise<void> {
  assert.deepEqual(await desk.page.evaluate<string[]>(STICKING_OUT), [])
  const [scroll = 0, inner = 0] = await desk.page.evaluate<number[]>(
    '[document.documentElement.scrollWidth, innerWidth]',
  )
  assert.ok(scroll <= inner, `${scroll} pixels in a window of ${inner}`)
}

describe('at 390 pixels', () => {
  const { sit } = useDesk()

  test('one pane at a time, with a way back', async t => {
    const desk = await sit(t, livelyFolder().path, { width: 390 })
    await desk.shows(LAST_OF_BOB, desk.rows)
    assert.equal(await desk.log.isVisible(), false)
    await desk.open('#2')
    await desk.shows(LAST_OF_BOB, desk.log)
    assert.equal(await desk.rows.first().isVisible(), false)
    await desk.page.getByRole('button', { name: desk.say('back') }).click()
    await desk.rows.first().waitFor()
    assert.equal(await desk.log.isVisible(), false)
    desk.assertQuiet()
  })

  for (const language of ['en', 'zh'] as const) {
    test(`nothing sticks out in any view (${language})`, async t => {
      const desk = await sit(t, livelyFolder().path, { width: 390, language })
      for (const view of VIEWS) {
        await desk.go(view)
        await assertFits(desk)
      }
      for (const layout of ['bubble', 'table', 'card'] as const) {
        const other = await sit(t, livelyFolder().path, { width: 390, language, settings: { layout } })
        await other.open('李娜的助手')
        await other.shows('周五的徒步改到早上七点，可以吗？', other.log)
        await assertFits(other)
      }
      desk.assertQuiet()
    })
  }

  test('what must not be overlooked is told in every layout', async t => {
    for (const layout of ['bubble', 'table', 'card']) {
      const desk = await sit(t, livelyFolder().path, { width: 390, settings: { layout, split: 'time' } })
      await desk.open(desk.say('allMessages'))
      for (const text of [desk.say('imitates', { id: '#2' }), desk.say('stateUnknown'), desk.say('partial')]) {
        await desk.shows(text, desk.log)
      }
    }
  })

  test('a problem and its command fit', async t => {
    const desk = await sit(t, livelyFolder({ stopped: true }).path, { width: 390 })
    await desk.page.locator('[data-problem="daemon_down"]:visible').waitFor()
    await assertFits(desk)
  })

  test('WeChat fits: messages in every layout, accounts, and a login that is needed', async t => {
    const folder = wechatFolder({ second: 'login_needed' })
    for (const layout of ['bubble', 'table', 'card'] as const) {
      const desk = await sit(t, folder.path, { width: 390, settings: { layout, split: 'time' } })
      await assertFits(desk)
      await desk.open(desk.say('allMessages'))
      await desk.shows(LAST_OF_OWNER, desk.log)
      await assertFits(desk)
      // No name stands letter below letter.
      const heights = await desk.log
        .locator('.peer-id')
        .evaluateAll(all => all.map(one => Reflect.get(one, 'offsetHeight')))
      assert.ok(heights.length > 0 && heights.every(height => Number(height) < 40), `${layout}: ${heights}`)
    }
    const desk = await sit(t, folder.path, { width: 390 })
    await desk.go('channel')
    await desk.shows(desk.say('wechat_state_login_needed'))
    await assertFits(desk)
  })

  test('letters of twice the size fit in a window of 1280 pixels', async t => {
    const desk = await sit(t, livelyFolder().path, { width: 640, deviceScaleFactor: 2 })
    for (const view of VIEWS) {
      await desk.go(view)
      await assertFits(desk)
    }
  })
})
