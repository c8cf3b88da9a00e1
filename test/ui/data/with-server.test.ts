import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { EventSource } from 'eventsource'
import { systemClock } from '../../../scripts/core/clock.ts'
import type { Logger } from '../../../scripts/core/logger.ts'
import { startPageServer } from '../../../scripts/server/ui/server.ts'
import { dataFolderAt } from '../../../scripts/store/data-folder.ts'
import { createStore } from '../../../ui/data/store.js'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { line, memoryStorage } from './test-page.ts'

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => SILENT }

/** The page's data and the page's server, each written from the same few sentences, understand each other. */
describe('the page with its server', async () => {
  const path = temporaryFolder()
  const file = join(path, 'conversations.md')
  const server = await startPageServer({
    pageFolder: join(import.meta.dirname, '../../../ui'),
    folder: dataFolderAt(path),
    port: 0,
    clock: systemClock,
    log: SILENT,
  })
  const store = createStore({
    base: `${server.url}/openwechat_im_client/`,
    fetch: (url, { signal = null, ...options }) => fetch(url, { ...options, signal }),
    connect: url => new EventSource(new URL(url, server.url)),
    storage: memoryStorage(),
  })
  after(async () => {
    store.stop()
    await server.close()
  })
  const contents = () => store.items(null).map(item => item.content)

  test('sees that there is nothing yet, then what appears, grows, is replaced and goes', async () => {
    store.start()
    await waitFor('nothing', () => store.live.mode === 'live' && store.problems[0]?.code === 'no_data')
    writeFileSync(file, line({ content: 'one' }))
    await waitFor('the file', () => contents().join() === 'one')
    appendFileSync(file, line({ content: 'two' }))
    await waitFor('a line more', () => contents().join() === 'one,two')
    writeFileSync(`${file}.new`, readFileSync(file, 'utf8').split('\n').slice(1).join('\n'))
    renameSync(`${file}.new`, file)
    await waitFor('another file', () => contents().join() === 'two')
    renameSync(file, `${file}.away`)
    await waitFor('no file', () => store.items(null).length === 0)
  })

  test('reads a long file backwards, by ranges, to its first line', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => line({ content: `line ${i} 好` }))
    writeFileSync(file, lines.join(''))
    await waitFor('the end', () => contents().at(-1) === 'line 4999 好')
    assert.ok(contents().length < 5000)
    while (!store.atStart) assert.ok((await store.older(null)).found > 0)
    assert.equal(contents()[0], 'line 0 好')
    assert.equal(contents().length, 5000)
  })
})
