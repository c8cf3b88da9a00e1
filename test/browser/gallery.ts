import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { TEXTS } from '../../ui/i18n.js'
import { startBrowser, type Visitor, visit } from '../support/browser.ts'
import { livelyFolder } from './support/lively-folder.ts'
import { emptyPageFolder, type PageFolder } from './support/page-folder.ts'
import { type Scope, servePage } from './support/serve.ts'
import { OWNER_SHORT, STRANGER_SHORT, wechatFolder, wechatOnlyFolder } from './support/wechat-folder.ts'

/** `node test/browser/gallery.ts FOLDER`: a picture of every view, for somebody to look at. */

type Language = 'en' | 'zh'

interface Scene {
  readonly name: string
  readonly folder?: () => PageFolder
  readonly settings?: Visitor['settings']
  readonly arrange: (page: Page, language: Language) => Promise<void>
}

const go = (key: 'viewContacts' | 'viewStats' | 'viewChannel' | 'viewFiles' | 'viewSettings') => ({
  name: key.slice(4).toLowerCase(),
  arrange: (page: Page, language: Language) => page.locator('.rail-button', { hasText: TEXTS[key][language] }).click(),
})
const open = (text: string) => (page: Page) =>
  page.locator('.conversations').getByRole('button', { name: text }).first().click()

const SCENES: readonly Scene[] = [
  { name: 'list', arrange: page => page.locator('.conversation').first().waitFor() },
  { name: 'chat', arrange: open('#2') },
  { name: 'chat-zh', arrange: open('#3') },
  {
    name: 'chat-all',
    settings: { split: 'time' },
    arrange: page => page.locator('.conversation').first().click(),
  },
  { name: 'chat-table', settings: { layout: 'table' }, arrange: open('#2') },
  { name: 'chat-card', settings: { layout: 'card' }, arrange: open('#2') },
  { name: 'session', settings: { split: 'session' }, arrange: page => page.locator('.conversation').first().click() },
  { name: 'request', arrange: open('courier-7') },
  { name: 'imitator', arrange: open('#9') },
  { name: 'search', arrange: page => page.getByRole('searchbox').fill('徒步') },
  go('viewContacts'),
  go('viewStats'),
  go('viewChannel'),
  go('viewFiles'),
  go('viewSettings'),
  {
    name: 'daemon-down',
    folder: () => livelyFolder({ stopped: true }),
    arrange: page => page.locator('[data-problem]:visible').first().waitFor(),
  },
  { name: 'wechat', folder: wechatFolder, arrange: open(OWNER_SHORT) },
  {
    name: 'wechat-quote',
    folder: wechatFolder,
    async arrange(page) {
      await open(OWNER_SHORT)(page)
      await page.locator('.quote-link').first().click()
    },
  },
  { name: 'wechat-refused', folder: wechatFolder, arrange: open(STRANGER_SHORT) },
  {
    name: 'wechat-all',
    folder: wechatFolder,
    settings: { split: 'time' },
    arrange: page => page.locator('.conversation').first().click(),
  },
  {
    name: 'wechat-table',
    folder: wechatFolder,
    settings: { split: 'time', layout: 'table' },
    arrange: page => page.locator('.conversation').first().click(),
  },
  {
    name: 'wechat-card',
    folder: wechatFolder,
    settings: { split: 'time', layout: 'card' },
    arrange: page => page.locator('.conversation').first().click(),
  },
  { ...go('viewChannel'), name: 'wechat-channel', folder: () => wechatFolder({ second: 'retrying' }) },
  { ...go('viewChannel'), name: 'wechat-login', folder: () => wechatFolder({ second: 'login_needed' }) },
  {
    ...go('viewChannel'),
    name: 'wechat-stopped',
    folder: () => wechatFolder({ second: 'login_needed', daemonStopped: true }),
  },
  {
    name: 'wechat-only',
    folder: wechatOnlyFolder,
    arrange: page => page.locator('[data-problem]:visible').first().waitFor(),
  },
  {
    name: 'no-data',
    folder: emptyPageFolder,
    arrange: page => page.locator('[data-problem]:visible').first().waitFor(),
  },
]

/** Pictures are taken when nothing moves any more. */
const REST = 'new Promise(done => setTimeout(done, 300))'

const target = process.argv[2]
if (target === undefined) throw new Error('usage: node test/browser/gallery.ts FOLDER [NAME …]')
const wanted = process.argv.slice(3)
mkdirSync(target, { recursive: true })
const ends: (() => Promise<void>)[] = []
const scope: Scope = { after: end => void ends.push(end), diagnostic: (text: string) => console.error(text) }
const browser = await startBrowser()
for (const { name, folder = livelyFolder, settings = {}, arrange } of SCENES) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const { url } = await servePage(scope, folder().path)
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      for (const language of ['en', 'zh'] as const) {
        const picture = [name, colorScheme, width, language].join('-')
        const { page, context, complaints } = await visit(browser, url, {
          colorScheme,
          width,
          settings: { ...settings, language },
        })
        page.setDefaultTimeout(3000)
        await page.locator('.app').waitFor()
        await arrange(page, language).catch(error => console.error(picture, String(error).split('\n', 1)[0]))
        await page.evaluate(REST)
        await page.screenshot({ path: join(target, `${picture}.png`) })
        if (complaints.length > 0) console.error(picture, complaints)
        await context.close()
      }
    }
  }
}
await browser.close()
for (const end of ends) await end()
