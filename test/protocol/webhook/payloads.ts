import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { MessageType } from '../../../scripts/core/message.ts'
import { type EventMessage, eventText, messageData } from '../../../scripts/protocol/webhook/event-body.ts'
import { PIECES } from '../../support/arbitraries.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'

/** Text in which anything may stand, half characters too. */
export function randomText(random: SeededRandom, longest = 12): string {
  return Array.from({ length: random.below(longest) }, () =>
    random.chance(0.7) ? random.pick(PIECES) : String.fromCharCode(random.below(0x10000)),
  ).join('')
}

const TYPES: readonly MessageType[] = ['chat', 'friend_request', 'system', 'file', 'unparsed']

export function randomMessage(random: SeededRandom): EventMessage {
  const name = randomText(random, 5)
  const peer = random.pick([
    { address: { scheme: 'relay', id: random.below(1000) }, name },
    { address: { scheme: 'wechat', account: 'main', user: randomText(random, 4) }, name },
    { address: { scheme: 'webhook', name: 'ops' }, name },
    null,
  ] as const)
  const isOut = random.chance(0.3)
  return {
    seq: random.below(2 ** 40),
    via: random.pick(['stream', 'poll', 'wechat', 'webhook'] as const),
    type: random.pick(TYPES),
    from: isOut ? null : peer,
    to: isOut ? peer : null,
    content: randomText(random),
    flags: random.chance(0.3) ? { file: randomText(random, 4), state: 'partial' } : {},
  }
}

/** An event as it is kept: `S`. */
export function randomEvent(random: SeededRandom, id = `evt_${random.below(2 ** 30)}`): Buffer<ArrayBuffer> {
  const data = messageData(randomMessage(random), { eventId: id, error: random.chance(0.2) ? 'unparsed' : null })
  const at = `2026-03-15T10:30:${String(random.below(60)).padStart(2, '0')}Z`
  return Buffer.from(eventText({ name: 'message.received', at, data }))
}

/** One bit of it is another one. */
export function flipped(random: SeededRandom, bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes)
  const at = random.below(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
  return copy
}

/** What a receiver in Python answers to each of the cases. */
export function askPython(script: string, cases: readonly object[]): string[] {
  const path = join(import.meta.dirname, '..', '..', 'fixtures', 'webhook', script)
  const input = cases.map(one => `${JSON.stringify(one)}\n`).join('')
  const { stdout, stderr, error } = spawnSync('python3', [path], { input, encoding: 'utf8' })
  if (error !== undefined || stderr !== '') throw new Error(`${script}: ${stderr}`, { cause: error })
  return stdout.trimEnd().split('\n')
}
