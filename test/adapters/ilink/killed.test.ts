import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { Fault } from '../../../scripts/embedded/ilink/simulator.ts'
import { assertSound, startAccount } from './test-account.ts'
import { type Letter, longText, type Scene, sceneOf, startSending, whileTimePasses } from './test-sending.ts'

const timeout = 60_000

/** Sends until the process is killed at a write of the journal, then goes on in the next process. */
async function killAt(
  scene: Scene,
  t: TestContext,
  { letter, write, isCommitted }: { letter: Letter; write: number; isCommitted: boolean },
): Promise<{ readonly next: Scene; readonly wasKilled: boolean }> {
  const killed = Promise.withResolvers<'killed'>()
  const journal = { text: letter.journal?.text ?? null, writes: 0 }
  letter.journal = {
    ...journal,
    async onWrite(commit) {
      const isLast = this.writes === write
      if (!isLast || isCommitted) await commit()
      if (!isLast) return
      killed.resolve('killed')
      await new Promise(() => {})
    },
  }
  const sending = scene.begin(letter)
  const end = await whileTimePasses(scene, Promise.race([sending, killed.promise]))
  if (end !== 'killed') return { next: scene, wasKilled: false }
  scene.account.kill()
  letter.journal = { text: letter.journal.text, writes: 0 }
  return { next: await sceneOf(scene, startAccount(t, scene)), wasKilled: true }
}

describe('a process that is killed at a write of the journal', () => {
  for (const isCommitted of [false, true]) {
    test(`${isCommitted ? 'after' : 'before'} it was committed shows every part once, whichever write it was`, {
      timeout,
    }, async t => {
      let wasKilled = true
      let write = 1
      for (; wasKilled; write++) {
        const scene = await startSending(t)
        const file = { name: 'a.png', bytes: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1') }
        const letter: Letter = { content: longText(3), file }
        const killing = await killAt(scene, t, { letter, write, isCommitted })
        wasKilled = killing.wasKilled
        const { next } = killing
        if (wasKilled) assert.equal((await next.deliver(letter)).kind, 'accepted')
        assert.deepEqual(
          next.shown().map(({ kind, text }) => (kind === 'text' ? text.slice(0, 5) : kind)),
          ['(1/3)', '(2/3)', '(3/3)', 'image'],
        )
        assert.deepEqual(
          next.phone.transcript().flags.filter(({ kind }) => kind !== 'short gap'),
          [],
        )
        const bodies = next.controls.requests('sendmessage').map(({ body }) => body)
        assert.equal(new Set(bodies).size, 4)
        assert.ok(bodies.length <= 5)
        // Never fewer than the server has counted.
        const reach = next.account.adapter.reach(next.phone.user, next.account.ctx)
        assert.ok(reach.kind === 'open' && reach.remaining <= 6)
        assertSound(next)
        await next.account.stop()
        await next.simulator.close()
      }
      // The upload, then two for each request.
      assert.equal(write - 2, 9)
    })
  }

  test('again and again, with answers that are lost, shows every part once', { timeout }, async t => {
    const lost: readonly Fault[] = [{ kind: 'reset' }, { kind: 'http', status: 524 }]
    let scene = await startSending(t, { settings: { sendsPerMessage: 100 } })
    scene.controls.set({ budget: 100 })
    for (const fault of lost)
      scene.controls.fault({ route: 'send', fault, isHandled: true, times: 'always', chance: 0.3 })
    for (const fault of lost) scene.controls.fault({ route: 'send', fault, times: 'always', chance: 0.2 })
    const letter: Letter = { content: longText(12) }
    for (let kills = 0; kills < 10; kills++) {
      const { next } = await killAt(scene, t, { letter, write: 3, isCommitted: kills % 2 === 0 })
      scene = next
      scene.account.set({ sendsPerMessage: 100 })
    }
    assert.equal((await scene.deliver(letter)).kind, 'accepted')
    assert.deepEqual(
      scene.texts().map(text => text.slice(0, 7)),
      Array.from({ length: 12 }, (_, i) => `(${i + 1}/12)\n`.slice(0, 7)),
    )
    assertSound(scene)
  })
})
