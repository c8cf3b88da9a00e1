import assert from 'node:assert/strict'
import { BOB } from '../../support/blocks.ts'
import { SECRET_WORD } from '../../support/hostile/framing.ts'
import type { Expectation, Meeting } from '../../support/hostile/meeting.ts'
import { MIB } from '../../support/hostile/sizes.ts'
import { FULL } from '../../support/scale.ts'
import { failed, noFriends, nothing, OWN_PACE, onlyFromBob, UP } from './common.ts'

/** The daemon hangs up long before: what counts is that the relay would have gone on. */
const ALL_THAT_IS_TAKEN = 1
const TOO_LARGE = {
  log: [failed('head_too_large')],
  cure: OWN_PACE,
  pushes: ALL_THAT_IS_TAKEN,
  check: nothing,
} as const

/** A head that never ends is waited for, for two minutes; the inbox is looked at after 15 s. */
const NO_HEAD = {
  log: FULL ? [failed('timeout')] : [/ SSE_CONNECT_START stream=s1$/],
  windowMs: FULL ? 125_000 : 3000,
  streams: FULL ? 3 : 1,
  connections: FULL ? 8 : 2,
  check: nothing,
} as const

/** The large one, cut to its head, from nobody; and the one behind it. */
function cutAndLast({ view }: Meeting): void {
  const [large, last] = view.records()
  assert.deepEqual([large?.from, large?.type, large?.flags['state']], [null, 'unparsed', 'partial'])
  assert.ok((large?.content.length ?? 0) <= MIB)
  assert.deepEqual([last?.from?.name, last?.content], [BOB.name, SECRET_WORD])
  assert.equal(view.records().length, 2)
}

/** The relay deleted it, so as much as may be kept of it is. */
function cutMessage({ view }: Meeting): void {
  const [message] = view.records()
  assert.deepEqual([message?.from?.name, message?.flags['state']], [BOB.name, 'partial'])
  assert.equal(view.records().length, 1)
  assert.ok((message?.content.length ?? 0) <= 1.1 * MIB)
}

export const SIZES: Readonly<Record<string, Expectation>> = {
  'endless-comments': {
    so: '200 MB of comments are read and forgotten',
    ...UP,
    pushes: 200 * MIB,
    check: onlyFromBob(SECRET_WORD),
  },
  'oversized-line': {
    so: 'of a line of 200 MB the head is kept',
    ...UP,
    pushes: 200 * MIB,
    check: cutAndLast,
  },
  'oversized-event': {
    so: 'of an event of 200 MB the head is kept',
    ...UP,
    pushes: 200 * MIB,
    check: cutAndLast,
  },
  'nothing-but-cr': {
    so: 'a megabyte that has to be escaped byte for byte takes no more room than another',
    ...UP,
    pushes: MIB,
    check: cutAndLast,
  },
  'one-byte-chunks': {
    so: 'chunks of one byte are put together',
    ...UP,
    pushes: 12 * MIB,
    check: cutAndLast,
  },
  'compressed-flood': {
    so: '200 MB that came as 200 KB are read like any others',
    ...UP,
    pushes: ALL_THAT_IS_TAKEN,
    check: cutAndLast,
  },
  'many-headers': { so: 'a head without end is hung up on', ...TOO_LARGE },
  'long-header': { so: 'a header without end is hung up on', ...TOO_LARGE },
  'long-status-line': { so: 'a status line of 200 MB is waited out', ...NO_HEAD, pushes: 200 * MIB },
  'early-hints': { so: '200 MB of heads before the head are waited out', ...NO_HEAD, pushes: 200 * MIB },
  'endless-inbox': {
    so: 'of a message without end the head is kept',
    ...UP,
    log: [...UP.log, / MESSAGE_PARTIAL reason=body_cut via=poll$/],
    connections: 12,
    pushes: ALL_THAT_IS_TAKEN,
    check: cutMessage,
  },
  'compressed-inbox': {
    so: 'of 200 MB of message that came as 200 KB the head is kept',
    ...UP,
    log: [...UP.log, / MESSAGE_PARTIAL reason=body_cut via=poll$/],
    connections: 12,
    pushes: ALL_THAT_IS_TAKEN,
    check: cutMessage,
  },
  'endless-page-for-inbox': {
    so: 'a page without end in the place of the inbox is no message',
    ...UP,
    connections: 12,
    pushes: ALL_THAT_IS_TAKEN,
    check: nothing,
  },
  'endless-friends': {
    so: 'a friend list without end is no friend list',
    ...UP,
    connections: 12,
    pushes: ALL_THAT_IS_TAKEN,
    check: noFriends,
  },
  'endless-profile': {
    so: 'a profile without end is no profile',
    ...UP,
    connections: 12,
    pushes: ALL_THAT_IS_TAKEN,
    check: ({ view }) => assert.equal(view.json('profile.json')['my_name'] ?? '', ''),
  },
}
