import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  formatEntry,
  highestSeq,
  type InboxEntry,
  parseEntries,
  SEPARATOR,
} from '../../scripts/protocol/inbox-entry.ts'
import { ANY_LINE_END, relayText } from '../support/arbitraries.ts'

const entry: fc.Arbitrary<InboxEntry> = fc.record({
  receivedAt: fc.constant('2026-03-09T10:00:00Z'),
  seq: fc.nat(),
  via: fc.constantFrom('stream', 'poll') as fc.Arbitrary<InboxEntry['via']>,
  payload: relayText(40),
})

describe('one entry of inbox_pushed.md', () => {
  test('has the documented form and leaves ordinary lines alone', () => {
    const payload = '类型：聊天消息\n内容：a\\b "c"\n── 短线'
    assert.equal(
      formatEntry({ receivedAt: '2026-03-09T10:00:00Z', seq: 3, via: 'stream', payload }),
      `[2026-03-09T10:00:00Z] seq=3 via=stream bytes=${Buffer.byteLength(payload)}\n${payload}\n${SEPARATOR}\n`,
    )
  })

  test('comes back as it was, for every payload', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), entries => {
        assert.deepEqual(parseEntries(entries.map(formatEntry).join('')), structuredClone(entries))
      }),
      { numRuns: 2000 },
    )
  })

  test('no payload can show a header or a separator, however lines are split', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), entries => {
        const lines = entries.map(formatEntry).join('').split(ANY_LINE_END)
        assert.equal(lines.filter(line => /^\s*\[\d{4}-\d\d-\d\dT.* seq=/.test(line)).length, entries.length)
        assert.equal(lines.filter(line => line.trim() === SEPARATOR).length, entries.length)
      }),
      { numRuns: 2000 },
    )
  })

  test('a torn tail ends the reading, whole entries before it count', () => {
    const whole = formatEntry({ receivedAt: '2026-03-09T10:00:00Z', seq: 1, via: 'poll', payload: 'x' })
    const torn = formatEntry({ receivedAt: '2026-03-09T10:00:00Z', seq: 2, via: 'poll', payload: 'y' }).slice(0, -20)
    assert.deepEqual(
      parseEntries(whole + torn).map(one => one.seq),
      [1],
    )
    assert.equal(highestSeq(whole + torn), 2)
  })
})
