import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseChannelLine } from '../../../ui/data/channel-log.js'
import { channelState } from '../../../ui/data/channel-state.js'
import { readSnapshot, readStats } from '../../../ui/data/json-files.js'
import { timelineOf } from '../../../ui/data/timeline.js'
import { hostileText } from '../../support/arbitraries.ts'

const NOW = Date.parse('2026-03-10T10:05:00Z')

function linesOf(text: string) {
  return text
    .trim()
    .split('\n')
    .map((one, i) => parseChannelLine(one.trim().replace(/^(\d\d:\d\d:\d\d)/, '[2026-03-10T$1Z]'), `l${i}`))
}

function stateOf(log: string, relay: Record<string, unknown> | null = null, now = NOW) {
  const stats = relay === null ? null : readStats({ accounts: { relay } })
  const { code, sinceMs, reason, nextTryMs, before } = channelState({
    log: timelineOf(linesOf(log)).log,
    stats,
    snapshot: readSnapshot(null),
    now,
  })
  return {
    code,
    since: sinceMs === null ? null : new Date(sinceMs).toISOString().slice(11, 19),
    reason,
    nextTryMs,
    before,
  }
}

const UP = `10:04:00 DAEMON_STARTED version=0.1.0 pid=1
  10:04:01 SSE_CONNECT_START stream=s1
  10:04:02 SSE_CONNECTED stream=s1`
const LOST = `${UP}
  10:04:10 SSE_DISCONNECTED reason=closed stream=s1
  10:04:10 SSE_RECONNECT_SCHEDULED attempt=1 delay_sec=20`

describe('the state of the channel', () => {
  const cases: readonly (readonly [string, string, Record<string, unknown> | null, Record<string, unknown>])[] = [
    ['nothing is known', '', null, { code: 'unknown', since: null }],
    ['connected, by the log alone', UP, null, { code: 'connected', since: '10:04:02' }],
    [
      'connected',
      UP,
      { state: 'connected', since_utc: '2026-03-10T10:04:02Z' },
      { code: 'connected', since: '10:04:02' },
    ],
    [
      'connected since the first of two overlapping streams',
      `${UP}\n10:04:20 SSE_SECOND_OPENED stream=s2\n10:04:30 SSE_STREAM_DROPPED stream=s1 reason=silent`,
      null,
      { code: 'connected', since: '10:04:02' },
    ],
    ['silent', `${UP}\n10:04:50 SSE_SILENT stream=s1 silent_sec=45`, null, { code: 'silent', since: '10:04:50' }],
    [
      'heard again',
      `${UP}\n10:04:50 SSE_SILENT stream=s1 silent_sec=45\n10:04:55 SSE_RESTORED stream=s1 silent_sec=50`,
      null,
      { code: 'connected', since: '10:04:55' },
    ],
    [
      'reconnecting',
      LOST,
      null,
      { code: 'reconnecting', since: '10:04:10', reason: 'closed', nextTryMs: Date.parse('2026-03-10T10:04:30Z') },
    ],
    [
      'fetching by polls while the stream is being tried',
      `${LOST}\n10:04:12 FALLBACK_MESSAGES_POLL reason=stream_down fetched=0\n10:04:30 SSE_RECONNECT_ATTEMPT attempt=1
       10:04:30 SSE_CONNECT_START stream=s2\n10:04:31 SSE_CONNECT_FAILED stream=s2 reason=ECONNREFUSED`,
      { state: 'disconnected', since_utc: '2026-03-10T10:04:10Z', reason: 'ECONNREFUSED' },
      { code: 'fallback', since: '10:04:12', reason: 'ECONNREFUSED' },
    ],
    [
      'token refused, and still so while it is probed',
      `${UP}\n10:04:10 SSE_DISCONNECTED reason=closed stream=s1\n10:04:11 SSE_CONNECT_FAILED stream=s2 reason=http_401
       10:04:11 AUTH_REFUSED next_probe_sec=300\n10:04:11 SSE_RECONNECT_SCHEDULED attempt=1 delay_sec=300
       10:04:40 SSE_RECONNECT_ATTEMPT attempt=1\n10:04:40 SSE_CONNECT_START stream=s3\n10:04:41 SSE_CONNECT_FAILED stream=s3 reason=http_401`,
      { state: 'token_refused', since_utc: '2026-03-10T10:04:10Z', reason: 'http_401' },
      { code: 'token_refused', since: '10:04:11', reason: 'http_401' },
    ],
    [
      'not registered',
      '10:04:00 DAEMON_STARTED pid=1\n10:04:00 CONFIG_MISSING',
      { state: 'not_registered', since_utc: '2026-03-10T10:04:00Z' },
      { code: 'not_registered' },
    ],
    [
      'no valid configuration',
      '10:04:00 DAEMON_STARTED pid=1\n10:04:00 CONFIG_INVALID',
      null,
      { code: 'config_invalid' },
    ],
    [
      'a bad edit of a good configuration changes nothing',
      `${UP}\n10:04:30 CONFIG_INVALID`,
      null,
      { code: 'connected' },
    ],
    [
      'stopped, and what was before',
      `${UP}\n10:04:30 SSE_DISCONNECTED reason=stopped stream=s1\n10:04:30 DAEMON_STOPPED reason=SIGTERM`,
      { state: 'stopped', since_utc: '2026-03-10T10:04:30Z' },
      { code: 'daemon_stopped', since: '10:04:30', reason: 'SIGTERM' },
    ],
    [
      'started again',
      `${UP}\n10:04:30 DAEMON_STOPPED\n10:04:40 DAEMON_STARTED pid=2`,
      { state: 'stopped', since_utc: '2026-03-10T10:04:30Z' },
      { code: 'connecting', since: '10:04:40' },
    ],
    [
      'served from another folder',
      '10:04:00 DAEMON_STARTED pid=1',
      { state: 'identity_taken', since_utc: '2026-03-10T10:04:00Z', held_by: '/x' },
      { code: 'identity_taken' },
    ],
    [
      'the log was rotated away',
      '',
      { state: 'connected', since_utc: '2026-03-10T10:04:02Z' },
      { code: 'connected', since: '10:04:02' },
    ],
    [
      'a login at WeChat that is refused changes nothing here',
      `${UP}\n10:04:30 AUTH_REFUSED account=wechat:main reason=token_refused`,
      null,
      { code: 'connected' },
    ],
    ['words of the relay change nothing', `${UP}\n10:04:30 [server] DAEMON_STOPPED`, null, { code: 'connected' }],
  ]
  for (const [name, log, relay, expected] of cases) {
    test(name, () => assert.partialDeepStrictEqual(stateOf(log, relay), expected))
  }

  test('is stale when nothing was heard for long, but not where nothing is to be heard', () => {
    const later = NOW + 60 * 60_000
    assert.partialDeepStrictEqual(stateOf(UP, null, later), { code: 'stale', since: '10:04:02', before: 'connected' })
    assert.equal(stateOf('10:04:00 CONFIG_MISSING', null, later).code, 'not_registered')
    assert.equal(stateOf('10:04:00 DAEMON_STOPPED', null, later).code, 'daemon_stopped')
    const heard = { state: 'connected', since_utc: '2026-03-10T10:04:02Z', last_byte_utc: '2026-03-10T11:04:30Z' }
    assert.equal(stateOf(UP, heard, later).code, 'connected')
  })
})

