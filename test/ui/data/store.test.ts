import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bob, eve, line, me, memoryStorage, NOW, ops, testPage } from './test-page.ts'

const FILE = 'conversations.md'

async function shown(...lines: string[]) {
  const page = testPage()
  page.served.append(FILE, lines.join(''))
  await page.store.refresh()
  return page
}

describe('the conversations of the page', () => {
  test('belong to who wrote, to whom we wrote, or to whom a notice is about', async () => {
    const { store } = await shown(
      line({ from: eve, content: 'from eve' }),
      line({ content: 'from bob' }),
      line({ from: me, to: bob, content: 'to bob' }),
      line({ from: { address: { scheme: 'relay', id: 0 }, name: 'system' }, type: 'system', flags: { peer: '#3' } }),
      line({ from: ops }),
    )
    assert.deepEqual(
      store.conversations().map(one => [one.name, one.channel, one.last?.content]),
      [
        ['ops', 'webhook', 'hello'],
        ['eve', 'relay', 'hello'],
        ['bob', 'relay', 'to bob'],
      ],
    )
    assert.deepEqual(
      store.conversations({ channel: 'webhook' }).map(one => one.name),
      ['ops'],
    )
    assert.deepEqual(
      store.conversations({ text: 'TO B' }).map(one => one.name),
      ['bob'],
    )
  })

  test('go by the names of contacts.json, and list contacts of whom nothing was heard', async () => {
    const page = await shown(line())
    page.served.append(
      'contacts.json',
      JSON.stringify({
        2: { name: 'Robert', relationship: 'accepted', last_seen_utc: '2026-03-10T10:00:00Z' },
        9: { name: 'nina', relationship: 'pending_incoming' },
      }),
    )
    await page.store.refresh()
    assert.deepEqual(
      page.store.conversations().map(one => [one.name, one.relationship, one.last?.content]),
      [
        ['Robert', 'accepted', 'hello'],
        ['nina', 'pending_incoming', undefined],
      ],
    )
  })

  test('show a line that is no record as a note, and drop none', async () => {
    const { store } = await shown(line(), 'my own remark <b>\n', line({ from: eve }))
    const notes = store.conversations().find(one => one.kind === 'notes')
    assert.equal(notes?.last?.content, 'my own remark <b>')
    assert.deepEqual(
      store.items(null).map(one => one.type),
      ['chat', 'note', 'chat'],
    )
    assert.equal(store.items(null)[1]?.atMs, store.items(null)[0]?.atMs)
  })

  test('a line of nobody known moves to its sender when a correction names it, and only it is drawn again', async () => {
    const page = await shown(
      line({ content: 'before' }),
      line({ from: null, flags: { seq: '7' }, content: 'eve: hi' }),
      line({ from: null, flags: { seq: '8' }, content: 'other' }),
    )
    const before = page.store.items(null)
    assert.deepEqual(
      before.map(one => one.conversation),
      ['relay:2', 'unverified', 'unverified'],
    )
    const correction = line({ from: eve, type: 'correction', flags: { ref: '7' }, content: 'hi' })
    page.served.append(FILE, correction)
    await page.store.refresh()
    const after = page.store.items(null)
    assert.deepEqual(
      after.map(one => one.conversation),
      ['relay:2', 'relay:3', 'unverified', 'relay:3'],
    )
    assert.deepEqual([after[1]?.sender, after[1]?.content, after[1]?.key], [eve, 'hi', before[1]?.key])
    assert.notEqual(after[1]?.correctedAtMs, null)
    assert.equal(after[3]?.corrects, after[1]?.key)
    assert.equal(after[0], before[0])
    assert.equal(after[2], before[2])
  })

  test('a correction finds its line also when that one is read later', async () => {
    const filler = Array.from({ length: 3000 }, (_, i) => line({ content: `filler ${i}` }))
    const page = await shown(
      line({ from: null, flags: { seq: '7' }, content: 'eve: hi' }),
      ...filler,
      line({ from: eve, type: 'correction', flags: { ref: '7' }, content: 'hi' }),
    )
    const { store } = page
    assert.equal(store.items('relay:3').at(-1)?.corrects, null)
    while (!store.atStart) await store.older(null)
    assert.deepEqual(
      store.items('relay:3').map(one => one.content),
      ['hi', 'hi'],
    )
    assert.equal(store.items('relay:3').at(-1)?.corrects, store.items('relay:3')[0]?.key)
  })

  test('nobody can correct a line whose sender is known', async () => {
    const { store } = await shown(
      line({ flags: { seq: '7' } }),
      line({ from: eve, type: 'correction', flags: { ref: '7' } }),
    )
    assert.deepEqual(store.items(null)[0]?.sender, bob)
  })

  test('own lines tell their state, others what makes them doubtful', async () => {
    const { store } = await shown(
      line({ from: me, to: bob, flags: { state: 'unknown' } }),
      line({ from: me, to: bob, type: 'file', flags: { attachment: 'a b.pdf' } }),
      line({ flags: { imitates: '#1' } }),
      line({ from: bob, flags: { state: 'partial' } }),
      line({ type: 'friend_request', flags: { also: 'chat' } }),
    )
    const [unknown, file, imitating, partial, request] = store.items('relay:2')
    assert.deepEqual([unknown?.direction, unknown?.state], ['out', 'unknown'])
    assert.deepEqual([file?.attachment, file?.state], ['a b.pdf', null])
    assert.equal(imitating?.imitates, '#1')
    assert.deepEqual([partial?.direction, partial?.state], ['in', 'partial'])
    assert.equal(request?.alsoChat, true)
  })
})

