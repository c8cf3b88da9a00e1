import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type ChannelView, nextStep, type StreamView } from '../../../scripts/adapters/relay/stream-rule.ts'

const MINUTE = 60_000

function stream(change: Partial<StreamView> = {}): StreamView {
  return { connected: true, silentMs: 1000, steadyMs: 1000, deaf: false, ...change }
}

function view(streams: readonly StreamView[], change: Partial<ChannelView> = {}): ChannelView {
  return { streams, retryInMs: 0, replaceInMs: 0, secondRefused: false, ...change }
}

describe('what to do with the streams (design §3)', () => {
  const pending = stream({ connected: false })
  const silent = stream({ silentMs: 45_000 })
  const table: [name: string, view: ChannelView, step: ReturnType<typeof nextStep>][] = [
    ['none: open', view([]), { kind: 'open' }],
    ['none, a pause is on: wait for its end', view([], { retryInMs: 700 }), { kind: 'wait', ms: 700 }],
    [
      'no answer yet: hear it out',
      view([stream({ connected: false, silentMs: 100_000 })]),
      wait(Number.POSITIVE_INFINITY),
    ],
    ['one that is heard: wait until it would be silent', view([stream({ silentMs: 31_000 })]), wait(14_000)],
    ['one that is silent: open another beside it', view([silent]), { kind: 'open' }],
    ['one that is silent, the other try has just failed', view([silent], { retryInMs: 900 }), wait(900)],
    ['one that is silent, a second one is refused: keep it', view([silent], { secondRefused: true }), wait(75_000)],
    [
      'one that is silent for two minutes, a second one is refused: close it',
      view([stream({ silentMs: 2 * MINUTE })], { secondRefused: true }),
      { kind: 'drop', index: 0, reason: 'silent' },
    ],
    ['one that is deaf: open another beside it', view([stream({ deaf: true })]), { kind: 'open' }],
    [
      'one that is deaf, a second one is refused: close it',
      view([stream({ deaf: true })], { secondRefused: true }),
      { kind: 'drop', index: 0, reason: 'deaf' },
    ],
    ['a second one is under way: wait', view([silent, pending]), wait(Number.POSITIVE_INFINITY)],
    ['the new one is there: the deaf one goes', view([stream({ deaf: true }), stream()]), drop(0, 'deaf')],
    ['the new one is there: the silent one stays', view([silent, stream({ silentMs: 5000 })]), wait(40_000)],
    [
      'silent for 20 minutes beside one that is heard',
      view([stream({ silentMs: 20 * MINUTE }), stream()]),
      drop(0, 'silent'),
    ],
    ['the second one silent for 20 minutes', view([stream(), stream({ silentMs: 20 * MINUTE })]), drop(1, 'silent')],
    ['both silent: the older one is exchanged', view([silent, silent]), { kind: 'replace_older' }],
    ['both silent, exchanged a moment ago', view([silent, silent], { replaceInMs: 30_000 }), wait(30_000)],
    [
      'both silent for hours: never fewer than two',
      view([stream({ silentMs: 99 * MINUTE }), stream({ silentMs: 99 * MINUTE })], { replaceInMs: 5 }),
      wait(5),
    ],
    [
      'both well for five minutes: one is enough',
      view([stream({ steadyMs: 5 * MINUTE }), stream({ steadyMs: 9 * MINUTE })]),
      drop(0, 'not_needed'),
    ],
    [
      'both well for a minute: not yet',
      view([stream({ steadyMs: MINUTE }), stream({ steadyMs: MINUTE, silentMs: 0 })]),
      wait(44_000),
    ],
  ]

  for (const [name, given, step] of table) test(name, () => assert.deepEqual(nextStep(given), step))

  test('never a third one, never a wait without an end for streams that are there, never two steps at once', () => {
    const anyStream = fc.record({
      connected: fc.constant(true),
      silentMs: fc.nat(30 * MINUTE),
      steadyMs: fc.nat(30 * MINUTE),
      deaf: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(anyStream, { maxLength: 2 }),
        fc.record({ retryInMs: fc.integer({ min: -9, max: 9 }), replaceInMs: fc.integer({ min: -9, max: 9 }) }),
        fc.boolean(),
        (streams, times, secondRefused) => {
          const step = nextStep({ streams, ...times, secondRefused })
          if (step.kind === 'open') assert.ok(streams.length < 2)
          if (step.kind === 'drop') assert.ok(streams[step.index] !== undefined)
          if (step.kind === 'replace_older') assert.equal(streams.length, 2)
          if (step.kind === 'wait') assert.ok(step.ms > 0 && Number.isFinite(step.ms), `waits ${step.ms}`)
        },
      ),
    )
  })
})

function wait(ms: number) {
  return { kind: 'wait', ms } as const
}

function drop(index: 0 | 1, reason: 'deaf' | 'silent' | 'not_needed') {
  return { kind: 'drop', index, reason } as const
}
