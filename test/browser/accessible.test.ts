import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import type { AxeResults } from 'axe-core'
import { type Desk, useDesk, VIEWS } from './support/desk.ts'
import { LAST_OF_BOB, livelyFolder } from './support/lively-folder.ts'
import { emptyPageFolder } from './support/page-folder.ts'
import { LAST_OF_OWNER, STRANGER_SHORT, wechatFolder } from './support/wechat-folder.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What would keep somebody from using the page: axe calls it serious or critical. */
async function assertAccessible(desk: Desk, where: string): Promise<void> {
  const { violations } = await desk.page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })')
  const found = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`))
  assert.deepEqual(found, [], where)
}

describe('axe', () => {
  const { sit } = useDesk()
  const sitWithAxe = async (...args: Parameters<typeof sit>) => {
    const desk = await sit(...args)
    await desk.page.evaluate(AXE)
    return desk
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      test(`finds nothing serious in any view (${colorScheme}, ${width} px)`, async t => {
        const desk = await sitWithAxe(t, livelyFolder().path, { colorScheme, width })
        await desk.shows(LAST_OF_BOB, desk.rows)
        for (const view of VIEWS) {
          await desk.go(view)
          await assertAccessible(desk, view)
        }
      })
    }

    test(`finds nothing serious in messages of every kind (${colorScheme})`, async t => {
      for (const layout of ['bubble', 'table', 'card']) {
        const desk = await sitWithAxe(t, livelyFolder().path, { colorScheme, settings: { layout, split: 'time' } })
        await desk.open(desk.say('allMessages'))
        await desk.shows(LAST_OF_BOB, desk.log)
        await assertAccessible(desk, layout)
      }
    })

    test(`finds nothing serious in what comes from WeChat, and in what is told of accounts there (${colorScheme})`, async t => {
      const folder = wechatFolder({ second: 'login_needed' })
      const desk = await sitWithAxe(t, folder.path, { colorScheme, settings: { split: 'time' } })
      await desk.open(desk.say('allMessages'))
      for (const layout of ['layoutBubble', 'layoutTable', 'layoutCard'] as const) {
        await desk.page.getByRole('button', { name: desk.say(layout), exact: true }).click()
        await desk.shows(LAST_OF_OWNER, desk.log)
        await assertAccessible(desk, layout)
      }
      await desk.go('channel')
      await assertAccessible(desk, 'channel')
      await desk.go('chat')
      await desk.page.getByRole('button', { name: desk.say('splitFriend'), exact: true }).click()
      await desk.open(STRANGER_SHORT)
      await assertAccessible(desk, 'refused')
    })

    test(`finds nothing serious in a search and in what is told of problems (${colorScheme})`, async t => {
      const desk = await sitWithAxe(t, livelyFolder({ stopped: true }).path, { colorScheme, language: 'zh' })
      await desk.page.locator('[data-problem="daemon_down"]:visible').waitFor()
      await desk.page.getByRole('searchbox').fill('徒步')
      await desk.page.locator('mark').first().waitFor()
      await assertAccessible(desk, 'search')
      const empty = await sitWithAxe(t, emptyPageFolder().path, { colorScheme })
      await empty.page.locator('[data-problem="no_data"]:visible').waitFor()
      await assertAccessible(empty, 'no data')
    })
  }
})
