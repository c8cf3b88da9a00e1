import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Party } from '../../../scripts/core/message.ts'
import { formatChannelLine, formatServerLine } from '../../../scripts/protocol/channel-line.ts'
import * as ours from '../../../scripts/protocol/record-line.ts'
import { unescapeText } from '../../../scripts/protocol/visible-escape.ts'
import { parseChannelLine } from '../../../ui/data/channel-log.js'
import { addressKey, parseRecord } from '../../../ui/data/records.js'
import * as page from '../../../ui/data/visible-escape.js'
import { hostileText } from '../../support/arbitraries.ts'

const at = '2026-03-09T10:00:00Z'
const filled = hostileText().filter(text => text !== '')

const party: fc.Arbitrary<Party | null> = fc.oneof(
  fc.constant(null),
  fc.record({ address: fc.record({ scheme: fc.constant('relay' as const), id: fc.nat() }), name: hostileText() }),
  fc.record({
    address: fc.record({ scheme: fc.constant('wechat' as const), account: filled, user: filled }),
    name: hostileText(),
  }),
  filled.map(name => ({ address: { scheme: 'webhook' as const, name }, name })),
)

const record: fc.Arbitrary<ours.ConversationRecord> = fc
  .record({
    from: party,
    to: fc.option(party, { nil: undefined }),
    type: fc.constantFrom('chat', 'friend_request', 'system', 'file', 'unparsed', 'correction'),
    flags: fc.dictionary(fc.constantFrom('attachment', 'also', 'ref', 'imitates', 'state', 'seq'), hostileText()),
    content: hostileText(40),
  })
  .map(({ to, ...rest }) => ({ at, ...rest, ...(to === undefined ? {} : { to }) }))

describe('a line of conversations.md on the page', () => {
  test('is read as everywhere else, for every record', () => {
    fc.assert(
      fc.property(record, one => {
        const line = ours.formatRecord(one)
        assert.deepEqual(parseRecord(line), ours.parseRecord(line))
        assert.deepEqual(parseRecord(line), structuredClone(one))
      }),
      { numRuns: 2000 },
    )
  })

  test('is read as everywhere else, for every damaged or hostile line', () => {
    const damaged = fc.tuple(record, fc.nat(), fc.nat(4), hostileText(3)).map(([one, where, cut, text]) => {
      const line = ours.formatRecord(one)
      const from = where % (line.length + 1)
      return line.slice(0, from) + text + line.slice(from + cut)
    })
    fc.assert(
      fc.property(fc.oneof(damaged, hostileText(30)), line => {
        assert.deepEqual(parseRecord(line), ours.parseRecord(line))
        assert.equal(page.unescapeText(line), unescapeText(line))
      }),
      { numRuns: 4000 },
    )
  })

  test('gives each peer a key of its own, whatever its address is made of', () => {
    const keys = [
      addressKey({ scheme: 'wechat', account: 'a/b', user: 'c' }),
      addressKey({ scheme: 'wechat', account: 'a', user: 'b/c' }),
      addressKey({ scheme: 'webhook', name: '["a","b/c"]' }),
      addressKey({ scheme: 'webhook', name: 'unverified' }),
      addressKey({ scheme: 'relay', id: 2 }),
      'unverified',
      'system',
      'notes',
    ]
    assert.equal(new Set(keys).size, keys.length)
  })
})

describe('a line of sse_channel.log on the page', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(hostileText(), reason => {
        const line = formatChannelLine(at, 'SSE_DISCONNECTED', { reason, attempt: 3 })
        const read = parseChannelLine(line, 'k')
        assert.equal(read.event, 'SSE_DISCONNECTED')
        assert.deepEqual(read.fields, { reason, attempt: '3' })
        assert.equal(read.atMs, Date.parse(at))
      }),
    )
  })

  test('is never an event when the relay said it, whatever it said', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText(), fc.constantFrom('SSE_CONNECTED', '] DAEMON_STOPPED', '')), said => {
        const read = parseChannelLine(formatServerLine(at, said), 'k')
        assert.deepEqual([read.event, read.text, read.fields], ['server', said, {}])
      }),
    )
  })

  test('is a note when it is anything else', () => {
    for (const line of ['', 'x', '[2026-03-09T10:00:00Z] lower', '[2026-03-09] SSE_CONNECTED', 'SSE_CONNECTED']) {
      assert.deepEqual(parseChannelLine(line, 'k'), {
        key: 'k',
        at: null,
        atMs: null,
        event: 'note',
        fields: {},
        text: line,
      })
    }
  })
})
