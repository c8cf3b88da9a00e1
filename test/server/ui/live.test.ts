import assert from 'node:assert/strict'
import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { createLive } from '../../../scripts/server/ui/live.ts'
import { type FileVersion, SHOWN_FILES, type ShownFile } from '../../../scripts/store/data-file-reader.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type Site, startSite } from './site.ts'

interface Page {
  readonly events: readonly EventSourceMessage[]
  readonly hasEnded: () => boolean
  /** The data of its events of one type. */
  of(
    type: 'state' | 'change',
  ): { name?: string; size?: number; gone?: boolean; files?: Record<string, FileVersion | null> }[]
  leave(): void
}

async function openPage(t: TestContext, site: Site, lastEventId?: string): Promise<Page> {
  const abort = new AbortController()
  t.after(() => abort.abort())
  const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }
  const reply = await fetch(`${site.url}/live`, { headers, signal: abort.signal })
  assert.equal(reply.status, 200)
  assert.equal(reply.headers.get('content-type'), 'text/event-stream')
  const events: EventSourceMessage[] = []
  let ended = false
  void follow(reply, event => events.push(event)).finally(() => {
    ended = true
  })
  await waitFor('the state', () => events.length > 0)
  return {
    events,
    hasEnded: () => ended,
    of: type => events.filter(one => one.event === type).map(one => JSON.parse(one.data)),
    leave: () => abort.abort(),
  }
}

async function follow(reply: Response, onEvent: (event: EventSourceMessage) => void): Promise<void> {
  const parser = createParser({ onEvent })
  const decoder = new TextDecoder()
  try {
    for await (const piece of reply.body ?? []) parser.feed(decoder.decode(piece, { stream: true }))
  } catch {
    // Aborted, or hung up on.
  }
}

const lastId = (page: Page) => page.events.at(-1)?.id ?? ''

describe('a live page', () => {
  test('gets the state of all seven files first, missing ones too', async t => {
    const site = await startSite(t)
    rmSync(join(site.data, 'stats.json'))
    const page = await openPage(t, site)
    const files = page.of('state')[0]?.files ?? {}
    assert.deepEqual(Object.keys(files), [...SHOWN_FILES])
    assert.equal(files['stats.json'], null)
    assert.equal(files['profile.json']?.size, 19)
    const etag = (await site.wire().get('/openwechat_im_client/profile.json')).headers.get('etag')
    const { inode, size, mtimeMs } = files['profile.json'] ?? {}
    assert.equal(etag, `"${inode}-${size}-${mtimeMs}"`)
  })

  test('hears of what is appended, replaced, removed and back again', async t => {
    const site = await startSite(t)
    const page = await openPage(t, site)
    const seen = (count: number) => waitFor(`change ${count}`, () => page.of('change').length >= count)
    appendFileSync(join(site.data, 'conversations.md'), ' and more')
    await seen(1)
    site.write('new', 'another profile')
    renameSync(join(site.data, 'new'), join(site.data, 'profile.json'))
    await seen(2)
    rmSync(join(site.data, 'stats.json'))
    await seen(3)
    site.write('stats.json', '{}')
    await seen(4)
    const told = page.of('change').map(({ name, size, gone }) => ({ name, size, gone }))
    assert.deepEqual(told, [
      { name: 'conversations.md', size: 32, gone: undefined },
      { name: 'profile.json', size: 15, gone: undefined },
      { name: 'stats.json', size: undefined, gone: true },
      { name: 'stats.json', size: 2, gone: undefined },
    ])
    assert.equal(page.of('state').length, 1)
    assert.equal(new Set(page.events.map(one => one.id)).size, 5, 'every event has an id of its own')
  })

  test('hears of the channel log’s rotation as of a new file', async t => {
    const site = await startSite(t)
    const page = await openPage(t, site)
    const before = page.of('state')[0]?.files?.['sse_channel.log']
    const path = join(site.data, 'sse_channel.log')
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'x')
    const last = await waitFor('the new one', () => page.of('change').find(one => one.size === 1))
    assert.equal(last.name, 'sse_channel.log')
    assert.notEqual((last as unknown as FileVersion).inode, before?.inode)
  })

  test('takes a link for a file that is gone', async t => {
    const site = await startSite(t)
    const page = await openPage(t, site)
    rmSync(join(site.data, 'profile.json'))
    symlinkSync(join(site.data, 'config.json'), join(site.data, 'profile.json'))
    await waitFor('the change', () => page.of('change').length > 0)
    assert.deepEqual(page.of('change'), [{ name: 'profile.json', gone: true }])
  })

  test('that comes back is told what it missed, and only that', async t => {
    const site = await startSite(t)
    const first = await openPage(t, site)
    first.leave()
    appendFileSync(join(site.data, 'conversations.md'), '!')
    rmSync(join(site.data, 'stats.json'))
    const second = await openPage(t, site, lastId(first))
    await waitFor('both', () => second.of('change').length > 1)
    const missed = second.of('change').map(one => one.name)
    assert.deepEqual(missed, ['stats.json', 'conversations.md'])
    second.leave()
    const third = await openPage(t, site, second.events.at(-2)?.id)
    await waitFor('the other', () => third.of('change').length > 0)
    assert.deepEqual(
      third.of('change').map(one => one.name),
      ['conversations.md'],
      'what it has not heard, once it has heard a part',
    )
    const fourth = await openPage(t, site, lastId(third))
    assert.deepEqual(fourth.of('change'), [])
  })

  test('gets no more than the state for an id that nobody gave it', async t => {
    const site = await startSite(t)
    for (const id of ['x', '-_-', 'a.b.c_-_-_-_-_-_-', `${'9'.repeat(500)}_-_-_-_-_-_-`]) {
      const page = await openPage(t, site, id)
      assert.equal(page.events.length, 1, id)
    }
  })

  test('is one of fifty that all hear the same', async t => {
    const site = await startSite(t)
    const pages = await Promise.all(Array.from({ length: 50 }, () => openPage(t, site)))
    appendFileSync(join(site.data, 'conversations.md'), '!')
    await waitFor('all of them', () => pages.every(page => page.of('change').length === 1))
    assert.equal(new Set(pages.map(lastId)).size, 1)
    pages[0]?.leave()
    appendFileSync(join(site.data, 'conversations.md'), '!')
    await waitFor('the others', () => pages.slice(1).every(page => page.of('change').length === 2))
  })

  test('is let go of when the server ends', async t => {
    const site = await startSite(t)
    const page = await openPage(t, site)
    await site.close()
    await waitFor('its end', page.hasEnded)
  })
})

