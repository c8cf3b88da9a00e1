import assert from 'node:assert/strict'
import { BOB } from '../../support/blocks.ts'
import type { Meeting } from '../../support/hostile/meeting.ts'
import { FULL } from '../../support/scale.ts'

/** So that all of it fits into a test run; in full size the daemon waits for its own next try. */
export const OWN_PACE = FULL ? 'time' : 'edit'

/** Connected, and so it stays. */
export const UP = { log: [/ SSE_CONNECTED stream=s1$/], streams: 1, cure: OWN_PACE } as const

export function failed(reason: string): RegExp {
  return new RegExp(` SSE_CONNECT_FAILED stream=s\\d+ reason=${reason}$`)
}

export function lost(reason: string): RegExp {
  return new RegExp(` SSE_DISCONNECTED reason=${reason} stream=s\\d+$`)
}

/** When the try after the first failure comes. */
export function next(seconds: string): RegExp {
  return new RegExp(` SSE_RECONNECT_SCHEDULED attempt=1 delay_sec=${seconds}$`)
}

export function nothing({ view }: Meeting): void {
  assert.deepEqual(view.records(), [])
}

/** Exactly these are in conversations.md. */
export function onlyFromBob(...contents: readonly string[]): (meeting: Meeting) => void {
  return ({ view }) => {
    const expected = contents.map(content => [BOB.name, content])
    assert.deepEqual(
      view.records().map(one => [one.from?.name, one.content]),
      expected,
    )
  }
}

/** Something arrived, all of it as a torn text that nobody is said to have sent. */
export function onlyTorn({ view }: Meeting): void {
  assert.notEqual(view.records().length, 0)
  for (const { from, flags } of view.records()) assert.deepEqual([from, flags['state']], [null, 'partial'])
}

export function noFriends({ view }: Meeting): void {
  assert.doesNotMatch(view.text('contacts.json'), /accepted/)
}
