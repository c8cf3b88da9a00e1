import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isAside, setAside } from '../../scripts/store/aside.ts'
import { AGENT, acknowledge, readPosition, unreadCount } from '../../scripts/store/positions.ts'
import { hasUnread, newMessages } from '../../scripts/store/reading.ts'
import { prunable } from '../../scripts/store/retention.ts'
import { createMessageStore, peerKey } from '../support/message-store.ts'

const AGENTS = { reader: AGENT }

describe('what the bridge has taken', () => {
  test('is nothing that the agent has to read', t => {
    const { database, add } = createMessageStore()
    t.after(() => database.close())
    const [first, second] = [add(), add()]
    setAside(database, second)
    setAside(database, second)
    assert.deepEqual([isAside(database, first), isAside(database, second)], [false, true])
    assert.equal(unreadCount(database, AGENT), 1)
    assert.deepEqual(
      newMessages(database, AGENTS, 10).map(({ seq }) => seq),
      [first],
    )
    acknowledge(database, { reader: AGENT, upTo: first })
    assert.deepEqual([unreadCount(database, AGENT), hasUnread(database, AGENTS)], [0, false])
  })

  test('is shown to whoever asks for everything from a number on', t => {
    const { database, add } = createMessageStore()
    t.after(() => database.close())
    setAside(database, add())
    assert.equal(newMessages(database, { ...AGENTS, since: 0 }, 10).length, 1)
  })

  test('does not keep older messages from being archived', t => {
    const { database, add } = createMessageStore()
    t.after(() => database.close())
    setAside(database, add())
    assert.partialDeepStrictEqual(prunable(database, '2030-01-01T00:00:00Z'), { older: 1, messages: 1, unread: 0 })
  })

  test('is looked for in no database that knows no bridge yet', t => {
    const { database, add } = createMessageStore()
    t.after(() => database.close())
    add()
    database.exec('DROP TABLE aside')
    database.exec('PRAGMA user_version = 3')
    assert.equal(newMessages(database, AGENTS, 10).length, 1)
  })

  test('is counted right, whatever was read before or is read then', t => {
    const { database, add } = createMessageStore()
    t.after(() => database.close())
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'send', 'bridge', 'readAll', 'readSome', 'readPeer'),
      n: fc.nat(30),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        let last = 0
        const start = add({ from: 9 })
        acknowledge(database, { reader: AGENT, upTo: start })
        for (const { kind, n } of steps) {
          const seq = start + (n % Math.max(1, last - start + 1))
          if (kind === 'add') last = add({ from: 2 + (n % 3) })
          else if (kind === 'send') last = add({ to: 2 })
          else if (kind === 'bridge') setAside(database, seq)
          else if (kind === 'readAll') acknowledge(database, { reader: AGENT, upTo: last })
          else if (kind === 'readSome') acknowledge(database, { reader: AGENT, upTo: seq })
          else acknowledge(database, { reader: AGENT, upTo: seq, peer: peerKey(2 + (n % 3)) })
          const unread = newMessages(database, AGENTS, 1000)
          assert.equal(unreadCount(database, AGENT), unread.length, `${kind} ${n}`)
          assert.ok(unread.every(one => !isAside(database, one.seq)))
        }
        acknowledge(database, { reader: AGENT, upTo: Math.max(start, last) })
        assert.equal(unreadCount(database, AGENT), 0)
        assert.ok(readPosition(database, AGENT).seq >= start)
      }),
      { numRuns: 60 },
    )
  })
})
