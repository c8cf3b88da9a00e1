import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { findMessages } from '../../scripts/projections/search/search.ts'
import { openSearchLookup } from '../../scripts/projections/search/search-file.ts'
import { createSearchIndex, type SearchIndex } from '../../scripts/projections/search/search-index.ts'
import type { Database } from '../../scripts/store/database.ts'
import { damageTable } from '../support/damage.ts'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { createMessageStore, type MessageStore, peerKey } from '../support/message-store.ts'

interface Indexed extends MessageStore {
  readonly index: SearchIndex
  readonly clock: FakeClock
  readonly faults: (readonly [reason: string, thrownAway: boolean])[]
  position(): number | undefined
  /** Lets time pass until nothing is left to do. */
  catchUp(): void
}

function indexed(
  t: { after(fn: () => void): void },
  store = createMessageStore(),
  database: () => Database = () => store.database,
): Indexed {
  const clock = createFakeClock()
  const faults: [string, boolean][] = []
  const path = store.folder.file('search.db')
  const index = createSearchIndex({
    path,
    database,
    clock,
    onUnreadable: () => faults.push(['unreadable', false]),
    onFault: (reason, thrownAway) => faults.push([reason, thrownAway]),
  })
  t.after(() => index.close())
  return {
    ...store,
    index,
    clock,
    faults,
    position() {
      const lookup = existsSync(path) ? openSearchLookup(path) : null
      try {
        return lookup?.position
      } finally {
        lookup?.close()
      }
    },
    catchUp() {
      while (clock.pending() > 0) clock.advance(1000)
    },
  }
}

function find(store: MessageStore, text: string, { peer, before = 1e9, limit = 50 } = {} as Partial<Wanted>) {
  const lookup = openSearchLookup(store.folder.file('search.db'))
  try {
    const found = findMessages(store.database, lookup, { text, peer, before, limit })
    return { seqs: found.messages.map(one => one.seq), lookedBackTo: found.lookedBackTo }
  } finally {
    lookup?.close()
  }
}
interface Wanted {
  peer: string | undefined
  before: number
  limit: number
}
const seqs = (store: MessageStore, text: string, wanted?: Partial<Wanted>) => find(store, text, wanted).seqs

const WORDS = [
  '明天下午三点开会，会议室不变',
  'The flaky test is GREEN again',
  'École à côté',
  'ok',
  '"quoted" OR not',
  'x\0hidden y',
]

/** Each found by the index, by the scan, and by both together. */
for (const [how, upTo] of [
  ['without an index', 0],
  ['with an index of everything', 6],
  ['with an index of a part', 3],
] as const) {
  describe(`a search ${how}`, () => {
    const cases: readonly (readonly [text: string, seqs: readonly number[]])[] = [
      ['会', [1]],
      ['会议', [1]],
      ['会议室', [1]],
      ['k', [4, 2]],
      ['ok', [4]],
      ['fla', [2]],
      ['green AGAIN', [2]],
      ['école', [3]],
      ['e\u0301cole', [3]],
      ['"quoted" OR', [5]],
      ['quoted OR flaky', []],
      ['hidden', [6]],
      ['x\0h', [6]],
      ['*', []],
      ['NEAR("a b", 2)', []],
      ['the', [2]],
    ]
    test('finds words of every length in every script, and takes them as they are', t => {
      const store = indexed(t)
      store.addAll(WORDS.map(content => ({ content })))
      store.index.follow(upTo)
      store.catchUp()
      assert.equal(store.position(), upTo === 0 ? undefined : upTo)
      for (const [text, expected] of cases) {
        assert.deepEqual(find(store, text), { seqs: expected, lookedBackTo: null }, JSON.stringify(text))
      }
    })

    test('finds what we sent, and the two halves of a pair once', t => {
      const store = indexed(t)
      store.addAll([{ content: 'dinner at eight' }, { content: 'dinner at eight' }, { to: 3, content: 'Dinner? Yes' }])
      store.merge(2, 1)
      store.index.follow(upTo / 2)
      store.catchUp()
      assert.deepEqual(seqs(store, 'dinner'), [3, 1])
      assert.deepEqual(seqs(store, 'dinner', { peer: peerKey(3) }), [3])
      assert.deepEqual(seqs(store, 'dinner', { peer: peerKey(2) }), [1])
    })

    test('takes ten thousand characters of anything as words', t => {
      const store = indexed(t)
      const long = '"); DROP TABLE words; -- NEAR(* ^'.repeat(300)
      store.addAll([{ content: `a ${long} b` }, { content: long.slice(1) }])
      store.index.follow(upTo / 3)
      store.catchUp()
      assert.deepEqual(seqs(store, long), [1])
    })
  })
}

