import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Locator } from 'playwright-core'
import { waitFor } from '../support/wait-for.ts'
import { type Desk, useDesk, VIEWS } from './support/desk.ts'
import { LAST_OF_BOB, livelyFolder } from './support/lively-folder.ts'

const focused = (desk: Desk) =>
  desk.page.evaluate<string>(`(() => {
    const { activeElement: one } = document
    return one === null || one === document.body ? '' : one.getAttribute('aria-label') ?? one.textContent
  })()`)

const at = async (place: Locator) => (await place.and(place.page().locator(':focus')).count()) === 1

/** Tab until something is reached whose label matches. */
async function tabTo(desk: Desk, label: RegExp): Promise<void> {
  const passed: string[] = []
  for (let step = 0; step < 40; step++) {
    await desk.page.keyboard.press('Tab')
    const now = await focused(desk)
    if (label.test(now)) return
    passed.push(now)
  }
  assert.fail(`Tab does not lead to ${label}: ${passed.join(' | ')}`)
}

describe('without a mouse', () => {
  const { sit } = useDesk()

  test('a message is read and the command to answer is reached', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.shows(LAST_OF_BOB, desk.rows)
    await tabTo(desk, /^B?bob.*#2/)
    await desk.page.keyboard.press('Enter')
    await desk.shows(LAST_OF_BOB, desk.log)
    await tabTo(desk, /send 2/)
    desk.assertQuiet()
  })

  test('arrows move in the list of conversations', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.shows(LAST_OF_BOB, desk.rows)
    await tabTo(desk, /^B?bob.*#2/)
    await desk.page.keyboard.press('ArrowDown')
    assert.equal(await at(desk.rows.nth(1)), true)
    await desk.page.keyboard.press('End')
    assert.equal(await at(desk.rows.last()), true)
    await desk.page.keyboard.press('Home')
    assert.equal(await at(desk.rows.first()), true)
  })

  test('a slash leads to the search and Escape out of it', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.shows(LAST_OF_BOB, desk.rows)
    await desk.page.keyboard.press('/')
    await desk.page.keyboard.type('徒步')
    await desk.page.locator('mark').first().waitFor()
    assert.equal(await desk.page.getByRole('searchbox').inputValue(), '徒步')
    await desk.page.keyboard.press('Escape')
    await waitFor('the whole list', async () => (await desk.page.getByRole('searchbox').inputValue()) === '')
    await desk.shows('妈妈', desk.rows)
  })

  test('the first thing Tab reaches leads past the lists', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.shows(LAST_OF_BOB, desk.rows)
    await desk.page.keyboard.press('Tab')
    assert.equal(await focused(desk), desk.say('skip'))
    await desk.page.keyboard.press('Enter')
    assert.equal(await desk.page.evaluate("document.activeElement?.closest('main') !== null"), true)
  })

  test('arrows lead to every view', async t => {
    const desk = await sit(t, livelyFolder().path)
    await desk.shows(LAST_OF_BOB, desk.rows)
    for (const view of VIEWS.slice(1)) {
      await desk.page.locator('.rail-button[tabindex="0"]').focus()
      await desk.page.keyboard.press('ArrowDown')
      await desk.page.keyboard.press('Enter')
      await desk.page.locator(`.app[data-view="${view}"]`).waitFor()
    }
    desk.assertQuiet()
  })
})
