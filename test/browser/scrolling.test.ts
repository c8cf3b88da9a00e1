import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Locator } from 'playwright-core'
import { waitFor } from '../support/wait-for.ts'
import { scrollTo } from './in-page/scroll.js'
import { useDesk } from './support/desk.ts'
import { chat, emptyPageFolder, MINUTE, NOW, type PageFolder, relayParty, writeState } from './support/page-folder.ts'

const COUNT = 2500

/** Two people, one of whom spoke only long ago: pages of the file hold nothing of hers. */
function longFolder(): PageFolder {
  const folder = emptyPageFolder()
  writeState(folder)
  const records = Array.from({ length: COUNT }, (_, index) => {
    const n = index + 1
    const from = n <= 50 ? relayParty(3, 'carol') : relayParty(2, 'bob')
    return chat(NOW - (COUNT - n) * MINUTE, from, `Message of the long history, no. ${n}`)
  })
  folder.say(...records)
  return folder
}

const numbers = async (log: Locator): Promise<number[]> =>
  [...(await log.innerText()).matchAll(/no\. (\d+)/g)].map(found => Number(found[1]))

describe('a long history', () => {
  const { sit } = useDesk()

  test('is read up to its beginning by scrolling, every message once and in order', async t => {
    const desk = await sit(t, longFolder().path, { settings: { split: 'time' } })
    await desk.open(desk.say('allMessages'))
    await desk.shows(`no. ${COUNT}`, desk.log)
    const seen = new Set<number>()
    await waitFor(
      'the beginning',
      async () => {
        const shown = await numbers(desk.log)
        assert.deepEqual(
          shown,
          shown.map((_, index) => (shown[0] ?? 0) + index),
        )
        for (const n of shown) seen.add(n)
        await desk.log.evaluate(scrollTo, 0)
        return seen.has(1)
      },
      { limitMs: 60_000 },
    )
    assert.equal(seen.size, COUNT)
    await desk.shows(desk.say('beginning'), desk.log)
    desk.assertQuiet()
  })

  test('keeps what is looked at in its place while older messages come in above', async t => {
    const desk = await sit(t, longFolder().path, { settings: { split: 'time' } })
    await desk.open(desk.say('allMessages'))
    await desk.shows(`no. ${COUNT}`, desk.log)
    await desk.log.evaluate(scrollTo, 700)
    const [first = 0] = await numbers(desk.log)
    const marked = desk.log.getByText(`no. ${first + 20}`, { exact: false }).first()
    const before = (await marked.boundingBox())?.y ?? Number.NaN
    await desk.log.evaluate(scrollTo, 500)
    await waitFor('older ones', async () => ((await numbers(desk.log))[0] ?? 0) < first)
    const after = (await marked.boundingBox())?.y ?? Number.NaN
    assert.ok(Math.abs(after - before - 200) < 3, `moved by ${after - before} instead of 200`)
    desk.assertQuiet()
  })

  test('does not fill the page with rows', async t => {
    const desk = await sit(t, longFolder().path, { settings: { split: 'time' } })
    await desk.open(desk.say('allMessages'))
    await desk.shows(`no. ${COUNT}`, desk.log)
    for (let turn = 0; turn < 30; turn++) {
      await desk.log.evaluate(scrollTo, 0)
      assert.ok((await numbers(desk.log)).length < 400)
    }
    desk.assertQuiet()
  })

  test('shows a contact whose messages are all old', async t => {
    const folder = longFolder()
    folder.json('contacts.json', {
      3: { name: 'carol', relationship: 'accepted', last_seen_utc: '2026-01-01T00:00:00Z' },
    })
    const desk = await sit(t, folder.path)
    await desk.open('carol')
    await desk.shows('no. 50', desk.log)
    desk.assertQuiet()
  })

  test('gives the newest ones back when asked', async t => {
    const desk = await sit(t, longFolder().path, { settings: { split: 'time' } })
    await desk.open(desk.say('allMessages'))
    await desk.shows(`no. ${COUNT}`, desk.log)
    for (let turn = 0; turn < 10; turn++) await desk.log.evaluate(scrollTo, 0)
    await desk.page.getByText(desk.say('toNewest')).click()
    await waitFor('the end', async () => (await numbers(desk.log)).at(-1) === COUNT)
    desk.assertQuiet()
  })
})
