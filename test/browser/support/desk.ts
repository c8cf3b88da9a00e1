import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Locator } from 'playwright-core'
import { TEXTS, type TextKey } from '../../../ui/i18n.js'
import type { ViewName } from '../../../ui/views/ui.d.ts'
import type { Visit, Visitor } from '../../support/browser.ts'
import { servePage } from './serve.ts'
import { useBrowser } from './use-browser.ts'

/** Somebody in front of the page. */
export interface Desk extends Visit {
  /** A text of the page, in the language of this visit. */
  say(key: TextKey, values?: Readonly<Record<string, string | number>>): string
  go(view: ViewName): Promise<void>
  /** Opens the first conversation in whose name for a screen reader this text stands. */
  open(text: string): Promise<void>
  /** What a locator shows in the end. */
  shows(text: string | RegExp, within?: Locator): Promise<void>
  readonly rows: Locator
  readonly log: Locator
  /** Nothing was complained of, and nothing but the page's own files was asked for. */
  assertQuiet(): void
}

const VIEW_NAMES = {
  chat: 'viewChat',
  contacts: 'viewContacts',
  stats: 'viewStats',
  channel: 'viewChannel',
  files: 'viewFiles',
  settings: 'viewSettings',
} as const satisfies Record<ViewName, TextKey>

export const VIEWS = Object.keys(VIEW_NAMES) as ViewName[]

export type Language = 'zh' | 'en'

export interface DeskVisitor extends Visitor {
  readonly language?: Language
}

export function useDesk() {
  const visit = useBrowser()
  async function sitAt(t: TestContext, url: string, { language = 'en', ...visitor }: DeskVisitor = {}): Promise<Desk> {
    const locale = language === 'zh' ? 'zh-CN' : 'en-GB'
    const visited = await visit(t, url, { locale, ...visitor })
    const desk = deskOf(visited, language, new URL(url).origin)
    await visited.page.locator('.app').waitFor()
    return desk
  }
  return {
    /** At the page that a server of the test's own shows. */
    sitAt,
    /** At the page that shows this data folder. */
    async sit(t: TestContext, path: string, visitor?: DeskVisitor): Promise<Desk> {
      const { url } = await servePage(t, path)
      return sitAt(t, url, visitor)
    },
  }
}

function deskOf(visited: Visit, language: Language, origin: string): Desk {
  const { page } = visited
  const say: Desk['say'] = (key, values = {}) =>
    TEXTS[key][language].replace(/\{(\w+)\}/g, (_whole, name) => String(values[name]))
  const rows = page.locator('.conversation')
  const log = page.getByRole('log')
  return {
    ...visited,
    say,
    rows,
    log,
    async go(view) {
      await page.locator('.rail-button', { hasText: say(VIEW_NAMES[view]) }).click()
      await page.locator(`.app[data-view="${view}"]`).waitFor()
    },
    async open(text) {
      await rows
        .and(page.getByRole('button', { name: text }))
        .first()
        .click()
      await log.waitFor()
    },
    async shows(text, within = page.locator('body')) {
      await within.getByText(text).first().waitFor()
    },
    assertQuiet() {
      assert.deepEqual(visited.complaints, [])
      const outside = visited.requests.filter(url => !url.startsWith(`${origin}/`))
      assert.deepEqual(outside, [])
    },
  }
}
