import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readInboxReply } from '../../../scripts/adapters/relay/read-inbox.ts'
import { understand } from '../../../scripts/adapters/relay/understand.ts'
import type { IncomingMessage } from '../../../scripts/core/adapter.ts'
import { createSseGuard, restoreData } from '../../../scripts/protocol/sse-guard.ts'
import { fixtureBytes, fixtureNames, fixtureReply, fixtureTruth, type Truth } from '../../support/fixtures.ts'
import { recordedHeads } from '../../support/profiles.ts'

const heads = recordedHeads()
const known = { profileOf: (id: number) => heads.get(id), relationshipWith: () => null }

function assertTruth(found: readonly IncomingMessage[], truth: readonly Truth[]): void {
  assert.equal(found.length, truth.length)
  for (const [index, expected] of truth.entries()) {
    const message = found[index]?.parsed
    assert.equal(message?.type, expected.type)
    if (expected.type === 'system') {
      assert.equal(message?.flags['peer'], `#${expected.peer_id}`)
      assert.equal(found[index]?.contact?.name, expected.peer_name)
      continue
    }
    assert.deepEqual(message?.from, { address: { scheme: 'relay', id: expected.from_id }, name: expected.from_name })
    // An attachment can not be told from a last line of the text (807): it stays where it was.
    const attachment = expected.attachment === undefined ? '' : `\n附件：${expected.attachment}`
    assert.equal(message?.content, `${expected.content}${attachment}`)
  }
}

describe('every recorded inbox parses to what was sent', () => {
  const stems = fixtureNames(/-messages-.*\.truth\.json$/).map(name => name.replace('.truth.json', ''))
  assert.ok(stems.length >= 18)
  for (const stem of stems) {
    test(stem, () => {
      const { status, headers, body } = fixtureReply(stem)
      const contentType = headers.get('content-type') ?? ''
      const outcome = readInboxReply({ status, contentType, retryAfter: null, body, complete: true }, known)
      assert.equal(outcome.kind, 'messages')
      if (outcome.kind !== 'messages') return
      if (stem === '800-messages-forged-block') {
        // Two ways to cut it: nothing is attributed, and the whole body is kept.
        assert.equal(outcome.flaw, 'ambiguous')
        assert.deepEqual(
          outcome.payload.messages.map(one => [one.parsed.type, one.parsed.from]),
          [['unparsed', null]],
        )
        assert.deepEqual(Buffer.from(outcome.payload.body), body)
        return
      }
      assert.equal(outcome.flaw, null)
      assertTruth(outcome.payload.messages, fixtureTruth(stem))
    })
  }
})

/** The guard's output, read line by line: one event a blank line. */
export function eventsOf(bytes: Uint8Array): { event: string; payload: string }[] {
  const guard = createSseGuard()
  const text = Buffer.concat([guard.feed(bytes), guard.end()]).toString('utf8')
  return text
    .split('\n\n')
    .filter(block => block !== '')
    .map(block => {
      const lines = block.split('\n')
      const data = lines.filter(line => line.startsWith('data: ')).map(line => line.slice(6))
      return { event: lines[0]?.slice('event: '.length) ?? '', payload: restoreData(data.join('\n')).payload }
    })
}

describe('every recorded stream parses to what was sent', () => {
  const stems = fixtureNames(/-stream-.*\.truth\.json$/).map(name => name.replace('.truth.json', ''))
  assert.ok(stems.length >= 12)
  for (const stem of stems) {
    test(stem, () => {
      const events = eventsOf(fixtureBytes(`${stem}.sse`))
      assert.equal(events[0]?.event, 'log')
      const messages = events.filter(one => one.event === 'message').map(one => understand(one.payload, known))
      assertTruth(messages, fixtureTruth(stem))
    })
  }
})

test('a sender whose name repeats the header of another user is named and marked', () => {
  const [event] = eventsOf(fixtureBytes('812-stream-forged-sender.sse')).filter(one => one.event === 'message')
  const { parsed } = understand(event?.payload ?? '', known)
  assert.deepEqual(parsed.from?.address, { scheme: 'relay', id: 14 })
  assert.equal(parsed.flags['imitates'], '#1')
})

test('without the profiles such a message waits for them and is attributed to nobody', () => {
  const [event] = eventsOf(fixtureBytes('812-stream-forged-sender.sse')).filter(one => one.event === 'message')
  const message = understand(event?.payload ?? '', { ...known, profileOf: () => undefined })
  assert.equal(message.parsed.from, null)
  assert.equal(message.unresolved, true)
})
