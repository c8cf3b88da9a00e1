import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  AGENT,
  acknowledge,
  lastSettledSeq,
  readPosition,
  readWithPeer,
  unreadCount,
} from '../../scripts/store/positions.ts'
import { hasUnread, newMessages } from '../../scripts/store/reading.ts'
import { createMessageStore, type MessageStore, peerKey } from '../support/message-store.ts'

const unread = (store: MessageStore) => unreadCount(store.database, AGENT)
const read = (store: MessageStore, upTo: number, id?: number) =>
  acknowledge(store.database, { reader: AGENT, upTo, peer: id === undefined ? undefined : peerKey(id) })
const unreadSeqs = (store: MessageStore, id?: number) =>
  newMessages(store.database, { reader: AGENT, peer: id === undefined ? undefined : peerKey(id) }, 1000)
    .filter(one => one.type !== 'correction')
    .map(one => one.seq)
const marks = (store: MessageStore) => store.database.all('SELECT peer, seq FROM peer_positions')

describe('the position of the agent', () => {
  test('moves over what was read, and says how much that was', () => {
    const store = createMessageStore()
    store.addAll([{}, {}, {}])
    assert.equal(read(store, 2), 2)
    assert.equal(unread(store), 1)
    assert.equal(read(store, 2), 0)
    assert.deepEqual(unreadSeqs(store), [3])
  })

  test('never moves back', () => {
    const store = createMessageStore()
    store.addAll([{}, {}, {}])
    read(store, 3)
    assert.equal(read(store, 1), 0)
    assert.deepEqual(readPosition(store.database, AGENT), { seq: 3, received: 3 })
  })

  test('never moves over what has not come yet', () => {
    const store = createMessageStore()
    store.add()
    assert.equal(read(store, 1_000_000), 1)
    store.add()
    assert.equal(unread(store), 1)
    assert.deepEqual(unreadSeqs(store), [2])
  })

  test('stops before a message that is not settled, for one peer too', () => {
    const store = createMessageStore()
    store.addAll([{}, { from: null, state: 'resolving' }, { from: 3 }])
    assert.equal(lastSettledSeq(store.database), 1)
    assert.equal(read(store, 3), 1)
    assert.equal(read(store, 3, 3), 0)
    assert.equal(unread(store), 2)
    store.settle(2)
    assert.deepEqual(unreadSeqs(store), [2, 3])
  })

  test('counts neither what we sent, nor history of files, nor a second copy, nor a correction', () => {
    const store = createMessageStore()
    store.addAll([{ via: 'import' }, { to: 2 }, {}, {}, { type: 'correction' }])
    store.merge(4, 3)
    assert.equal(unread(store), 1)
    assert.deepEqual(unreadSeqs(store), [3])
    assert.equal(read(store, 5), 1)
    assert.equal(unread(store), 0)
  })

  test('stays right when the twin of a message that was read comes later', () => {
    const store = createMessageStore()
    store.add()
    read(store, 1)
    store.add()
    store.merge(2, 1)
    assert.equal(unread(store), 0)
    store.add()
    assert.equal(unread(store), 1)
  })

  test('does not pass a correction that nobody was shown', () => {
    const store = createMessageStore()
    store.addAll([{ from: null }, { type: 'correction', from: 3 }, {}])
    read(store, 1)
    const seqs = newMessages(store.database, { reader: AGENT }, 9).map(one => one.seq)
    assert.deepEqual(seqs, [2, 3])
  })
})

