import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runBridge, TO_RELAY } from './world.ts'

const answersOnly = { routes: [TO_RELAY] }

describe('what became of an answer', () => {
  const endings = [
    ['refused', { text: '错误：对方已将你拉黑' }, 'bob #2 did not get it. The relay: 错误：对方已将你拉黑'],
    ['not_sent', { reason: 'token_refused' }, 'bob #2 did not get it: the relay does not accept our token.'],
    ['not_sent', { reason: 'ECONNREFUSED' }, 'bob #2 did not get it: the relay was not reached.'],
    ['unknown', { reason: 'timeout' }, 'Nobody can tell whether bob #2 got it. It is not sent again by itself.'],
  ] as const
  for (const [state, detail, text] of endings) {
    test(`is told when it is ${state} (${Object.values(detail)[0]}), once, and after a restart too`, async t => {
      const first = runBridge(t, answersOnly)
      await first.quiet()
      first.onSend(null)
      await first.phone('@bob hello')
      await first.end()
      const { entries, settle, quiet, toPhone, onSend, bridge } = runBridge(t, { ...first, ...answersOnly })
      const [entry] = entries()
      assert.ok(entry)
      onSend(null)
      await settle(entry, state, detail)
      await quiet()
      bridge.kick()
      await quiet()
      assert.deepEqual(toPhone(), [text])
    })
  }

  test('is not told when it went through', async t => {
    const { quiet, phone, toPhone, writer } = runBridge(t, answersOnly)
    await quiet()
    await phone('@bob hello')
    assert.deepEqual(toPhone(), [])
    assert.equal(writer.database.get("SELECT count(*) AS n FROM memos WHERE account = 'watched'")?.['n'], 0)
  })
})
