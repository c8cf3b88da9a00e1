import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Party } from '../../scripts/core/message.ts'
import { type ConversationRecord, formatRecord, parseRecord } from '../../scripts/protocol/record-line.ts'
import { ANY_LINE_END, hostileText } from '../support/arbitraries.ts'

const at = '2026-03-09T10:00:00Z'
const bob: Party = { address: { scheme: 'relay', id: 2 }, name: 'bob' }

const party: fc.Arbitrary<Party | null> = fc.oneof(
  fc.constant(null),
  fc.record({
    address: fc.record({ scheme: fc.constant('relay' as const), id: fc.nat() }),
    name: hostileText(),
  }),
  fc.record({
    address: fc.record({
      scheme: fc.constant('wechat' as const),
      account: hostileText().filter(text => text !== ''),
      user: hostileText().filter(text => text !== ''),
    }),
    name: hostileText(),
  }),
  hostileText()
    .filter(text => text !== '')
    .map(name => ({ address: { scheme: 'webhook' as const, name }, name })),
)

const record: fc.Arbitrary<ConversationRecord> = fc
  .record({
    from: party,
    to: fc.option(party, { nil: undefined }),
    type: fc.constantFrom('chat', 'friend_request', 'system', 'file', 'unparsed', 'correction') as fc.Arbitrary<
      ConversationRecord['type']
    >,
    flags: fc.dictionary(fc.constantFrom('attachment', 'also', 'ref', 'imitates', 'state'), hostileText()),
    content: hostileText(40),
  })
  .map(({ to, ...rest }) => ({ at, ...rest, ...(to === undefined ? {} : { to }) }))

describe('one line of conversations.md', () => {
  test('has the documented form', () => {
    assert.equal(
      formatRecord({ at, from: bob, type: 'chat', flags: {}, content: 'hello' }),
      '[2026-03-09T10:00:00Z] from=#2(bob) type=chat content=hello',
    )
    assert.equal(
      formatRecord({ at, from: null, type: 'correction', flags: { ref: '7' }, content: 'a\nb' }),
      '[2026-03-09T10:00:00Z] from=unverified type=correction ref=7 content=a\\nb',
    )
  })

  test('spells out everything that is not visible, and nothing else', () => {
    const line = formatRecord({
      at,
      from: { ...bob, name: ' (x)=#\u202e' },
      type: 'chat',
      flags: {},
      content: '好 a/b=c (1) #2\t\u2028',
    })
    assert.equal(
      line,
      '[2026-03-09T10:00:00Z] from=#2(\\u0020\\u0028x\\u0029\\u003d\\u0023\\u202e) type=chat content=好 a/b=c (1) #2\\t\\u2028',
    )
  })

  test('comes back as it was, for every text', () => {
    fc.assert(
      fc.property(record, one => {
        assert.deepEqual(parseRecord(formatRecord(one)), structuredClone(one))
      }),
      { numRuns: 3000 },
    )
  })

  test('no text can make a second record or another sender', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 4 }), records => {
        const file = records.map(one => `${formatRecord(one)}\n`).join('')
        const lines = file.split(ANY_LINE_END).slice(0, -1)
        assert.equal(lines.length, records.length)
        for (const [index, line] of lines.entries()) {
          assert.match(line, /^\[2026-03-09T10:00:00Z\] from=/)
          // A reader that takes what stands between `from=` and the first blank sees one sender, the true one.
          const sender = records[index]?.from
          const shown = /^\[[^\]]*\] from=([^ (]*)/.exec(line)?.[1] ?? ''
          if (sender === null) assert.equal(shown, 'unverified')
          else if (sender?.address.scheme === 'relay') assert.equal(shown, `#${sender.address.id}`)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a line of another program is none', () => {
    for (const line of [
      '',
      '# Conversations',
      '- bob: hello',
      '[2026-03-09T10:00:00Z] from=#2(bob) type=dance content=x',
    ]) {
      assert.equal(parseRecord(line), null)
    }
  })
})
