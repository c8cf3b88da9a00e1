import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { waitAfter } from '../../../scripts/engine/wake/attempts.ts'
import type { PokeKind, PokeOutcome } from '../../../scripts/protocol/wake/answer.ts'

const NO_CHANCE = () => 0

function failed(kind: PokeKind, retryAfterMs: number | null = null): PokeOutcome {
  return {
    kind,
    httpStatus: null,
    reason: 'x',
    retryAfterMs,
    mayHaveArrived: false,
    advice: null,
    said: null,
    bytes: 0,
  }
}

function waits(kind: PokeKind, retryAfterMs: number | null = null): number[] {
  return Array.from({ length: 10 }, (_, i) => waitAfter(failed(kind, retryAfterMs), i + 1, NO_CHANCE) / 1000)
}

describe('the next try', () => {
  test('after a refusal is made in a quarter of an hour', () => {
    assert.deepEqual(new Set(waits('refused')), new Set([900]))
  })

  test('after a gateway that is away comes later and later, up to five minutes', () => {
    assert.deepEqual(waits('unavailable'), [2, 4, 8, 16, 32, 64, 128, 240, 240, 240])
    assert.equal(
      waitAfter(failed('unavailable'), 99, () => 1),
      300_000,
    )
  })

  test('is as late as the gateway asks for, within an hour', () => {
    assert.equal(waits('unavailable', 30_000)[0], 30)
    assert.equal(waits('unavailable', 1000)[0], 2)
    assert.equal(waits('unavailable', 1e9)[0], 3600)
  })

  test('after a conflict is made in a second, and then as if it were away', () => {
    assert.deepEqual(waits('conflict').slice(0, 4), [1, 2, 4, 8])
  })

  test('after a lock-out waits as told, or for the minute that it lasts', () => {
    assert.equal(waits('throttled', 37_000)[0], 37)
    assert.equal(waits('throttled')[0], 60)
  })
})