/** Takes what is written, or lets it lie. */
function fakeResponse({ isSlow = false } = {}) {
  const listeners: (() => void)[] = []
  let text = ''
  const response = {
    destroyed: false,
    get writableLength() {
      return isSlow ? text.length : 0
    },
    write(piece: string) {
      text += piece
    },
    on(_event: 'close', listener: () => void) {
      listeners.push(listener)
    },
    destroy() {
      if (response.destroyed) return
      response.destroyed = true
      for (const listener of listeners) listener()
    },
  }
  return { response: response as never, facts: response, text: () => text, end: () => response.destroy() }
}

describe('the look at the files', () => {
  function scene() {
    const clock = createFakeClock()
    let looks = 0
    let size = 0
    const live = createLive({
      clock,
      look: (_name: ShownFile) => {
        looks++
        return { inode: '1', size, mtimeMs: 0 }
      },
    })
    return {
      clock,
      live,
      grow: () => {
        size++
      },
      looks: () => looks,
    }
  }

  test('is taken for all pages together, and for none not at all', () => {
    const { clock, live, looks } = scene()
    clock.advance(1000)
    assert.equal(looks(), 0)
    const pages = [fakeResponse(), fakeResponse(), fakeResponse()]
    for (const page of pages) live.join(page.response, undefined)
    const before = looks()
    clock.advance(100)
    assert.equal(looks() - before, 2 * SHOWN_FILES.length)
    for (const page of pages) page.end()
    const after = looks()
    clock.advance(1000)
    assert.equal(looks(), after)
  })

  test('keeps silent connections alive with a comment every 15 seconds', () => {
    const { clock, live } = scene()
    const page = fakeResponse()
    live.join(page.response, undefined)
    clock.advance(46_000)
    assert.equal(page.text().match(/^: here\n\n/gm)?.length, 3)
  })

  test('gives up a page that does not read, and keeps the others', () => {
    const { clock, live, grow } = scene()
    const [slow, other] = [fakeResponse({ isSlow: true }), fakeResponse()]
    live.join(slow.response, undefined)
    live.join(other.response, undefined)
    for (let i = 0; i < 200; i++) {
      grow()
      clock.advance(50)
    }
    assert.equal(slow.facts.destroyed, true)
    assert.ok(slow.text().length < 80 * 1024)
    assert.equal(other.facts.destroyed, false)
  })
})
