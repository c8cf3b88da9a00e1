import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../../scripts/embedded/ilink/simulator.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { assertSound, startAccount, startWorld, write } from './test-account.ts'

const FAULTS: readonly Fault[] = [
  { kind: 'http', status: 524 },
  { kind: 'reset' },
  { kind: 'html' },
  { kind: 'half' },
  { kind: 'session timeout' },
  { kind: 'invalid json' },
]

test('a day of faults, repetitions and kills loses nothing and doubles nothing', { timeout: 60_000 }, async t => {
  const world = await startWorld(t, { settings: { batchSize: 7, order: 'shuffled' } })
  // Without a second time, what a server has handed out into a broken connection is gone: nobody could help that.
  world.controls.setCursorMode('redeliver', { afterMs: [1000, 8000, 60_000] })
  for (const fault of FAULTS) world.controls.fault({ route: 'updates', fault, times: 'always', chance: 0.05 })
  const { between } = seededRandom(3)
  const written: string[] = []
  let account = startAccount(t, world)
  for (let part = 0; part < 8; part++) {
    const texts = Array.from({ length: between(5, 25) }, (_, i) => `part ${part}, number ${i}`)
    written.push(...texts)
    write(world, ...texts)
    // In the middle of it, wherever that is.
    const enough = account.texts().length + between(0, texts.length >> 1)
    await account.until('some of it', () => account.texts().length >= enough, 100)
    account.kill()
    account = startAccount(t, world)
  }
  await account.until('all of it', () => account.texts().length >= written.length, 250)
  const { length } = world.controls.handouts(world.bot.id)
  await account.until('the repetitions', () => world.controls.handouts(world.bot.id).length > length, 1000)
  assert.deepEqual(account.texts().toSorted(), written.toSorted())
  assertSound(world)
})
