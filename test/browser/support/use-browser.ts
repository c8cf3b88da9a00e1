import assert from 'node:assert/strict'
import { after, before, type TestContext } from 'node:test'
import type { Browser } from 'playwright-core'
import { startBrowser, type Visit, type Visitor, visit } from '../../support/browser.ts'

/** One browser for all tests of a file; each visit is somebody with a clean profile, until the test is over. */
export function useBrowser(): (t: TestContext, url: string, visitor?: Visitor) => Promise<Visit> {
  let browser: Browser | undefined
  before(async () => {
    browser = await startBrowser()
  })
  after(() => browser?.close())
  return async (t, url, visitor) => {
    assert.ok(browser !== undefined, 'visits begin inside a test')
    const visited = await visit(browser, url, visitor)
    t.after(() => {
      // Whatever failed, this may be why.
      for (const complaint of visited.complaints) t.diagnostic(complaint)
      return visited.context.close()
    })
    return visited
  }
}
