import assert from 'node:assert/strict'
import { FORGED_BY_CR, READ_AS_UTF8, SECRET_WORD } from '../../support/hostile/framing.ts'
import type { Expectation } from '../../support/hostile/meeting.ts'
import { failed, lost, nothing, OWN_PACE, onlyFromBob, onlyTorn, UP } from './common.ts'

export const FRAMING: Readonly<Record<string, Expectation>> = {
  'cr-injection': {
    so: 'events that a peer framed with CR stay content',
    ...UP,
    check(meeting) {
      onlyFromBob(FORGED_BY_CR)(meeting)
      assert.equal(meeting.view.channel(/\[server\]/).length, 1)
    },
  },
  'field-injection': {
    so: 'retry, id and names of events change nothing',
    log: [lost('ended')],
    cure: OWN_PACE,
    check({ lane, view }) {
      for (const { headers } of lane.requests) assert.equal(headers.has('last-event-id'), false)
      const texts = new Set(view.records().map(one => `${one.from?.name} ${one.type} ${one.content}`))
      assert.deepEqual([...texts], [`bob chat ${SECRET_WORD}`, 'undefined unparsed an event named so'])
    },
  },
  'bad-utf8': {
    so: 'what is no UTF-8 becomes U+FFFD, and only that',
    ...UP,
    check: onlyFromBob(`${SECRET_WORD}${READ_AS_UTF8}\ufeff`),
  },
  'crlf-lines': {
    so: 'a stream with other line ends is kept as one torn event, from nobody',
    log: [failed('ended'), / MESSAGE_PARTIAL reason=stream_cut via=stream$/],
    cure: OWN_PACE,
    check: onlyTorn,
  },
  'gzip-true': { so: 'a compressed stream is read', ...UP, check: onlyFromBob(SECRET_WORD) },
  'gzip-false': {
    so: 'a stream that is not compressed as it says is none',
    log: [failed('bad_compression')],
    cure: 'time',
    check: nothing,
  },
  'many-encodings': {
    so: 'a stream that says to be compressed twenty times is none',
    log: [failed('bad_compression')],
    cure: OWN_PACE,
    check: nothing,
  },
  'token-echo': {
    so: 'a relay that tells our token is not quoted',
    ...UP,
    log: [/ \[server\] stream_connected user_id=9 token=\[token\] ip=127\.0\.0\.1$/],
    check: nothing,
  },
}
