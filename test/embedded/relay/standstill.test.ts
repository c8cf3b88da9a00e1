import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStandstill } from '../../../scripts/embedded/relay/faults/standstill.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { turns } from '../../support/wait-for.ts'

function standing() {
  const clock = createFakeClock()
  const log: string[] = []
  const standstill = createStandstill(clock)
  const note = (text: string) => () => void log.push(text)
  return { clock, log, note, standstill, freeze: (text: string) => void standstill.freeze(100).then(note(text)) }
}

test('what comes meanwhile is done afterwards, in order, and whoever stopped it is first', async () => {
  const { clock, log, note, standstill, freeze } = standing()
  standstill.whenMoving(note('before'))
  freeze('own')
  standstill.whenMoving(note('a'))
  standstill.whenMoving(note('b'))
  clock.advance(99)
  await turns()
  assert.deepEqual(log, ['before'])
  clock.advance(1)
  standstill.whenMoving(note('c'))
  await turns()
  assert.deepEqual(log, ['before', 'own', 'a', 'b', 'c'])
})

test('standstills add up', async () => {
  const { clock, log, note, standstill, freeze } = standing()
  freeze('one')
  freeze('two')
  standstill.whenMoving(note('a'))
  clock.advance(100)
  await turns()
  assert.deepEqual(log, ['one'])
  clock.advance(100)
  await turns()
  assert.deepEqual(log, ['one', 'two', 'a'])
})

test('timers that fall due meanwhile fire afterwards, unless they are cancelled', async () => {
  const { clock, log, note, standstill, freeze } = standing()
  standstill.clock.after(50, note('late'))
  const cancel = standstill.clock.after(50, note('cancelled'))
  standstill.clock.after(150, note('in time'))
  freeze('own')
  clock.advance(60)
  cancel()
  clock.advance(40)
  await turns()
  assert.deepEqual(log, ['own', 'late'])
  clock.advance(50)
  assert.deepEqual(log, ['own', 'late', 'in time'])
})

test('the end lets everything go on at once, and nothing stops it again', async () => {
  const { clock, log, note, standstill, freeze } = standing()
  freeze('one')
  freeze('two')
  standstill.whenMoving(note('a'))
  standstill.end()
  freeze('three')
  standstill.whenMoving(note('b'))
  await turns()
  assert.deepEqual([...log].sort(), ['a', 'b', 'one', 'three', 'two'])
  assert.equal(clock.pending(), 0)
})
