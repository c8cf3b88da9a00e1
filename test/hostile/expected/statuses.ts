import assert from 'node:assert/strict'
import type { Expectation } from '../../support/hostile/meeting.ts'
import { failed, next, nothing, OWN_PACE } from './common.ts'

function refused(reason: string, so: string): Expectation {
  return { so, log: [failed(reason), next('0')], cure: OWN_PACE, check: nothing }
}

/** It wants to be left alone for longer than any test, and an edit of the configuration ends that. */
function longPause(reason: string, seconds: string, so: string): Expectation {
  return { so, log: [failed(reason), next(seconds)], streams: 1, cure: 'edit', check: nothing }
}

export const STATUSES: Readonly<Record<string, Expectation>> = {
  'no-content': refused('http_204', 'no content is no stream, and not the end of all tries'),
  'not-modified': refused('http_304', 'nothing new is no stream'),
  'redirect-loop': refused('http_307', 'a redirect is not followed'),
  'redirect-elsewhere': {
    ...refused('http_307', 'the token does not go to another origin'),
    check({ lane }) {
      const { host } = new URL(lane.baseUrl)
      for (const { path, headers } of lane.requests) {
        assert.equal(headers.get('host'), host)
        assert.doesNotMatch(path, /elsewhere/)
      }
    },
  },
  'bad-request': refused('http_400', 'an error of the request is told'),
  unauthorized: {
    ...longPause(
      'http_401',
      '300',
      'a token that is refused is tried again after minutes, or at once when it is changed',
    ),
    log: [failed('http_401'), / AUTH_REFUSED next_probe_sec=300$/, next('300')],
    connections: 1,
  },
  forbidden: refused('http_403', 'the page of a firewall is no word about the token'),
  'no-stream': longPause('http_404', '1800', 'a relay without a stream is asked for one now and then'),
  'not-found-by-a-proxy': refused('http_404', 'the 404 of a proxy is not the word of a relay'),
  'too-many': refused('http_429', 'a 429 without Retry-After is met with our own pauses'),
  'retry-after-2': {
    so: 'Retry-After is honoured',
    log: [failed('http_429'), next('2')],
    cure: OWN_PACE,
    check: nothing,
  },
  'retry-after-absurd': longPause('http_429', '300', 'thirty thousand years are five minutes'),
  'retry-after-negative': refused('http_429', 'a time before now is none'),
  'retry-after-date': longPause('http_429', '300', 'a date in another century is in five minutes'),
  'server-error': refused('http_500', 'an error of the relay is told'),
  'bad-gateway': { ...refused('http_502', 'a proxy without its relay is told'), cure: 'time' },
  'captive-portal': {
    ...refused('not_a_stream', 'the page of a portal is neither a stream nor a message'),
    cure: 'time',
  },
  json: refused('not_a_stream', 'another service is neither a stream nor a message'),
  'no-type': {
    so: 'a body without a type is no stream, though it goes on',
    log: [failed('not_a_stream')],
    windowMs: 6000,
    streams: 3,
    cure: OWN_PACE,
    check: nothing,
  },
}