describe('what is unread in this browser', () => {
  const snapshot = (unread: number) => JSON.stringify({ unread_count: unread })

  test('is at the first visit what the agent has not read', async () => {
    const page = testPage()
    page.served.append(FILE, line() + line({ from: eve }) + line({ from: me, to: eve }) + line({ from: eve }))
    page.served.append('context_snapshot.json', snapshot(2))
    await page.store.refresh()
    assert.equal(page.store.unread, 2)
    assert.deepEqual(
      page.store.conversations().map(one => [one.name, one.unread]),
      [
        ['eve', 2],
        ['bob', 0],
      ],
    )
  })

  test('is what came since the conversation was seen, also after the page was loaded again', async () => {
    const storage = memoryStorage()
    const page = testPage({ storage })
    page.served.append(FILE, line())
    page.served.append('context_snapshot.json', snapshot(0))
    await page.store.refresh()
    page.served.append(FILE, line() + line({ from: eve }) + line({ from: me, to: bob }))
    await page.store.refresh()
    assert.equal(page.store.unread, 2)
    page.store.markRead('relay:2')
    const again = testPage({ served: page.served, storage })
    await again.store.refresh()
    assert.deepEqual(
      again.store.conversations().map(one => [one.name, one.unread]),
      [
        ['bob', 0],
        ['eve', 1],
      ],
    )
    again.store.markRead(null)
    assert.equal(again.store.unread, 0)
  })

  test('counts what came meanwhile, though it does not fit into the first page', async () => {
    const storage = memoryStorage()
    const page = testPage({ storage })
    page.served.append(FILE, line())
    page.served.append('context_snapshot.json', snapshot(0))
    await page.store.refresh()
    page.served.append(FILE, Array.from({ length: 9000 }, (_, i) => line({ content: `n ${i}` })).join(''))
    const again = testPage({ served: page.served, storage })
    await again.store.refresh()
    await again.pass(0)
    assert.equal(again.store.unread, 9000)
  })

  test('stays so when the file is written anew without its beginning', async () => {
    const page = testPage()
    const lines = Array.from({ length: 10 }, (_, i) => line({ content: `n ${i}` }))
    page.served.append(FILE, lines.join(''))
    page.served.append('context_snapshot.json', snapshot(3))
    await page.store.refresh()
    assert.equal(page.store.unread, 3)
    page.served.replace(FILE, lines.slice(4).join(''))
    await page.store.refresh()
    assert.equal(page.store.unread, 3)
  })

  test('is kept for pages that were dropped from memory', async () => {
    const page = testPage()
    page.served.append(FILE, line())
    page.served.append('context_snapshot.json', snapshot(0))
    await page.store.refresh()
    page.served.append(FILE, Array.from({ length: 30_000 }, (_, i) => line({ content: `n ${i}` })).join(''))
    await page.store.refresh()
    assert.equal(page.store.unread, 30_000)
    assert.ok(page.store.items(null).length < 22_000)
  })

  test('is forgotten, and nothing else, where the browser keeps nothing', async () => {
    const storage = {
      getItem: () => {
        throw new Error('denied')
      },
      setItem: () => {
        throw new Error('denied')
      },
    }
    const page = testPage({ storage })
    page.served.append(FILE, line())
    await page.store.refresh()
    page.store.markRead('relay:2')
    assert.equal(page.store.items(null).length, 1)
  })
})

