import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SendOutcome } from '../../../scripts/core/adapter.ts'
import type { Fault } from '../../../scripts/embedded/ilink/simulator.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { assertSound, startAccount } from './test-account.ts'
import { type Letter, longText, sceneOf, startSending } from './test-sending.ts'

const LOST: readonly Fault[] = [
  { kind: 'reset' },
  { kind: 'half' },
  { kind: 'http', status: 502 },
  { kind: 'hang' },
  { kind: 'invalid json' },
]
const NEVER_DONE: readonly Fault[] = [
  { kind: 'reset' },
  { kind: 'http', status: 524 },
  { kind: 'ret', ret: -2 },
  { kind: 'session timeout' },
]

/** A letter of its own kind, by which its bubbles can be told. */
function letterOf(number: number, kind: number): Letter {
  const mark = `letter ${number}:`
  if (kind === 0) return { content: `${mark} short` }
  if (kind === 1) return { content: `${mark} ${longText(3)}` }
  return { content: `${mark} see`, file: { name: `${number}.png`, bytes: Buffer.from(`picture ${number}`) } }
}

describe('a day of faults, kills and people who write now and then', () => {
  for (const seed of [1, 2, 132]) {
    test(`(${seed}) shows nothing twice, keeps the order, and says no more than it knows`, {
      timeout: 60_000,
    }, async t => {
      const { between } = seededRandom(seed)
      let scene = await startSending(t)
      for (const fault of LOST) {
        scene.controls.fault({ route: 'send', fault, isHandled: true, times: 'always', chance: 0.04 })
      }
      for (const fault of NEVER_DONE) scene.controls.fault({ route: 'send', fault, times: 'always', chance: 0.03 })
      for (const route of ['upload', 'upload url', 'config', 'typing'] as const) {
        scene.controls.fault({ route, fault: { kind: 'http', status: 500 }, times: 'always', chance: 0.1 })
      }
      const ends = new Map<number, SendOutcome>()
      for (let number = 0; number < 25; number++) {
        const letter = letterOf(number, between(0, 2))
        for (let tries = 0; tries < 40; tries++) {
          const outcome = await scene.send(letter)
          if (outcome.kind === 'parked') await scene.hear()
          else if (outcome.kind === 'later') scene.clock.advance(outcome.afterMs)
          else {
            ends.set(number, outcome)
            break
          }
          if (between(0, 9) > 0) continue
          scene.account.kill()
          scene = await sceneOf(scene, startAccount(t, scene))
        }
        if (between(0, 4) === 0) await scene.hear()
      }
      const shown = scene.shown()
      // Where the budget had room for one more only, all of it went as a file.
      const marks = shown.map(bubble => {
        const text = bubble.kind === 'file' ? String(scene.phone.open(bubble)) : bubble.text
        return text.replace(/^\(\d\/\d\)\n/, '').slice(0, 12)
      })
      for (let number = 0; number < 25; number++) {
        const end = ends.get(number) ?? assert.fail(`letter ${number} has no end`)
        const count = marks.filter(mark => mark.startsWith(`letter ${number}:`)).length
        if (end.kind === 'accepted') assert.equal(count, 1)
        else assert.ok(count <= 1 && (end.kind === 'unknown' || end.kind === 'not_sent'), `${number}: ${end.kind}`)
      }
      const numbers = marks.flatMap(mark => /^letter (\d+):/.exec(mark)?.[1] ?? []).map(Number)
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      )
      assert.equal(new Set(shown.map(({ clientId }) => clientId)).size, shown.length)
      // A part that is unknown may be missing; none comes before its turn.
      const wrong = scene.phone.transcript().flags.filter(({ kind, detail }) => {
        const [, after, before] = /^part (\d) after part (\d)$/.exec(detail) ?? []
        return kind === 'unreadable' || (kind === 'out of order' && !(Number(after) > Number(before)))
      })
      assert.deepEqual(wrong, [])
      // Nothing was asked for that the budget does not allow.
      const answers = scene.controls.requests('sendmessage').map(({ outcome }) => outcome)
      assert.ok(!answers.some(outcome => outcome?.fault === null && outcome.body.includes('"ret":-2')))
      assertSound(scene)
    })
  }
})
