import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { line, testPage } from './test-page.ts'

const FILE = 'conversations.md'

async function livePage() {
  const page = testPage()
  page.served.append(FILE, line())
  page.store.start()
  page.streams[0]?.say('open')
  page.streams[0]?.say('state', { files: {} })
  await page.store.refresh()
  return page
}

/** What a change that was pushed leads to, without asking for anything else. */
async function settled(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await Promise.resolve()
  assert.ok(condition())
}

describe('a page that follows its files', () => {
  test('reads what the stream says has changed, and nothing else', async () => {
    const page = await livePage()
    assert.equal(page.store.live.mode, 'live')
    page.served.append(FILE, line({ content: 'news' }))
    page.served.asked.length = 0
    page.streams[0]?.say('change', { name: FILE, inode: '1', size: 1, mtimeMs: 1 })
    await settled(() => page.store.items(null).at(-1)?.content === 'news')
    assert.deepEqual(
      page.served.asked.map(one => one.name),
      [FILE],
    )
    assert.ok(page.changes.at(-1)?.includes('messages'))
  })

  test('ignores what is no change of one of its files', async () => {
    const page = await livePage()
    page.served.asked.length = 0
    for (const data of [null, 'x', {}, { name: 'config.json' }, { name: 1 }, { name: '../state.db' }]) {
      page.streams[0]?.say('change', data)
    }
    assert.deepEqual(page.served.asked, [])
  })

  test('asks every few seconds while the stream is broken, and stops that when it is back', async () => {
    const page = await livePage()
    page.store.setAutoRefresh(true, 3)
    page.streams[0]?.say('error')
    await page.store.refresh()
    assert.equal(page.store.live.mode, 'polling')
    page.served.append(FILE, line({ content: 'polled' }))
    await page.pass(3000)
    assert.equal(page.store.items(null).at(-1)?.content, 'polled')
    page.streams[0]?.say('open')
    assert.equal(page.store.live.mode, 'live')
    await page.store.refresh()
    page.served.asked.length = 0
    await page.pass(3000)
    assert.deepEqual(page.served.asked, [])
    // A stream can be dead without a sign.
    await page.pass(30_000)
    assert.ok(page.served.asked.length > 0)
  })

  test('opens another stream when the browser has given the first one up', async () => {
    const page = await livePage()
    const [first] = page.streams
    assert.ok(first)
    first.readyState = 2
    first.say('error')
    await page.pass(5000)
    assert.equal(first.closed, true)
    assert.equal(page.streams.length, 2)
    first.say('open')
    assert.equal(page.store.live.mode, 'polling')
    page.streams[1]?.say('open')
    assert.equal(page.store.live.mode, 'live')
  })

  test('says that its server is down, and that it is back', async () => {
    const page = await livePage()
    page.served.isDown = true
    page.streams[0]?.say('error')
    await page.store.refresh()
    assert.equal(page.store.live.serverDown, true)
    assert.equal(page.store.problems[0]?.code, 'ui_server_down')
    assert.equal(page.store.items(null).length, 1)
    page.served.isDown = false
    await page.pass(5000)
    assert.equal(page.store.live.serverDown, false)
  })

  test('asks for nothing while auto-refresh is off, but for what the viewer wants', async () => {
    const page = await livePage()
    page.store.setAutoRefresh(false)
    assert.equal(page.store.live.mode, 'paused')
    assert.equal(page.streams[0]?.closed, true)
    page.served.append(FILE, line({ content: 'later' }))
    page.served.asked.length = 0
    page.streams[0]?.say('change', { name: FILE })
    assert.deepEqual(page.served.asked, [])
    await page.store.refresh()
    assert.equal(page.store.items(null).at(-1)?.content, 'later')
    page.store.setAutoRefresh(true)
    assert.equal(page.streams.length, 2)
  })

  test('tells when the daemon has not been heard of for long, though no file changes', async () => {
    const page = testPage()
    page.served.append('sse_channel.log', '[2026-03-10T12:00:00Z] SSE_CONNECTED stream=s1\n')
    page.store.start()
    page.streams[0]?.say('open')
    await page.store.refresh()
    assert.equal(page.store.channel.code, 'connected')
    page.changes.length = 0
    await page.pass(10 * 60_000)
    assert.equal(page.store.channel.code, 'stale')
    assert.ok(page.changes.flat().includes('channel'))
  })

  test('reads nothing again that has not changed', async () => {
    const page = await livePage()
    page.served.append('stats.json', '{}')
    await page.store.refresh()
    page.changes.length = 0
    await page.store.refresh()
    assert.deepEqual(page.changes, [])
  })
})