describe('a long history', () => {
  const many = Array.from({ length: 60_000 }, (_, i) =>
    line({ content: `message ${i}`, from: i % 1000 === 0 ? eve : bob }),
  ).join('')

  test('is there after one request, goes back page by page, and never fills the memory', async () => {
    const page = testPage()
    page.served.append(FILE, many)
    await page.store.refresh()
    assert.equal(page.served.asked.filter(one => one.name === FILE).length, 1)
    let first = page.store.items(null)[0]?.offset ?? 0
    while (!page.store.atStart) {
      const { found } = await page.store.older(null)
      assert.ok(found > 0)
      const next = page.store.items(null)[0]?.offset ?? 0
      assert.ok(next < first)
      first = next
      assert.ok(page.store.items(null).length < 24_000)
    }
    assert.equal(page.store.items(null)[0]?.content, 'message 0')
    assert.equal(page.store.atEnd, false)
    while (!page.store.atEnd) {
      const last = page.store.items(null).at(-1)
      assert.ok((await page.store.newer(null)).found > 0)
      assert.ok(page.store.items(null).some(item => item.key === last?.key))
    }
    assert.equal(page.store.items(null).at(-1)?.content, 'message 59999')
  })

  test('can be left for the newest lines at once', async () => {
    const page = testPage()
    page.served.append(FILE, many)
    await page.store.refresh()
    while (!page.store.atStart) await page.store.older(null)
    page.store.focus(null)
    assert.equal(page.store.atEnd, true)
    assert.equal(page.store.items(null).at(-1)?.content, 'message 59999')
  })

  test('is the same list as long as no line changes, wherever the viewer looks', async () => {
    const page = testPage()
    page.served.append(FILE, many)
    await page.store.refresh()
    await page.store.older(null)
    const items = page.store.items('relay:2', { channel: null })
    page.served.append('stats.json', '{}')
    await page.store.refresh()
    page.changes.length = 0
    page.store.focus(items[10] ?? null)
    assert.equal(page.store.items('relay:2', { channel: null }), items)
    assert.deepEqual(page.changes, [])
    page.served.append(FILE, line())
    await page.store.refresh()
    assert.equal(page.store.items('relay:2', { channel: null }).length, items.length + 1)
  })

  test('gives nothing more while nobody answers, and goes on afterwards', async () => {
    const page = testPage()
    page.served.append(FILE, many)
    await page.store.refresh()
    const hit = page.store.items(null)[0]
    assert.ok(hit)
    page.served.isDown = true
    assert.deepEqual(await page.store.older(null), { found: 0, atStart: false })
    assert.equal((await page.store.search({ text: 'message 77' })).complete, false)
    assert.equal(await page.store.reveal(hit), true)
    assert.equal(await page.store.olderTimeline(), false)
    page.served.isDown = false
    assert.ok((await page.store.older(null)).found > 0)
  })

  test('is searched through, and a hit is shown with what stands around it', async () => {
    const page = testPage()
    page.served.append(FILE, many)
    await page.store.refresh()
    const progress: number[] = []
    const { hits, complete } = await page.store.search({
      text: 'MESSAGE 77',
      limit: 5000,
      onProgress: ({ done }) => progress.push(done),
    })
    assert.equal(complete, true)
    assert.equal(hits.length, many.split('\n').filter(one => one.includes('message 77')).length)
    assert.equal(hits.at(-1)?.content, 'message 77')
    assert.deepEqual(
      progress,
      progress.toSorted((one, other) => one - other),
    )
    assert.equal(progress.at(-1), 1)
    assert.ok(page.store.items(null).length < 24_000)
    const oldest = hits.at(-1)
    assert.ok(oldest)
    assert.equal(await page.store.reveal(oldest), true)
    assert.ok(page.store.items(null).some(one => one.key === oldest.key))
  })

  test('a search ends when it is cancelled, or has found enough', async () => {
    const page = testPage()
    page.served.append(FILE, many)
    await page.store.refresh()
    const stop = new AbortController()
    const cancelled = await page.store.search({
      text: 'e',
      signal: stop.signal,
      limit: 1e9,
      onProgress: () => stop.abort(),
    })
    assert.equal(cancelled.complete, false)
    const enough = await page.store.search({ text: 'message' })
    assert.deepEqual([enough.hits.length, enough.complete], [200, false])
    assert.equal(enough.hits[0]?.content, 'message 59999')
  })

  test('of somebody who writes rarely comes with the pages that it stands in', async () => {
    const page = testPage()
    page.served.append(FILE, many)
    await page.store.refresh()
    const before = page.store.items('relay:3').length
    const { found } = await page.store.older('relay:3')
    assert.ok(found > 0)
    assert.equal(page.store.items('relay:3').length, before + found)
  })
})

describe('messages per hour and day', () => {
  test('are counted, sent and received, up to now', async () => {
    const page = await shown(
      line({ at: '2026-03-10T11:59:59Z' }),
      line({ at: '2026-03-10T11:10:00Z', from: me, to: bob }),
      line({ at: '2026-03-10T11:10:00Z', from: me, to: bob, flags: { state: 'refused' } }),
      line({ at: '2026-03-08T11:10:00Z' }),
      line({ at: '2036-01-01T00:00:00Z', content: 'a clock that is wrong' }),
    )
    const hours = page.store.series('hour')
    assert.equal(hours.points.length, 24)
    assert.ok(hours.complete)
    const sums = (points: typeof hours.points) => [
      points.reduce((sum, one) => sum + one.received, 0),
      points.reduce((sum, one) => sum + one.sent, 0),
    ]
    assert.deepEqual(sums(hours.points), [1, 1])
    const days = page.store.series('day')
    assert.equal(days.points.length, 30)
    assert.deepEqual(sums(days.points), [2, 1])
    assert.ok((days.points.at(-1)?.fromMs ?? 0) <= NOW)
  })
})
