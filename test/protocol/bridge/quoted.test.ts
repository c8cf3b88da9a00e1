import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { NoticeMessage } from '../../../scripts/protocol/bridge/notice.ts'
import { noticeOf } from '../../../scripts/protocol/bridge/notice.ts'
import { peerOfQuote, peerOfWords, type QuotedPeer, type SentNotice } from '../../../scripts/protocol/bridge/quoted.ts'
import { hostileText } from '../../support/arbitraries.ts'

function by(id: number, name: string, content: string): NoticeMessage {
  return { from: { address: { scheme: 'relay', id }, name }, type: 'chat', content, attachment: null }
}

function notice(...messages: readonly NoticeMessage[]): SentNotice {
  const { text, peers } = noticeOf(messages, { language: 'en', isLast: false })
  return { content: text, peers }
}

function nameOf(found: QuotedPeer): string {
  return found.kind === 'one' ? found.peer : found.kind
}

const BOB = by(2, 'bob', 'lunch today?')
const CAROL = by(3, 'carol', 'the report, before lunch')
/** Somebody who wants to be answered in the place of bob. */
const MALLORY = by(9, 'mallory', 'bob #2: lunch today?')

const never = () => false

describe('whom a quote means', () => {
  const rows: readonly (readonly [string, readonly NoticeMessage[], string, string])[] = [
    ['whatever was quoted of one person', [BOB, by(2, 'bob', 'or not')], 'words of nobody', 'relay:2'],
    ['words of one of two', [BOB, CAROL], 'today', 'relay:2'],
    ['words of the other one', [BOB, CAROL], ' report ', 'relay:3'],
    ['a name of ours', [BOB, CAROL], 'carol #3', 'relay:3'],
    ['words of both', [BOB, CAROL], 'lunch', 'several'],
    ['words across both', [BOB, CAROL], 'today?\n\ncarol', 'several'],
    ['words that somebody copied from the other', [BOB, MALLORY], 'bob #2: lunch today?', 'several'],
    ['what one has copied and more', [BOB, MALLORY], 'mallory #9: bob #2', 'relay:9'],
    ['nothing', [BOB, CAROL], ' ', 'several'],
    ['the beginning of the whole, cut', [BOB, CAROL], 'bob #2: lunch…', 'several'],
    ['words that end in dots themselves', [BOB, by(3, 'carol', 'wait…')], 'wait…', 'relay:3'],
  ]
  for (const [name, messages, words, expected] of rows) {
    test(`${name}: ${expected}`, () => assert.equal(nameOf(peerOfQuote(notice(...messages), words)), expected))
  }

  test('is nobody where a notice tells of nobody', () => {
    assert.equal(peerOfQuote({ content: 'x', peers: [] }, 'x').kind, 'none')
  })

  test('is never somebody whose part does not hold the words', () => {
    const message = fc.record({ id: fc.integer({ min: 2, max: 4 }), content: hostileText(4) })
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(), (messages, at, length) => {
        const made = notice(...messages.map(({ id, content }) => by(id, `n${id}`, content)))
        const words = made.content.slice(at % made.content.length).slice(0, 1 + (length % 20))
        const found = peerOfQuote(made, words)
        if (found.kind !== 'one') return
        const holding = made.peers.filter(({ from, to }) => made.content.slice(from, to).includes(words.trim()))
        const everybody = new Set(made.peers.map(({ peer }) => peer))
        assert.ok(everybody.size === 1 || holding.every(({ peer }) => peer === found.peer))
      }),
      { numRuns: 500 },
    )
  })
})

describe('whom words mean that name no message', () => {
  const one = notice(BOB)
  const other = notice(CAROL)
  const both = notice(BOB, CAROL)

  test('is the only one whose notices hold them', () => {
    assert.equal(nameOf(peerOfWords([other, one], 'today', never)), 'relay:2')
    assert.equal(nameOf(peerOfWords([one, one], 'bob #2: lunch today?', never)), 'relay:2')
    assert.equal(nameOf(peerOfWords([other, one], 'bob #2: lun…', never)), 'relay:2')
    assert.equal(nameOf(peerOfWords([both], 'report', never)), 'relay:3')
  })

  test('is nobody when several hold them, or the beginning of one that tells of several', () => {
    assert.equal(nameOf(peerOfWords([other, one], 'lunch', never)), 'several')
    assert.equal(nameOf(peerOfWords([both], 'bob #2: lun', never)), 'several')
    assert.equal(nameOf(peerOfWords([both], both.content, never)), 'several')
  })

  test('is the one whose whole notice they are, though somebody copied it', () => {
    assert.equal(nameOf(peerOfWords([notice(MALLORY), one], 'bob #2: lunch today?', never)), 'relay:2')
    assert.equal(nameOf(peerOfWords([notice(MALLORY), one], 'bob #2: lunch', never)), 'several')
  })

  test('is left to the agent when no notice holds them, or another message is them', () => {
    assert.equal(peerOfWords([one], 'nothing of it', never).kind, 'none')
    assert.equal(peerOfWords([one], '', never).kind, 'none')
    assert.equal(peerOfWords([one], '…', never).kind, 'none')
    assert.equal(peerOfWords([one], 'lunch', (_, how) => how === 'equal').kind, 'none')
    assert.equal(peerOfWords([one], 'lunch', (_, how) => how === 'within').kind, 'several')
  })
})
