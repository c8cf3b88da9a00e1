import assert from 'node:assert/strict'
import { SECRET_WORD } from '../../support/hostile/framing.ts'
import type { Expectation } from '../../support/hostile/meeting.ts'
import { noFriends, onlyFromBob, UP } from './common.ts'

export const LIES: Readonly<Record<string, Expectation>> = {
  'another-user': {
    so: 'a relay that answers for somebody else changes neither who we are nor who our friends are, and vouches for nobody',
    ...UP,
    log: [...UP.log, / \[server\] stream_connected \S+ user_id=99 /],
    check(meeting) {
      const [message, ...rest] = meeting.view.records()
      assert.deepEqual([message?.from, message?.type, rest], [null, 'chat', []])
      for (const name of ['profile.json', 'contacts.json'] as const) {
        assert.doesNotMatch(meeting.view.text(name), /mallory/)
      }
      noFriends(meeting)
    },
  },
  'inbox-without-end': {
    so: 'an inbox that is never empty is read ten times a second, and no faster',
    ...UP,
    check: onlyFromBob(SECRET_WORD),
  },
  'inbox-of-another-kind': {
    so: 'an inbox in words that we do not know is kept once, not ten times a second',
    ...UP,
    log: [...UP.log, / MESSAGE_PARTIAL reason=unknown_form via=poll$/],
    connections: 12,
    check: ({ view }) =>
      assert.deepEqual(
        view.records().map(one => [one.from, one.type]),
        [[null, 'unparsed']],
      ),
  },
  'inbox-of-cuts': {
    so: 'messages that can be told apart in thousands of ways are kept as one, from nobody',
    ...UP,
    log: [...UP.log, / MESSAGE_PARTIAL reason=ambiguous via=poll$/],
    connections: 12,
    pushes: 1,
    check: ({ view }) =>
      assert.deepEqual(
        view.records().map(one => [one.from, one.type]),
        [[null, 'unparsed']],
      ),
  },
  'friends-without-end': {
    so: 'a hundred thousand friends are not looked up',
    ...UP,
    connections: 12,
    pushes: 1,
    check: noFriends,
  },
  'profiles-without-end': {
    so: 'profiles of any size are not kept',
    ...UP,
    connections: 12,
    pushes: 1,
    check: noFriends,
  },
}
