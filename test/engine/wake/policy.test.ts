import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  BRAKE_MS,
  BRAKE_POKES,
  type Decision,
  decide,
  type PokeFacts,
  type PokeHistory,
} from '../../../scripts/engine/wake/policy.ts'

const NOW = Date.UTC(2026, 2, 9, 10, 0, 0)
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

function history(given: Partial<PokeHistory> = {}): PokeHistory {
  return { pokesSinceRead: 0, lastPokeAt: null, pokedSeq: 0, readAt: null, ...given }
}

function facts(given: Partial<PokeFacts> = {}): PokeFacts {
  return {
    now: NOW,
    newestUnread: 1,
    firstNewAt: null,
    lastNewAt: null,
    alert: null,
    recentPokes: [],
    quietHours: null,
    notBefore: null,
    ...given,
  }
}

/** How long from now, in seconds; undefined where nothing is waited for. */
function waits(decision: Decision): string {
  const seconds = 'untilMs' in decision && decision.untilMs !== null ? ` ${(decision.untilMs - NOW) / SECOND}` : ''
  return `${decision.kind}${seconds}`
}

describe('a new message', () => {
  const came = (firstAgo: number, lastAgo: number) =>
    facts({ firstNewAt: NOW - firstAgo * SECOND, lastNewAt: NOW - lastAgo * SECOND })

  test('wakes after two seconds of quiet', () => {
    assert.equal(waits(decide(history(), came(0, 0))), 'wait 2')
    assert.equal(waits(decide(history(), came(1.9, 1.9))), 'wait 0.1')
    assert.deepEqual(decide(history(), came(2, 2)), { kind: 'poke', reason: 'new_messages' })
  })

  test('wakes ten seconds after the first one at the latest, however many follow', () => {
    assert.equal(waits(decide(history(), came(9, 0))), 'wait 1')
    assert.equal(decide(history(), came(10, 0)).kind, 'poke')
  })

  test('wakes no sooner than a minute after the last poke', () => {
    const poked = history({ lastPokeAt: NOW - 20 * SECOND, pokesSinceRead: 1 })
    assert.equal(waits(decide(poked, came(5, 5))), 'wait 40')
  })

  test('wakes after eight pokes that nobody heard six hours after the last of them', () => {
    const unheard = history({ lastPokeAt: NOW - HOUR, pokesSinceRead: 8, pokedSeq: 1 })
    const fresh = { ...came(5, 5), newestUnread: 2 }
    assert.deepEqual(decide(unheard, fresh), { kind: 'exhausted', untilMs: NOW + 5 * HOUR })
    assert.equal(decide({ ...unheard, lastPokeAt: NOW - 6 * HOUR }, fresh).kind, 'poke')
  })
})

describe('who was told and does not read', () => {
  const told = (pokesSinceRead: number, ago: number) =>
    decide(history({ pokesSinceRead, pokedSeq: 1, lastPokeAt: NOW - ago }), facts())

  test('is told again after ten minutes, an hour, and then every six hours', () => {
    assert.equal(waits(told(1, 0)), `wait ${600}`)
    assert.equal(waits(told(2, 0)), `wait ${3600}`)
    for (const pokes of [3, 4, 5, 6, 7]) assert.equal(waits(told(pokes, 0)), `wait ${6 * 3600}`)
    assert.deepEqual(told(1, 10 * MINUTE), { kind: 'poke', reason: 'not_read' })
  })

  test('is left alone after eight times', () => {
    assert.deepEqual(told(8, 1000 * HOUR), { kind: 'exhausted', untilMs: null })
  })

  test('and has read some of it, is told of the rest ten minutes after that', () => {
    const read = history({ pokedSeq: 1, lastPokeAt: NOW - HOUR, readAt: NOW - MINUTE })
    assert.equal(waits(decide(read, facts())), `wait ${540}`)
  })

  test('and has read everything, is left alone', () => {
    assert.deepEqual(decide(history({ pokesSinceRead: 3 }), facts({ newestUnread: null })), { kind: 'idle' })
  })
})

describe('trouble with the relay', () => {
  test('wakes at once, though nothing is unread', () => {
    const decision = decide(history(), facts({ newestUnread: null, alert: 'token_refused' }))
    assert.deepEqual(decision, { kind: 'poke', reason: 'token_refused' })
  })

  test('waits for its minute like everything else', () => {
    const poked = history({ lastPokeAt: NOW - 10 * SECOND })
    assert.equal(waits(decide(poked, facts({ alert: 'stream_down' }))), 'wait 50')
  })
})

