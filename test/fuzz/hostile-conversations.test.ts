import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { InboxEntry } from '../../scripts/protocol/inbox-entry.ts'
import { type ConversationRecord, parseRecord } from '../../scripts/protocol/record-line.ts'
import { ANY_LINE_END } from '../support/arbitraries.ts'
import { judge } from '../support/attribution.ts'
import { inboxBody } from '../support/blocks.ts'
import { hostileWorld, type SentMessage, type World } from '../support/hostile-world.ts'
import { scale } from '../support/scale.ts'
import { answer } from '../support/scripted-relay.ts'
import { campaignSeed } from '../support/seeded-random.ts'
import { type Scene, startScene } from '../support/test-daemon.ts'

/**
 * The same messages through a whole daemon: what an agent reads in the files afterwards is what was sent, one line or
 * entry each, and nothing that a text says makes another one.
 */

const LEAST_MESSAGES = 16
const SCENES = scale({ short: 7, full: 250 })
/** Messages that come together in one reply of an older relay. */
const TOGETHER = 3

/** Slow enough that a sender's ten seconds are long for a busy machine too. */
const STEP_MS = 25

interface Sent {
  readonly together: readonly SentMessage[]
  readonly singly: readonly SentMessage[]
  readonly pushed: readonly SentMessage[]
}

function share({ messages }: World): Sent {
  return {
    together: messages.slice(0, TOGETHER),
    singly: messages.slice(TOGETHER, TOGETHER + 4),
    pushed: messages.slice(TOGETHER + 4),
  }
}

/** The first read brings several at once, the next ones one each; the rest is pushed. */
async function play(t: Parameters<typeof startScene>[0], { users }: World, sent: Sent): Promise<Scene> {
  const body = inboxBody(
    sent.together.map(one => one.block),
    sent.singly.length,
  )
  const scene = await startScene(t, {
    prepare(relay) {
      for (const user of users) relay.users.set(user.id, user)
      relay.friends.push(...users.slice(1))
      relay.inbox.push(...sent.singly.map(one => one.block))
      let first = true
      relay.override = path => {
        if (!first || !path.startsWith('/messages')) return null
        first = false
        return answer(body)
      }
    },
  })
  await scene.until('connected', () => scene.relay.streams.length === 1)
  for (const one of sent.pushed) scene.relay.streams[0]?.push(one.block)
  return scene
}

/** A body that can be cut in two ways is one message that nobody sent (RC §8.2). */
function isWhole(entry: InboxEntry): boolean {
  return entry.payload.startsWith('收件箱共')
}

function assertFiles(scene: Scene, { users }: World, sent: Sent): { kept: number; swapped: number } {
  const entries = scene.entries()
  const ambiguous = entries.some(isWhole)
  const single = [...sent.singly, ...sent.pushed, ...(ambiguous ? [] : sent.together)]

  const payloads = single.map(one => one.block)
  if (ambiguous)
    payloads.push(
      inboxBody(
        sent.together.map(one => one.block),
        sent.singly.length,
      ),
    )
  assert.deepEqual(entries.map(one => one.payload).toSorted(), payloads.toSorted())

  const lines = scene.text('conversations.md').split(ANY_LINE_END)
  assert.equal(lines.pop(), '')
  const records = lines.map(line => parseRecord(line) ?? assert.fail(`no record: ${line}`))
  assert.equal(records.length, payloads.length)
  const byTime = new Map(records.filter(one => one.type !== 'unparsed').map(one => [Date.parse(one.at), one]))
  let swapped = 0
  for (const one of single) {
    const record = byTime.get(one.at) ?? assert.fail('a message has no line')
    const verdict = judge(record, one, { users })
    assert.notEqual(verdict, 'unverified')
    if (verdict === 'swapped') swapped++
  }
  assertKeptWhole(
    records.filter(one => one.type === 'unparsed'),
    ambiguous ? [payloads.at(-1) ?? ''] : [],
  )
  return { kept: ambiguous ? TOGETHER : 0, swapped }
}

function assertKeptWhole(records: readonly ConversationRecord[], bodies: readonly string[]): void {
  assert.deepEqual(
    records.map(one => [one.from, one.flags['state'], one.content]),
    bodies.map(body => [null, 'ambiguous', body]),
  )
}

/** Who is called a friend is one: by the list, or by a notice. */
function assertFriends(scene: Scene, { users, messages }: World): void {
  const friends = new Set(users.slice(1).map(one => String(one.id)))
  for (const one of messages) if (one.kind === 'notice') friends.add(String(one.from.id))
  for (const [id, contact] of Object.entries(scene.json('contacts.json'))) {
    assert.ok(
      users.some(one => String(one.id) === id),
      `#${id} is nobody`,
    )
    const { relationship } = contact as Record<string, unknown>
    assert.ok(relationship !== 'accepted' || friends.has(id), `#${id} is no friend`)
  }
}

test(`${SCENES} daemons show in their files what was sent, and nothing else`, async t => {
  const seed = campaignSeed()
  const worlds = fc.sample(hostileWorld({ leastMessages: LEAST_MESSAGES }), { seed, numRuns: SCENES })
  const counts = { messages: 0, kept: 0, swapped: 0 }
  for (const [index, world] of worlds.entries()) {
    await t.test(`seed ${seed}, world ${index}`, async scenario => {
      const sent = share(world)
      const scene = await play(scenario, world, sent)
      await scene.until(
        'all is read',
        () => {
          const kept = scene.entries().some(isWhole) ? TOGETHER - 1 : 0
          return [scene.entries(), scene.records()].every(one => one.length >= world.messages.length - kept)
        },
        STEP_MS,
      )
      await scene.stop()
      const { kept, swapped } = assertFiles(scene, world, sent)
      assertFriends(scene, world)
      counts.messages += world.messages.length
      counts.kept += kept
      counts.swapped += swapped
    })
  }
  t.diagnostic(
    `${counts.messages} messages, ${counts.kept} of them in bodies kept whole, ${counts.swapped} swapped between accounts made for it`,
  )
  assert.ok(counts.messages >= SCENES * LEAST_MESSAGES)
})
