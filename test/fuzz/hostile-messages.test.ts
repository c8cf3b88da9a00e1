import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { understand } from '../../scripts/adapters/relay/understand.ts'
import type { IncomingMessage } from '../../scripts/core/adapter.ts'
import { eventText, inboxText, thickLine, thinLine } from '../../scripts/embedded/relay/block-text.ts'
import { judge, type Verdict } from '../support/attribution.ts'
import { hostileWorld, type SentMessage, type World } from '../support/hostile-world.ts'
import { scale } from '../support/scale.ts'
import { campaignSeed } from '../support/seeded-random.ts'
import { createReader, payloadsOf, type Reader, readInbox, readStream } from '../support/world-reader.ts'

/**
 * Messages whose names, descriptions, texts and file names were all made to pass for somebody else's, read on each of
 * the ways that a message can take: nobody is shown as a sender who is not, and nothing is dropped (RC §8).
 */

const LEAST_MESSAGES = 4
const MESSAGES = scale({ short: 2000, full: 100_000 })
const WORLDS = { numRuns: MESSAGES / LEAST_MESSAGES, seed: campaignSeed() }

/** What a message says of its sender goes into contacts.json. */
function assertContact({ contact, parsed }: IncomingMessage, { kind, from }: SentMessage): void {
  if (parsed.type === 'system') {
    assert.deepEqual(contact, {
      address: { scheme: 'relay', id: from.id },
      name: from.name,
      relationship: 'accepted',
    })
  } else {
    assert.deepEqual(contact?.address, parsed.from?.address)
    assert.equal(contact?.relationship, kind === 'request' && parsed.from !== null ? 'pending_incoming' : undefined)
  }
}

type Tally = Record<Verdict, number>

function createTally(): Tally {
  return { exact: 0, unverified: 0, swapped: 0 }
}

function shares(tally: Tally): string {
  const all = tally.exact + tally.unverified + tally.swapped
  return Object.entries(tally)
    .map(([verdict, count]) => `${verdict} ${count} (${((100 * count) / all).toFixed(2)} %)`)
    .join(', ')
}

/** What every way of one world's messages leads to. */
type Read = readonly { readonly sent: SentMessage; readonly found: IncomingMessage }[]

function readPushed(world: World): Read {
  const reader = createReader(world)
  const events = readStream(Buffer.from(world.messages.map(one => eventText(one.block)).join('')))
  assert.deepEqual(
    events,
    world.messages.map(one => ({ payload: one.block, cut: null })),
  )
  return world.messages.map(sent => ({ sent, found: reader.settle(understand(sent.block, reader.known), sent.block) }))
}

/** @returns null where the reply can be cut in more than one way, which the reader has to have seen (RC §8.2) */
function readReply(group: readonly SentMessage[], total: number, limit: number, reader: Reader): Read | null {
  const blocks = group.map(one => one.block)
  const text = inboxText({ blocks, total, limit, fromId: null })
  const outcome = readInbox(text, reader.known)
  assert.ok(outcome.kind === 'messages')
  const { payload, flaw, more } = outcome
  assert.deepEqual(Buffer.from(payload.body), Buffer.from(text))
  if (group.length > 1 && waysToCut(text, group.length) > 1) {
    const [only] = payload.messages
    assert.deepEqual([flaw, payload.messages.length, only?.span], ['ambiguous', 1, undefined])
    assert.deepEqual([only?.parsed.type, only?.parsed.from, only?.parsed.content], ['unparsed', null, text])
    return null
  }
  assert.deepEqual([flaw, more], [null, total > group.length])
  assert.deepEqual(payloadsOf(outcome), blocks)
  return payload.messages.map((message, index) => {
    const sent = group[index] ?? assert.fail('more than were sent')
    return { sent, found: reader.settle(message, sent.block) }
  })
}

