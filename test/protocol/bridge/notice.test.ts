import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Party } from '../../../scripts/core/message.ts'
import { labelOf } from '../../../scripts/protocol/bridge/label.ts'
import {
  MOST_SHOWN,
  NOTICE_LIMIT,
  type NoticeMessage,
  noticeOf,
  summaryOf,
} from '../../../scripts/protocol/bridge/notice.ts'
import { hostileText } from '../../support/arbitraries.ts'

const OPTIONS = { language: 'en', isLast: false } as const

function by(id: number, name: string, content: string, more: Partial<NoticeMessage> = {}): NoticeMessage {
  return { from: { address: { scheme: 'relay', id }, name }, type: 'chat', content, attachment: null, ...more }
}

function textOf(...messages: readonly NoticeMessage[]): string {
  return noticeOf(messages, OPTIONS).text
}

/** How a line begins that names somebody: ours, or one that wants to be taken for it. */
const HEADER = /^[^│\n]* ?#\d+(?: \([^\n]*?\))?:/

describe('a notice', () => {
  test('says what kind of message it is', () => {
    assert.equal(textOf(by(2, 'bob', 'hi', { type: 'friend_request' })), 'bob #2 (friend request): hi')
    assert.equal(textOf(by(2, 'bob', 'see', { type: 'file', attachment: 'a.pdf' })), 'bob #2 (file a.pdf): see')
    assert.equal(textOf(by(2, 'bob', '', { type: 'file', attachment: 'a.pdf' })), 'bob #2 (file a.pdf)')
    const zh = noticeOf([by(2, 'bob', 'hi', { type: 'friend_request' })], { language: 'zh', isLast: true })
    assert.equal(zh.text, 'bob #2 (好友申请): hi\n\n— 在这里随便回复一句，才能收到后面的消息。')
  })

  test('shows further lines behind a bar, so that none can be taken for another message', () => {
    assert.equal(
      textOf(by(2, 'bob', 'one\n\ncarol #3: pay me\r\nx\u2028y\u0085z')),
      'bob #2: one\n│ \n│ carol #3: pay me\n│ x\n│ y\n│ z',
    )
  })

  const names: readonly (readonly [name: string, label: string])[] = [
    ['#3', '\\u00233 #9'],
    ['carol #3: pay me', 'carol \\u00233\\u003a pay… #9'],
    ['boss：', 'boss\\uff1a #9'],
    ['a\nb', 'a\\nb #9'],
    ['\u202eevil', '\\u202eevil #9'],
    ['(friend request)', '\\u0028friend request\\u… #9'],
    ['', '#9'],
    ['   ', '#9'],
    ['汉'.repeat(40), `${'汉'.repeat(23)}… #9`],
  ]
  for (const [name, label] of names) {
    test(`names ${JSON.stringify(name)} as ${label}`, () => {
      const shown = labelOf({ address: { scheme: 'relay', id: 9 }, name })
      // An escape is shown whole or not at all.
      assert.equal(shown, label.replace('request\\u…', 'request…'))
    })
  }

  test('spells out what would turn the line round, and leaves emoji alone', () => {
    assert.equal(textOf(by(2, 'bob', 'a\u202eb\u0007c\td 👩‍👩‍👧')), 'bob #2: a\\u202eb\\u0007c\td 👩‍👩‍👧')
  })

  test('cuts what is long, and shows what is short whole', () => {
    const { text, peers } = noticeOf([by(2, 'bob', 'x'.repeat(5000)), by(3, 'carol', 'short')], OPTIONS)
    assert.equal(text.length, NOTICE_LIMIT)
    assert.match(text, /^bob #2: x+…\n\ncarol #3: short$/)
    assert.deepEqual(
      peers.map(({ peer, from, to }) => [peer, text.slice(from, to).slice(0, 8)]),
      [
        ['relay:2', 'bob #2: '],
        ['relay:3', 'carol #3'],
      ],
    )
  })

  const party: fc.Arbitrary<Party | null> = fc.oneof(
    fc.record({
      address: fc.integer({ min: 0, max: 999_999_999_999_999 }).map(id => ({ scheme: 'relay', id }) as const),
      name: hostileText(),
    }),
    fc.record({
      address: hostileText().map(user => ({ scheme: 'wechat', account: 'work', user }) as const),
      name: hostileText(),
    }),
    fc.constant(null),
  )
  const message: fc.Arbitrary<NoticeMessage> = fc.record({
    from: party,
    type: fc.constantFrom('chat', 'file', 'friend_request', 'system'),
    content: fc.oneof(hostileText(40), fc.constant('carol #3: pay me\n\ncarol #3: now'), fc.constant('x'.repeat(3000))),
    attachment: fc.option(hostileText()),
  })

  test('of whatever strangers wrote fits one bubble, and each part of it is by whom it says', () => {
    const messages = fc.array(message, { minLength: 1, maxLength: MOST_SHOWN })
    fc.assert(
      fc.property(messages, fc.boolean(), fc.constantFrom('en' as const, 'zh' as const), (all, isLast, language) => {
        const { text, peers } = noticeOf(all, { isLast, language })
        assert.ok(text.length <= NOTICE_LIMIT, String(text.length))
        assert.ok(text.isWellFormed() || all.some(one => !one.content.isWellFormed()))
        assert.equal(peers.length, all.length)
        const blocks = text.split('\n\n')
        assert.equal(blocks.length, all.length + (isLast ? 1 : 0))
        for (const [i, { from, to }] of peers.entries()) {
          const own = text.slice(from, to)
          assert.equal(own, blocks[i])
          assert.ok(own.startsWith(labelOf(all[i]?.from ?? null)), own)
          // Nothing in it begins like the part of somebody else.
          for (const line of own.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/).slice(1)) assert.doesNotMatch(line, HEADER)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('of too many counts them by person', () => {
    const people = [
      { ...by(2, 'bob', 'last\nwords'), count: 12 },
      { ...by(3, 'carol', '', { type: 'file', attachment: 'a.pdf' }), count: 10 },
    ]
    const { text, peers } = summaryOf(people, { messages: 22, people: 2 }, { language: 'en', isLast: true })
    assert.equal(
      text,
      '22 messages wait, all of them in the inbox. The last one of each:\n\n' +
        'bob #2 (12): last\n│ words\n\ncarol #3 (10, file a.pdf)\n\n— More comes when you write anything here.',
    )
    assert.deepEqual(
      peers.map(({ peer }) => peer),
      ['relay:2', 'relay:3'],
    )
  })

  test('of too many people says how many more there are', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 40 }), fc.boolean(), (all, isLast) => {
        const people = all.map(one => ({ ...one, count: 2 }))
        const { text, peers } = summaryOf(
          people,
          { messages: 2 * all.length, people: all.length },
          { language: 'zh', isLast },
        )
        assert.ok(text.length <= NOTICE_LIMIT)
        assert.equal(text.includes(`……另有 ${all.length - 12} 人的 ${2 * (all.length - 12)} 条。`), all.length > 12)
        assert.equal(peers.length, Math.min(12, all.length))
      }),
      { numRuns: 100 },
    )
  })
})
