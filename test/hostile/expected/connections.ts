import assert from 'node:assert/strict'
import type { Expectation } from '../../support/hostile/meeting.ts'
import { FULL } from '../../support/scale.ts'
import { failed, lost, next, nothing, OWN_PACE, onlyTorn, UP } from './common.ts'

function broken(line: RegExp, so: string): Expectation {
  return { so, log: [line, next('0')], cure: OWN_PACE, check: nothing }
}

const AT_RISK = (reason: string): RegExp => new RegExp(` MESSAGE_AT_RISK reason=${reason} during=inbox_read$`)

/** An answer is waited for, for two minutes; the inbox is looked at after 15 s. */
function silent(so: string): Expectation {
  return {
    so,
    log: FULL ? [failed('timeout')] : [/ SSE_CONNECT_START stream=s1$/],
    windowMs: FULL ? 125_000 : 3000,
    streams: FULL ? 3 : 1,
    connections: FULL ? 8 : 2,
    check: nothing,
  }
}

export const CONNECTIONS: Readonly<Record<string, Expectation>> = {
  'reset-before-head': {
    ...broken(failed('ECONNRESET'), 'a reset instead of an answer is told, and what it may have cost'),
    log: [failed('ECONNRESET'), next('0'), AT_RISK('ECONNRESET')],
    cure: 'time',
  },
  'reset-in-head': broken(failed('ECONNRESET'), 'half a head is no answer'),
  'reset-after-head': broken(failed('connection_closed'), 'a head alone is no stream'),
  'reset-in-event': {
    so: 'what came of an event is kept, and flagged',
    log: [lost('connection_closed'), / MESSAGE_PARTIAL reason=stream_cut via=stream$/],
    cure: OWN_PACE,
    check({ view }) {
      assert.notEqual(view.records().length, 0)
      for (const { from, flags } of view.records()) assert.deepEqual([from?.name, flags['state']], ['bob', 'partial'])
    },
  },
  'hang-up': broken(failed('connection_closed'), 'the end of a connection instead of an answer is told'),
  'end-at-once': broken(lost('ended'), 'a stream that ends at once again and again is asked for ever more seldom'),
  'no-http': broken(failed('not_http'), 'another protocol is told'),
  'head-and-no-more': {
    so: 'a head without a first word counts after five seconds, as with older relays',
    ...UP,
    windowMs: 6000,
    check: nothing,
  },
  'never-answers': silent('a server that never answers is asked once'),
  trickle: silent('a head that comes byte by byte is waited for'),
  'length-too-long': {
    so: 'an answer shorter than it said is cut, and an empty inbox empty all the same',
    log: [lost('wrong_length')],
    cure: OWN_PACE,
    check: ({ view }) => assert.deepEqual([...new Set(view.records().map(one => one.from?.name))], ['bob']),
  },
  'length-too-short': {
    so: 'an answer longer than it said ends where it said',
    log: [lost('ended'), / MESSAGE_PARTIAL reason=stream_cut via=stream$/],
    cure: OWN_PACE,
    check: onlyTorn,
  },
  'two-lengths': broken(failed('wrong_length'), 'an answer of two lengths is none'),
  'length-of-words': broken(failed('wrong_length'), 'a length that is no number is none'),
  refused: { ...broken(failed('ECONNREFUSED'), 'a relay that is not there is told'), cure: 'time' },
  'unknown-host': {
    ...broken(failed('(?:ENOTFOUND|EAI_AGAIN)'), 'a name that nobody has is told, and the right one is taken at once'),
    cure: 'address',
  },
  'silent-port': silent('a port that takes connections and says nothing is asked once'),
  'silent-tls-port': {
    so: 'a handshake that never ends is given up after ten seconds',
    log: [failed('connect_timeout'), next('0')],
    windowMs: 11_000,
    streams: 2,
    cure: OWN_PACE,
    check: nothing,
  },
  'self-signed': {
    ...broken(failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'a certificate of its own is refused'),
    cure: 'time',
  },
  'expired-certificate': broken(failed('CERT_HAS_EXPIRED'), 'an expired certificate is refused'),
  'certificate-of-another': broken(
    failed('ERR_TLS_CERT_ALTNAME_INVALID'),
    'the certificate of another host is refused',
  ),
  'http-to-a-tls-port': broken(failed('connection_closed'), 'a port that wants TLS hangs up'),
  'https-to-a-plain-port': broken(failed('not_tls'), 'a port that speaks no TLS is told'),
}
