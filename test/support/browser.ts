import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/**
 * A real browser: an installed Chromium or Chrome, else the one that a package of the registry ships for Linux on x64.
 * A machine that can have neither fails the test, and is told what to install.
 */

const ROOT = join(import.meta.dirname, '..', '..')

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const NO_BROWSER = `no Chromium can be started here.
Install Chromium or Google Chrome (Debian: apt-get install chromium; macOS: brew install --cask chromium),
or name one in the environment variable CHROMIUM_PATH.`

/** No graphics card is looked for, and letters are where they are on every machine. */
const FLAGS = ['--disable-gpu', '--font-render-hinting=none', '--disable-lcd-text', '--enable-precise-memory-info']

export async function startBrowser(flags: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? INSTALLED.find(path => existsSync(path)) ?? (await unpacked())
  const options = { executablePath, args: [...FLAGS, ...flags] }
  try {
    return await chromium.launch(options)
  } catch (cause) {
    if (!String(cause).includes('shared libraries')) throw new Error(NO_BROWSER, { cause })
  }
  const LD_LIBRARY_PATH = [libraries(), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':')
  return chromium.launch({ ...options, env: { ...process.env, LD_LIBRARY_PATH } }).catch(cause => {
    throw new Error(NO_BROWSER, { cause })
  })
}

/** The package has it compressed. Its own way of unpacking trusts whatever lies in the folder for temporary files. */
async function unpacked(): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(NO_BROWSER)
  const path = join(cache(), 'chromium')
  if (existsSync(path)) return path
  // Several test files may come here at once: each unpacks its own, and the last one stays.
  const own = `${path}.${process.pid}`
  await pipeline(
    createReadStream(shipped('chromium.br')),
    createBrotliDecompress({ chunkSize: 1024 * 1024 }),
    createWriteStream(own, { mode: 0o755 }),
  )
  renameSync(own, path)
  return path
}

/** What a machine without any desktop may not have: the package brings it along. */
function libraries(): string {
  const input = brotliDecompressSync(readFileSync(shipped('al2023.tar.br')))
  const { status, stderr } = spawnSync('tar', ['-xf', '-', '-C', cache()], { input })
  assert.equal(status, 0, String(stderr))
  return join(cache(), 'lib')
}

const shipped = (name: string): string =>
  fileURLToPath(new URL(`../bin/${name}`, import.meta.resolve('@sparticuz/chromium')))

/** Gone with the packages, when they are installed anew. */
function cache(): string {
  const { version } = JSON.parse(
    readFileSync(join(ROOT, 'node_modules', '@sparticuz', 'chromium', 'package.json'), 'utf8'),
  )
  const path = join(ROOT, 'node_modules', '.cache', `chromium-${version}`)
  mkdirSync(path, { recursive: true })
  return path
}

const FORBID_STORAGE =
  "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"

/** What a visitor sees, and everything that must not have happened meanwhile. */
export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** URLs asked for, in order. */
  readonly requests: readonly string[]
  /** Errors of the page, messages of its console that are warnings or errors, dialogs, other windows. */
  readonly complaints: readonly string[]
}

export interface Visitor extends BrowserContextOptions {
  readonly width?: number
  /** Requests for it fail, until `context.unroute` lets them through. */
  readonly blocked?: string
  /** What was chosen on another day, as the page keeps it. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** The browser lets no page keep anything. */
  readonly noStorage?: boolean
}

/** @param visitor the language and the colours of a browser decide what the page begins with */
export async function visit(
  browser: Browser,
  url: string,
  { width = 1280, blocked, settings, noStorage, ...visitor }: Visitor = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 844 : 800 },
    locale: 'en-GB',
    timezoneId: 'Asia/Shanghai',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    ...visitor,
  })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  context.on('request', request => requests.push(request.url()))
  context.on('page', other => complaints.push(`window ${other.url()}`))
  page.on('pageerror', error => complaints.push(`error ${error.stack ?? error.message}`))
  page.on('dialog', dialog => {
    complaints.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', message => {
    // The browser's own note about an answer such as 404, which may be what a test is about.
    if (message.text().startsWith('Failed to load resource')) return
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console ${message.text()}`)
  })
  if (blocked !== undefined) await context.route(blocked, route => route.abort())
  if (settings !== undefined) {
    const text = JSON.stringify(JSON.stringify(settings))
    // A blank page has no storage.
    await context.addInitScript(`try { localStorage['openwechat-im.settings'] ??= ${text} } catch {}`)
  }
  if (noStorage === true) await context.addInitScript(FORBID_STORAGE)
  await page.goto(url)
  return { page, context, requests, complaints }
}