describe('a position with one peer', () => {
  test('reads what this peer sent and nothing else', () => {
    const store = createMessageStore()
    store.addAll([{ from: 2 }, { from: 3 }, { from: 2 }, { from: null }])
    assert.equal(read(store, 4, 3), 1)
    assert.equal(unread(store), 3)
    assert.deepEqual(unreadSeqs(store), [1, 3, 4])
    assert.deepEqual(unreadSeqs(store, 3), [])
    assert.deepEqual(unreadSeqs(store, 2), [1, 3])
    assert.equal(hasUnread(store.database, { reader: AGENT, peer: peerKey(3) }), false)
  })

  test('is counted once when everything is read later', () => {
    const store = createMessageStore()
    store.addAll([{ from: 2 }, { from: 3 }, { from: 2 }])
    assert.equal(read(store, 3, 3), 1)
    assert.equal(read(store, 3), 2)
    assert.equal(unread(store), 0)
    assert.deepEqual(marks(store), [], 'it says nothing more than the position')
  })

  test('is not kept where the position is as far', () => {
    const store = createMessageStore()
    store.addAll([{ from: 2 }, { from: 3 }])
    read(store, 2)
    assert.equal(read(store, 2, 3), 0)
    assert.deepEqual(marks(store), [])
    assert.equal(readWithPeer(store.database, AGENT, peerKey(3)), 2)
  })

  test('lets the position follow where nothing unread lies before it', () => {
    const store = createMessageStore()
    store.addAll([{ from: 2 }, { from: 2 }, { to: 2 }, { from: 3 }])
    read(store, 4, 2)
    assert.equal(readPosition(store.database, AGENT).seq, 3)
    read(store, 4, 3)
    assert.equal(readPosition(store.database, AGENT).seq, 4)
    assert.deepEqual(marks(store), [])
  })
})

describe('what is unread', () => {
  test('stays right when read messages are archived', () => {
    const store = createMessageStore()
    store.addAll([{ from: 2 }, { from: 3 }, { from: 2 }, { from: 3 }])
    read(store, 2)
    read(store, 4, 3)
    store.database.run('DELETE FROM messages WHERE seq <= 2')
    assert.equal(unread(store), 1)
    store.add()
    assert.equal(read(store, 3), 1)
    assert.equal(unread(store), 1)
    store.database.run('DELETE FROM messages')
    store.add()
    read(store, 6)
    assert.deepEqual(unreadSeqs(store), [])
  })

  test('is what a reader would say who remembers every message, whatever happens in what order', () => {
    const peer = fc.constantFrom(2, 3, null)
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), peer, state: fc.constantFrom('final', 'held') }),
      fc.record({ do: fc.constant('send' as const), peer: fc.constantFrom(2, 3) }),
      fc.record({ do: fc.constant('twin' as const) }),
      fc.record({ do: fc.constant('settle' as const) }),
      fc.record({ do: fc.constant('read' as const), at: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
      fc.record({
        do: fc.constant('readOf' as const),
        at: fc.double({ min: 0, max: 1.2, noNaN: true }),
        peer: fc.constantFrom(2, 3),
      }),
    )
    const store = createMessageStore()
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        for (const table of ['messages', 'positions', 'peer_positions', 'counters', 'sqlite_sequence'])
          store.database.run(`DELETE FROM ${table}`)
        const known: { seq: number; peer: number | null; settled: boolean; read: boolean }[] = []
        let last = 0
        const settledBelow = () => known.find(one => !one.settled)?.seq ?? last + 1
        for (const one of steps) {
          const upTo = 'at' in one ? Math.floor(one.at * last) : 0
          switch (one.do) {
            case 'add': {
              const state = one.state === 'held' ? 'held' : 'final'
              last = store.add({ from: one.peer, state })
              known.push({ seq: last, peer: one.peer, settled: state === 'final', read: false })
              break
            }
            case 'send':
              last = store.add({ to: one.peer })
              break
            case 'twin': {
              const twin = known.findLast(other => other.settled)
              if (twin === undefined) break
              last = store.add()
              store.merge(last, twin.seq)
              break
            }
            case 'settle': {
              const waiting = known.find(other => !other.settled)
              if (waiting === undefined) break
              store.settle(waiting.seq)
              waiting.settled = true
              break
            }
            case 'read':
            case 'readOf': {
              const end = Math.min(upTo, settledBelow() - 1)
              const now = known.filter(
                other => !other.read && other.seq <= end && (one.do === 'read' || other.peer === one.peer),
              )
              assert.equal(read(store, upTo, one.do === 'readOf' ? one.peer : undefined), now.length)
              for (const other of now) other.read = true
            }
          }
          const left = known.filter(other => !other.read)
          assert.equal(unread(store), left.length)
          const shown = left.filter(other => other.seq < settledBelow())
          assert.deepEqual(
            unreadSeqs(store),
            shown.map(other => other.seq),
          )
        }
      }),
      { numRuns: 300 },
    )
  })
})
