import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { decide, quietUntil } from '../../../scripts/engine/wake/policy.ts'

/** Central Europe: 2026-03-29 02:00 becomes 03:00, and on 2026-10-25 03:00 becomes 02:00. */
const before = process.env['TZ']
process.env['TZ'] = 'Europe/Berlin'
after(() => {
  if (before === undefined) delete process.env['TZ']
  else process.env['TZ'] = before
})

const at = (text: string) => Date.parse(text)
const NIGHT = { from: 23 * 60, to: 7 * 60 }

function until(now: string, hours: { from: number; to: number }): string | null {
  const end = quietUntil(at(now), hours)
  return end === null ? null : new Date(end).toISOString()
}

describe('quiet hours', () => {
  test('over midnight end the next morning', () => {
    assert.equal(until('2026-01-15T23:30:20+01:00', NIGHT), '2026-01-16T06:00:00.000Z')
    assert.equal(until('2026-01-16T06:59:59+01:00', NIGHT), '2026-01-16T06:00:00.000Z')
  })

  test('begin and end on the minute', () => {
    assert.equal(until('2026-01-15T22:59:59+01:00', NIGHT), null)
    assert.notEqual(until('2026-01-15T23:00:00+01:00', NIGHT), null)
    assert.equal(until('2026-01-16T07:00:00+01:00', NIGHT), null)
  })

  test('within one day', () => {
    const noon = { from: 12 * 60, to: 13 * 60 + 30 }
    assert.equal(until('2026-01-15T12:15:00+01:00', noon), '2026-01-15T12:30:00.000Z')
    assert.equal(until('2026-01-15T11:59:00+01:00', noon), null)
  })

  test('are an hour shorter in the night in which summer begins', () => {
    assert.equal(until('2026-03-28T23:00:00+01:00', NIGHT), '2026-03-29T05:00:00.000Z')
  })

  test('are an hour longer in the night in which summer ends', () => {
    assert.equal(until('2026-10-24T23:00:00+02:00', NIGHT), '2026-10-25T06:00:00.000Z')
  })

  test('end with the hour that is not there', () => {
    assert.equal(until('2026-03-29T01:45:00+01:00', { from: 60, to: 150 }), '2026-03-29T01:00:00.000Z')
  })

  test('are there again in the hour that comes twice', () => {
    const hours = { from: 2 * 60, to: 2 * 60 + 30 }
    assert.equal(until('2026-10-25T02:10:00+02:00', hours), '2026-10-25T00:30:00.000Z')
    assert.equal(until('2026-10-25T02:10:00+01:00', hours), '2026-10-25T01:30:00.000Z')
  })

  test('hold every poke back to their end', () => {
    const now = at('2026-01-15T23:30:00+01:00')
    const nothing = { firstNewAt: null, lastNewAt: null, recentPokes: [], notBefore: null }
    for (const alert of ['token_refused', null] as const) {
      const decision = decide(
        { pokesSinceRead: 0, lastPokeAt: null, pokedSeq: 0, readAt: null },
        { ...nothing, now, newestUnread: 1, alert, quietHours: NIGHT },
      )
      assert.equal(decision.kind, 'quiet')
      assert.equal('untilMs' in decision && decision.untilMs, at('2026-01-16T07:00:00+01:00'))
    }
  })
})