describe('twenty pokes within an hour', () => {
  const times = (first: number, step: number, count = BRAKE_POKES) =>
    Array.from({ length: count }, (_, i) => NOW - first - i * step)

  test('are the last ones for an hour', () => {
    const braked = decide(history(), facts({ recentPokes: times(MINUTE, 2 * MINUTE) }))
    assert.equal(waits(braked), `braked ${59 * 60}`)
    assert.equal(decide(history(), facts({ recentPokes: times(HOUR, 2 * MINUTE) })).kind, 'poke')
  })

  test('are one more than may be', () => {
    assert.equal(decide(history(), facts({ recentPokes: times(MINUTE, 2 * MINUTE, 19) })).kind, 'poke')
    assert.equal(decide(history(), facts({ recentPokes: times(MINUTE, 200 * SECOND) })).kind, 'poke')
  })

  test('hold nothing up where nothing is to be told', () => {
    const braked = facts({ newestUnread: null, recentPokes: times(MINUTE, MINUTE) })
    assert.deepEqual(decide(history(), braked), { kind: 'idle' })
  })
})

describe('a failed try', () => {
  test('is repeated when it is time for that, whatever else is due', () => {
    assert.equal(waits(decide(history(), facts({ notBefore: NOW + 5 * SECOND }))), 'wait 5')
    assert.equal(decide(history(), facts({ notBefore: NOW })).kind, 'poke')
    assert.equal(decide(history(), facts({ newestUnread: null, notBefore: NOW + 5 * SECOND })).kind, 'idle')
  })
})

describe('a clock that was set back by a day', () => {
  const later = NOW + 24 * HOUR

  test('makes nobody wait for the day', () => {
    const ahead = history({ lastPokeAt: later, readAt: later, pokesSinceRead: 1, pokedSeq: 1 })
    assert.equal(decide(ahead, facts()).kind, 'poke')
    assert.equal(decide(history(), facts({ firstNewAt: later, lastNewAt: later })).kind, 'poke')
    const recentPokes = Array.from({ length: BRAKE_POKES }, () => later)
    assert.equal(decide(history(), facts({ recentPokes })).kind, 'poke')
  })

  test('unless it was only corrected', () => {
    const decision = decide(history({ lastPokeAt: NOW + 5, pokesSinceRead: 1, pokedSeq: 1 }), facts())
    assert.equal(waits(decision), 'wait 600')
  })
})

test('whatever happens, pokes are a minute apart, and no more than twenty come within an hour', () => {
  const events = fc.array(
    fc.record({
      after: fc.integer({ min: 1, max: 3 * MINUTE }),
      what: fc.constantFrom('message', 'read', 'alert', 'nothing'),
    }),
    { minLength: 100, maxLength: 300 },
  )
  fc.assert(
    fc.property(events, all => {
      let [now, seq, newest] = [NOW, 0, null as number | null]
      let told = history()
      let [firstNewAt, lastNewAt, alert] = [null as number | null, null as number | null, null as 'stream_down' | null]
      const pokes: number[] = []
      function runTo(end: number): void {
        for (;;) {
          const decision = decide(
            told,
            facts({
              now,
              newestUnread: newest,
              firstNewAt,
              lastNewAt,
              alert,
              recentPokes: pokes.slice(0, BRAKE_POKES),
            }),
          )
          if (decision.kind === 'poke') {
            pokes.unshift(now)
            const isAlert = decision.reason === 'stream_down'
            told = {
              ...told,
              lastPokeAt: now,
              ...(isAlert ? {} : { pokedSeq: seq, pokesSinceRead: told.pokesSinceRead + 1 }),
            }
            if (isAlert) alert = null
            else [firstNewAt, lastNewAt] = [null, null]
            continue
          }
          const until = 'untilMs' in decision ? (decision.untilMs ?? end) : end
          assert.ok(until > now, 'time goes on')
          now = Math.min(until, end)
          if (now === end) return
        }
      }
      for (const { after, what } of all) {
        runTo(now + after)
        if (what === 'message') [newest, firstNewAt, lastNewAt] = [++seq, firstNewAt ?? now, now]
        if (what === 'read')
          [newest, firstNewAt, lastNewAt, told] = [null, null, null, { ...told, pokesSinceRead: 0, readAt: now }]
        if (what === 'alert') alert = 'stream_down'
      }
      const inOrder = pokes.toReversed()
      for (const [i, at] of inOrder.entries()) {
        const [before, first] = [inOrder[i - 1], inOrder[i - BRAKE_POKES]]
        if (before !== undefined) assert.ok(at - before >= MINUTE)
        if (first !== undefined) assert.ok(at - first >= BRAKE_MS)
      }
    }),
    { numRuns: 100 },
  )
})
