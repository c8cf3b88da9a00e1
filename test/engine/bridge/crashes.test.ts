import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { createFailingDatabase } from '../../support/failing-database.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { ME, runBridge } from './world.ts'

/** A folder in which one notice was sent, and in which the bridge has not looked at what came then. */
async function before(t: TestContext): Promise<string> {
  const first = runBridge(t)
  await first.quiet()
  await first.relay(2, 'are you there?')
  const quoted = { quote: 'x', quote_seq: String(first.lastSeqTo(ME)) }
  await first.bridge.stop()
  await first.receive({ source: 'relay', from: 'relay:2', name: 'bob', text: 'hello?' })
  await first.receive({ source: 'relay', from: 'relay:3', name: 'carol', text: 'hi' })
  const phone = (text: string, flags = {}) =>
    first.receive({ source: 'wechat:main', via: 'wechat', from: ME, text, flags })
  await phone('yes', quoted)
  await phone('for the agent')
  await phone('/to carol')
  await phone('plain')
  await phone('@bob later')
  await phone('/nothing')
  await first.end()
  return first.path
}

const SENT = {
  phone: [
    'There is no /nothing. See /help',
    'What you write goes to carol #3 now. /to alone ends it.',
    'bob #2: are you there?',
    'bob #2: hello?',
    'bob #2: meanwhile',
    'carol #3: hi',
  ],
  bob: ['yes', 'later'],
  carol: ['plain'],
  bridged: 5,
}

/** Everything that was sent, wherever it was cut: what is told together depends on when that was. */
async function outcome(t: TestContext, path: string) {
  const last = runBridge(t, { path, clock: createFakeClock() })
  // What comes while it was down is told too, and must not make anything of before be told again.
  await last.relay(2, 'meanwhile')
  await last.quiet(30_000)
  return {
    phone: last
      .toPhone()
      .flatMap(text => text.split('\n\n'))
      .sort(),
    bob: last.toRelay(2),
    carol: last.toRelay(3),
    bridged: last.writer.database.get('SELECT count(*) AS n FROM aside')?.['n'],
  }
}

describe('a bridge whose machine loses power', () => {
  test('at any write sends everything once, and nothing twice', async t => {
    const path = await before(t)
    let cuts = 0
    for (let at = 1; ; at++) {
      const copy = join(temporaryFolder(), 'openwechat_im_client')
      cpSync(path, copy, { recursive: true })
      let isOff = false
      const failing = createFailingDatabase(() => isOff)
      const crashing = runBridge(t, { path: copy, clock: createFakeClock(), wrap: failing.wrap, crashes: true })
      failing.fail('ioerr', { at, lasting: true, only: sql => !/^\s*SELECT|^PRAGMA/.test(sql) })
      await crashing.quiet(2500)
      isOff = true
      crashing.writer.database.close()
      assert.deepEqual(await outcome(t, copy), SENT, `cut at write ${at}`)
      if (failing.refused.length === 0) break
      cuts++
    }
    assert.ok(cuts > 20, `${cuts} cuts`)
  })

  test('where the disk refuses for a while goes on when it does not', async t => {
    const path = await before(t)
    const failing = createFailingDatabase()
    const { quiet, toRelay, toPhone } = runBridge(t, {
      path,
      clock: createFakeClock(),
      wrap: failing.wrap,
      crashes: true,
    })
    failing.fail('full', { lasting: true })
    await quiet(10_000)
    failing.lift()
    await quiet(20_000)
    assert.deepEqual([toRelay(2), toRelay(3), toPhone().length], [SENT.bob, SENT.carol, 4])
  })
})
