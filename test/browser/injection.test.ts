import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { takeCensus } from './in-page/census.js'
import { type Desk, useDesk, VIEWS } from './support/desk.ts'
import { hostileFolder } from './support/hostile-folder.ts'
import { PAYLOADS, WORD } from './support/payloads.ts'

/** All that our own page is made of. Another tag or attribute in it has been put there by a text. */
const TAGS = words(`
  a article bdi body button code dd div dl dt footer h1 h2 h3 head header html input kbd li link main mark meta nav ol p
  pre script section span strong table tbody td th thead time title tr ul
  svg:g svg:line svg:path svg:rect svg:svg svg:text svg:title svg:use
`)
const ATTRIBUTES = words(`
  aria-current aria-expanded aria-hidden aria-keyshortcuts aria-label aria-labelledby aria-live aria-pressed
  autocomplete charset class colspan content data-choice data-code data-font data-initial data-key data-live data-pane data-problem
  data-section data-theme data-view datetime dir focusable height hidden href id lang name placeholder rel role rx scope
  spellcheck src tabindex text-anchor title type viewBox width x x1 x2 y y1 y2
`)
/** Where an address may stand, and which. */
const ADDRESSES = [
  /^link href=(?:favicon\.svg|styles\/[a-z]+\.css)$/,
  /^script src=main\.js$/,
  /^svg:use href=icons\.svg#[a-z-]+$/,
  /^a href=#[a-z]+$/,
]

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}

/** The files of the page, the data files on its list, and the live stream. */
const ASKED_FOR =
  /^\/(?:live|openwechat_im_client\/[a-z_]+\.(?:json|md|log)|(?:[a-z-]+\/)*[a-z0-9-]+\.(?:js|css|svg))?$/

async function assertUntouched(desk: Desk, where: string): Promise<void> {
  const { tags, attributes, addresses, carriers } = await desk.page.evaluate(takeCensus, WORD)
  const strange = {
    tags: tags.filter(tag => !TAGS.has(tag)),
    attributes: attributes.filter(name => !ATTRIBUTES.has(name)),
    addresses: addresses.filter(one => !ADDRESSES.some(known => known.test(one))),
    carriers,
  }
  assert.deepEqual(strange, { tags: [], attributes: [], addresses: [], carriers: [] }, where)
  assert.equal(await desk.page.evaluate('window.pwned'), undefined, where)
}

describe('texts of strangers', () => {
  const { sit } = useDesk()

  for (const [kind, texts] of Object.entries(PAYLOADS)) {
    test(`${kind}: nothing of it becomes more than text`, async t => {
      const desk = await sit(t, hostileFolder(texts).path)
      await desk.rows.first().waitFor()
      for (const layout of ['layoutBubble', 'layoutTable', 'layoutCard'] as const) {
        // Each with its own ways to show a row; every conversation in one.
        await desk.page.getByRole('button', { name: desk.say('splitTime'), exact: true }).click()
        await desk.open(desk.say('allMessages'))
        await desk.page.getByRole('button', { name: desk.say(layout), exact: true }).click()
        await desk.shows(kind === 'names' ? 'constructor' : WORD, desk.log)
        await assertUntouched(desk, layout)
        const quote = desk.log.locator('.quote-link').last()
        const older = desk.page.getByRole('button', { name: desk.say('olderButton'), exact: true })
        // A line may be longer than what is read at first.
        while ((await quote.count()) === 0) await older.click()
        await quote.click()
        await desk.log.locator('.row-target, .quote-gone').first().waitFor()
        await assertUntouched(desk, `${layout}, where a quote leads`)
      }
      for (const split of ['splitSession', 'splitFriend'] as const) {
        await desk.page.getByRole('button', { name: desk.say(split), exact: true }).click()
        await desk.rows.first().click()
        await assertUntouched(desk, split)
        await desk.rows.last().click()
        await assertUntouched(desk, split)
      }
      await desk.page.getByRole('searchbox').fill(texts[0]?.slice(0, 30).trim() || 'a')
      await desk.rows.first().waitFor()
      await assertUntouched(desk, 'search')
      for (const view of VIEWS) {
        await desk.go(view)
        await desk.page.locator('main').waitFor()
        await assertUntouched(desk, view)
      }
      desk.assertQuiet()
      const paths = [
        ...new Set(desk.requests.map(url => new URL(url)).map(({ pathname, search }) => pathname + search)),
      ]
      assert.deepEqual(
        paths.filter(path => !ASKED_FOR.test(path)),
        [],
      )
    })
  }
})