describe('a search', () => {
  test('goes on where the one before ended, whatever the index knows', t => {
    const store = indexed(t)
    store.addAll(Array.from({ length: 300 }, (_, i) => ({ content: `number ${i + 1} of many` })))
    store.index.follow(170)
    store.catchUp()
    const all: number[] = []
    for (let before = 1e9; ; ) {
      const some = seqs(store, 'of many', { before, limit: 7 })
      all.push(...some)
      if (some.length < 7) break
      before = some.at(-1) ?? 0
    }
    assert.deepEqual(
      all,
      Array.from({ length: 300 }, (_, i) => 300 - i),
    )
  })

  test('looks at so many messages only, says how far back, and can be continued from there', t => {
    const store = indexed(t)
    store.addAll([{ content: '深' }, ...Array.from({ length: 20_500 }, () => ({ content: 'x' }))])
    const first = find(store, '深')
    assert.deepEqual(first, { seqs: [], lookedBackTo: 502 })
    assert.deepEqual(find(store, '深', { before: 502 }), { seqs: [1], lookedBackTo: null })
  })

  test('shows nothing that is not settled, nor what is behind it', t => {
    const store = indexed(t)
    store.addAll([{ content: 'early' }, { content: 'early', state: 'held' }, { content: 'early' }])
    assert.deepEqual(seqs(store, 'early'), [1])
  })

  test('uses what it can of a damaged index', t => {
    const store = indexed(t)
    store.addAll([{ content: 'before the damage' }, { content: 'after the damage' }])
    store.index.follow(2)
    store.catchUp()
    store.index.close()
    damageTable(store.folder.file('search.db'), 'words_data')
    assert.deepEqual(seqs(store, 'the damage'), [2, 1])
    writeFileSync(store.folder.file('search.db'), 'no database at all, but a text of some length')
    assert.deepEqual(seqs(store, 'the damage'), [2, 1])
  })
})

describe('the index', () => {
  test('follows a while behind, and not while a flood is on', t => {
    const store = indexed(t)
    store.add({ content: 'first' })
    store.index.follow(1)
    assert.equal(store.position(), undefined)
    store.clock.advance(1000)
    assert.equal(store.position(), 1)

    store.addAll(Array.from({ length: 1400 }, () => ({})))
    store.catchUp()
    store.index.follow(700)
    store.clock.advance(1000)
    store.index.follow(1401)
    store.clock.advance(1000)
    assert.equal(store.position(), 1)
    store.catchUp()
    assert.equal(store.position(), 1401)
  })

  test('takes a long backlog in pieces, with pauses', t => {
    const store = indexed(t)
    store.addAll(Array.from({ length: 400 }, () => ({ content: '一二三四五六七八九十'.repeat(20) })))
    store.index.follow(400)
    store.clock.advance(1000)
    const afterOne = store.position() ?? 0
    assert.ok(afterOne > 0 && afterOne < 200, String(afterOne))
    store.catchUp()
    assert.equal(store.position(), 400)
  })

  test('goes on where the process before it ended', t => {
    const store = createMessageStore()
    store.addAll([{ content: 'one of them' }, { content: 'two of them' }])
    const before = indexed(t, store)
    before.index.follow(1)
    before.catchUp()
    before.index.close()
    const after = indexed(t, store)
    after.index.follow(2)
    after.catchUp()
    assert.equal(after.position(), 2)
    assert.deepEqual(seqs(store, 'of them'), [2, 1])
  })

  test('that is no database is thrown away and made again, and state.db is not suspected', t => {
    const store = indexed(t)
    store.add({ content: 'kept safe' })
    writeFileSync(store.folder.file('search.db'), 'no database at all, but a text of some length'.repeat(50))
    store.index.follow(1)
    store.clock.advance(1000)
    assert.deepEqual(store.faults, [['file_is_not_a_database', true]])
    store.catchUp()
    assert.equal(store.position(), 1)
    assert.deepEqual(seqs(store, 'kept safe'), [1])
  })

  test('of another state.db, or of a newer copy of this one, is made again', t => {
    const other = createMessageStore()
    const store = createMessageStore({ path: other.folder.path.replace(/[^/]+$/, 'copy') })
    store.addAll([{ content: 'first one' }, { content: 'second one' }])
    const before = indexed(t, store)
    before.index.follow(2)
    before.catchUp()
    before.index.close()
    other.add({ content: 'another one' })
    const after = indexed(t, store, () => other.database)
    after.index.follow(1)
    after.catchUp()
    assert.equal(after.position(), 1)
    assert.deepEqual(after.faults, [])
  })

  test('forgets messages that were archived', t => {
    const store = indexed(t)
    store.addAll([{ content: 'long ago' }, { content: 'long ago' }, { content: 'long ago, and kept' }])
    store.index.follow(3)
    store.catchUp()
    store.database.run('DELETE FROM messages WHERE seq < 3')
    assert.deepEqual(seqs(store, 'long ago'), [3])
    store.add({ content: 'new' })
    store.index.follow(4)
    store.catchUp()
    const raw = new DatabaseSync(store.folder.file('search.db'), { readOnly: true })
    t.after(() => raw.close())
    assert.deepEqual(
      { ...raw.prepare('SELECT count(*) AS n, min(rowid) AS first FROM words').get() },
      { n: 2, first: 3 },
    )
  })

  test('waits when state.db can not be read, and goes on when it can', t => {
    const store = createMessageStore()
    store.add({ content: 'unreadable for now' })
    let broken = true
    const one = indexed(t, store, () => {
      if (broken) throw new Error('out of reach')
      return store.database
    })
    one.index.follow(1)
    one.clock.advance(1000)
    assert.deepEqual(one.faults.at(-1), ['unreadable', false])
    broken = false
    one.catchUp()
    assert.equal(one.position(), 1)
  })

  test('of a message that is a whole file knows the beginning', t => {
    const store = indexed(t)
    store.addAll([{ content: `needle one ${'x'.repeat(900_000)} needle two` }, { content: 'needle three' }])
    store.index.follow(2)
    store.catchUp()
    assert.deepEqual(seqs(store, 'needle'), [2, 1])
    assert.deepEqual(seqs(store, 'needle two'), [])
  })
})
