import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { HELP } from '../../../scripts/protocol/bridge/texts.ts'
import { ME, runBridge, TO_RELAY, type WorldOptions } from './world.ts'

async function world(t: TestContext, options: WorldOptions = {}) {
  const made = runBridge(t, options)
  await made.quiet()
  return made
}

/** Where nothing is told, so that what is sent to the phone are answers alone. */
const answersOnly = { routes: [TO_RELAY] }

describe('a message that begins with @', () => {
  test('goes to the friend of that name or number', async t => {
    const { phone, toRelay, toPhone } = await world(t, answersOnly)
    for (const text of ['@bob one', '＠BOB  two', '@#2 three', '@2 four', '@bo five', '@bob：six']) await phone(text)
    assert.deepEqual(toRelay(2), ['one', 'two', 'three', 'four', 'five', 'six'])
    assert.deepEqual(toPhone(), [])
  })

  test('goes to nobody when several are meant, or none', async t => {
    const friends = [
      [2, 'bob'],
      [5, 'Bob'],
      [6, 'bobby'],
    ] as const
    const { phone, toPhone, requests } = await world(t, { ...answersOnly, friends })
    await phone('@BOB hello')
    await phone('@nobody hello')
    assert.deepEqual(toPhone(), [
      'Not sent: who is meant? bob #2, Bob #5. Write @#number text.',
      'Not sent: none of your friends is called nobody. See /friends',
    ])
    assert.ok(requests().every(id => id.startsWith('bridge-say:')))
  })

  test('without a text is refused', async t => {
    const { phone, toPhone } = await world(t, answersOnly)
    await phone('@bob')
    assert.deepEqual(toPhone(), ['Not sent: there is neither a text nor a file in it.'])
  })

  test('longer than the relay takes is refused, and so is half a character', async t => {
    const { phone, toPhone, toRelay } = await world(t, answersOnly)
    await phone(`@bob ${'汉'.repeat(1001)}`)
    await phone(`@bob ${'汉'.repeat(1000)}`)
    assert.deepEqual(toPhone(), ['Not sent: 1001 characters, and the relay takes 1000 at most.'])
    assert.equal(toRelay(2).length, 1)
  })
})

describe('orders', () => {
  test('help, in either sign', async t => {
    const { phone, toPhone } = await world(t, answersOnly)
    await phone('/help ')
    await phone('／HELP')
    assert.deepEqual(toPhone(), [HELP.en, HELP.en])
  })

  test('are answered in the language of the owner', async t => {
    const { phone, toPhone } = await world(t, { ...answersOnly, language: 'zh' })
    await phone('/help')
    assert.deepEqual(toPhone(), [HELP.zh])
  })

  test('/friends names them, as many as fit', async t => {
    const { phone, toPhone, befriend } = await world(t, answersOnly)
    await phone('/friends')
    assert.equal(toPhone()[0], 'bob #2\ncarol #3')
    befriend(Array.from({ length: 300 }, (_, i) => [i + 2, `friend ${i}`]))
    await phone('/friends')
    assert.match(toPhone()[1] ?? '', /^friend 0 #2\n.*\n… and \d+ more$/s)
    assert.ok((toPhone()[1]?.length ?? 0) <= 1000)
    befriend([])
    await phone('/friends')
    assert.equal(toPhone()[2], 'You have no friends on the relay yet.')
  })

  test('/to leads everything that is plain to one friend, over a restart, until it ends', async t => {
    const first = await world(t, answersOnly)
    assert.equal(first.isAside(await first.phone('for the agent')), false)
    await first.phone('/to @Bob ')
    assert.equal(first.toPhone()[0], 'What you write goes to bob #2 now. /to alone ends it.')
    await first.phone('one')
    await first.phone('@carol two')
    await first.end()
    const { phone, toRelay, toPhone, isAside, lastSeqTo } = await world(t, { ...first, ...answersOnly })
    await phone('three')
    const agents = await phone('four', { flags: { quote: 'x', quote_seq: String(lastSeqTo(ME)) } })
    assert.equal(isAside(agents), false)
    await phone('／to')
    assert.equal(toPhone()[1], 'What you write goes to your agent again.')
    assert.equal(isAside(await phone('five')), false)
    assert.deepEqual([toRelay(2), toRelay(3)], [['one', 'three'], ['two']])
  })

  test('/to somebody who is not there changes nothing', async t => {
    const { phone, toPhone, toRelay } = await world(t, answersOnly)
    await phone('/to bob')
    await phone('/to nobody')
    await phone('/to carol and more')
    await phone('hello')
    assert.deepEqual([toRelay(2), toPhone().length], [['hello'], 3])
  })

  test('that are not known are said to be none, and a path is not taken for one', async t => {
    const { phone, toPhone, isAside } = await world(t, answersOnly)
    await phone('/status now')
    assert.deepEqual(toPhone(), ['There is no /status. See /help'])
    assert.equal(isAside(await phone('/usr/bin/env is missing')), false)
  })
})