describe('hostile messages', () => {
  test('are their sender’s through the stream, one by one and several at a time, or kept whole and nobody’s', t => {
    const tallies = { stream: createTally(), single: createTally(), several: createTally() }
    const replies = { all: 0, ambiguous: 0 }
    function note(way: keyof typeof tallies, read: Read, { users }: World): void {
      for (const { sent, found } of read) {
        assertContact(found, sent)
        tallies[way][judge(found.parsed, sent, { users })]++
      }
    }
    fc.assert(
      fc.property(hostileWorld({ leastMessages: LEAST_MESSAGES }), fc.integer({ min: 2, max: 5 }), (world, limit) => {
        const { messages } = world
        note('stream', readPushed(world), world)
        const [one, several] = [createReader(world), createReader(world)]
        for (const [index, sent] of messages.entries()) {
          const read =
            readReply([sent], messages.length - index, 1, one) ?? assert.fail('one message is never ambiguous')
          note('single', read, world)
        }
        for (let at = 0; at < messages.length; at += limit) {
          const group = messages.slice(at, at + limit)
          const read = readReply(group, messages.length - at, limit, several)
          replies.all++
          if (read !== null) note('several', read, world)
          else {
            replies.ambiguous++
            tallies.several.unverified += group.length
          }
        }
      }),
      WORLDS,
    )
    for (const [way, tally] of Object.entries(tallies)) {
      t.diagnostic(`${way}: ${shares(tally)}`)
      assert.ok(tally.exact + tally.swapped + tally.unverified >= MESSAGES)
      assert.ok(tally.swapped > 0, 'the residue of RC §8.3 was tried')
    }
    t.diagnostic(`${replies.ambiguous} of ${replies.all} replies with several can be cut in more than one way`)
    // Every profile can be read and the true sender's always fits, so only an ambiguous reply leaves anybody unnamed.
    assert.deepEqual([tallies.stream.unverified, tallies.single.unverified], [0, 0])
    assert.ok(replies.ambiguous > 0 && tallies.several.exact > tallies.several.unverified)
  })

  test('with profiles that can not be had, a sender is the true one or nobody', t => {
    const tally = createTally()
    fc.assert(
      fc.property(hostileWorld({ leastMessages: LEAST_MESSAGES }), fc.nat(6), (world, spared) => {
        const { users, messages } = world
        const unreachable = new Set([NO_USER, ...users.filter((_, index) => index !== spared).map(one => one.id)])
        const reader = createReader(world, unreachable)
        for (const sent of messages) {
          const found = reader.settle(understand(sent.block, reader.known), sent.block)
          const verdict = judge(found.parsed, sent, { users })
          assert.equal(verdict === 'unverified', found.unresolved === true, 'it will be asked for again')
          tally[verdict]++
        }
      }),
      { ...WORLDS, numRuns: WORLDS.numRuns / 5 },
    )
    t.diagnostic(shares(tally))
    assert.ok(tally.unverified > 0 && tally.exact > 0)
  })

  test('cut anywhere, by a broken connection or by the bound, are their sender’s or nobody’s', t => {
    const tally = createTally()
    fc.assert(
      fc.property(
        hostileWorld({ leastMessages: LEAST_MESSAGES }),
        fc.array(fc.nat(), { maxLength: 3 }),
        (world, places) => {
          const reader = createReader(world)
          for (const sent of world.messages) {
            const tempting = temptingEnds(sent.block).map(end => Buffer.byteLength(sent.block.slice(0, end)))
            const anywhere = places.map(one => one % (Buffer.byteLength(sent.block) + FRAME_BYTES))
            for (const bytes of [...tempting, ...anywhere]) {
              for (const { payload, message } of [cutStream(sent, bytes, reader), cutInbox(sent, bytes, reader)]) {
                const found = reader.settle(message, payload)
                assert.equal(found.parsed.flags['state'], 'partial')
                if (found.parsed.from !== null) assertContact(found, sent)
                tally[judge(found.parsed, sent, { users: world.users, cut: true })]++
              }
            }
          }
        },
      ),
      { ...WORLDS, numRuns: WORLDS.numRuns / 5 },
    )
    t.diagnostic(shares(tally))
    assert.ok(tally.unverified > 0 && tally.exact > 0)
  })
})

/** An id that hostile texts name and nobody has. */
const NO_USER = 99

/**
 * In how many ways the reply can be cut into so many blocks (RC §8.2), written without a look at the reader: every place
 * where a separator with the right number stands in front of a block's first lines.
 */
function waysToCut(text: string, count: number): number {
  const ends = (index: number): { at: number; next: number }[] => {
    const mark = `\n${thinLine}\n[${index}]\n`
    const found = []
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
      const next = at + mark.length
      if (BLOCK_HEAD.test(text.slice(next, next + 60))) found.push({ at, next })
    }
    return found
  }
  function from(index: number, place: number): number {
    if (index > count) return 1
    return ends(index)
      .filter(one => one.at >= place)
      .reduce((sum, one) => sum + from(index + 1, one.next), 0)
  }
  return from(2, text.indexOf('\n[1]\n'))
}

const BLOCK_HEAD =
  /^类型：(?:(?:聊天消息|好友申请)\n时间：\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n发件人|系统通知\n时间：\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n内容)：/

/** Behind everything that the relay alone may say, whoever said it. */
function temptingEnds(block: string): number[] {
  return [...block.matchAll(/任意消息即可建立好友关系|北京时间）|\n内容：/g)].map(
    found => found.index + found[0].length,
  )
}

/** The closing frame of an inbox, `\n` and the line. */
const FRAME_BYTES = Buffer.byteLength(`\n${thickLine}`)

interface CutMessage {
  readonly payload: string
  readonly message: IncomingMessage
}

/** So many bytes of the block, without a torn character at the end. */
function beginningOf({ block }: SentMessage, bytes: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(block).subarray(0, bytes), { stream: true })
}

/** The stream breaks, or the bound is reached, behind so many bytes of the block. */
function cutStream(sent: SentMessage, bytes: number, { known }: Reader): CutMessage {
  const payload = beginningOf(sent, bytes)
  const event = Buffer.from(eventText(sent.block))
  const length = Buffer.byteLength(eventText(payload)) - '\n\n'.length
  assert.deepEqual(readStream(event.subarray(0, length)), [{ payload, cut: 'stream_cut' }])
  assert.deepEqual(readStream(event, length), [{ payload, cut: 'oversized' }])
  return { payload, message: understand(payload, known, { state: 'partial' }) }
}

/** The connection breaks there while the reply comes in. */
function cutInbox(sent: SentMessage, bytes: number, { known }: Reader): CutMessage {
  const body = Buffer.from(inboxText({ blocks: [sent.block], total: 1, limit: 1, fromId: null }))
  const start = body.indexOf('[1]\n') + '[1]\n'.length
  const outcome = readInbox(body.subarray(0, start + bytes), known, false)
  assert.ok(outcome.kind === 'messages' && outcome.flaw === 'body_cut')
  const payload = payloadsOf(outcome)[0] ?? ''
  // What could be a piece of the closing frame is left out, and a character that may have been torn.
  const least = beginningOf(sent, bytes).replace(/(?:\n═{0,40})?\ufffd?$/, '')
  assert.ok(sent.block.startsWith(payload) && payload.length >= least.length)
  return { payload, message: outcome.payload.messages[0] ?? assert.fail('nothing is kept') }
}