describe('the timeline of the channel', () => {
  test('has one entry for tries that take turns, and says which lines change the state', () => {
    const loop = [10, 20, 30].map(
      second => `10:04:${second} SSE_CONNECT_START stream=s2
        10:04:${second + 1} SSE_CONNECT_FAILED stream=s2 reason=ECONNREFUSED
        10:04:${second + 1} SSE_RECONNECT_SCHEDULED attempt=1 delay_sec=1
        10:04:${second + 2} FALLBACK_MESSAGES_POLL reason=stream_down fetched=0`,
    )
    const { entries } = timelineOf(
      linesOf(`${UP}\n10:04:05 SSE_DISCONNECTED reason=closed stream=s1\n${loop.join('\n')}`),
    )
    assert.deepEqual(
      entries.map(one => [one.event, one.count, one.kind, one.code]),
      [
        ['DAEMON_STARTED', 1, 'info', 'connecting'],
        ['SSE_CONNECT_START', 1, 'info', null],
        ['SSE_CONNECTED', 1, 'good', 'connected'],
        ['SSE_DISCONNECTED', 1, 'trouble', 'reconnecting'],
        ['SSE_CONNECT_START', 3, 'info', 'connecting'],
        ['SSE_CONNECT_FAILED', 3, 'trouble', 'reconnecting'],
        ['SSE_RECONNECT_SCHEDULED', 3, 'trouble', null],
        ['FALLBACK_MESSAGES_POLL', 3, 'trouble', 'fallback'],
      ],
    )
  })

  test('tells accounts at WeChat apart, and how grave it is', () => {
    const { entries } = timelineOf(
      linesOf(`10:04:00 AUTH_REFUSED account=wechat:main reason=token_refused
        10:04:01 AUTH_REFUSED account=wechat:work reason=token_refused
        10:04:02 SINK_STATE sink=wechat:main state=connected
        10:04:03 SINK_STATE sink=wechat:work state=retrying reason=http_524
        10:04:04 SINK_STATE sink=webhook:ops state=failing`),
    )
    assert.deepEqual(
      entries.map(one => [one.kind, one.fields['account'] ?? one.fields['sink']]),
      [
        ['bad', 'wechat:main'],
        ['bad', 'wechat:work'],
        ['good', 'wechat:main'],
        ['trouble', 'wechat:work'],
        ['info', 'webhook:ops'],
      ],
    )
  })

  test('knows which files can not be written now', () => {
    const { faults } = timelineOf(
      linesOf(`10:04:00 STORAGE_FAULT file=state.db reason=ENOSPC
        10:04:01 STORAGE_FAULT file=conversations.md reason=EACCES
        10:04:02 STORAGE_FAULT file=stats.json reason=not_json moved_to=stats.json.1
        10:04:03 STORAGE_RECOVERED file=state.db`),
    )
    assert.deepEqual([...faults.keys()], ['conversations.md'])
  })

  test('counts every line once, and never throws, whatever stands in the log', () => {
    const events = fc.constantFrom(
      'SSE_CONNECTED',
      'SSE_SILENT',
      'AUTH_REFUSED',
      'SSE_CONNECT_FAILED',
      'constructor',
      '__proto__',
    )
    const anyLine = fc.oneof(
      hostileText(),
      fc.tuple(events, hostileText(2)).map(([event, text]) => `[2026-03-10T10:04:00Z] ${event} reason=${text}`),
    )
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 30 }), lines => {
        const { entries, log } = timelineOf(lines.map((one, i) => parseChannelLine(one, `l${i}`)))
        assert.equal(
          entries.reduce((sum, one) => sum + one.count, 0),
          lines.length,
        )
        assert.ok(channelState({ log, stats: null, snapshot: null, now: NOW }).code)
      }),
    )
  })
})
