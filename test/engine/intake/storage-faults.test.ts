import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '../../../scripts/engine/intake/exchange.ts'
import { openForReading } from '../../../scripts/store/database.ts'
import { createFailingDatabase } from '../../support/failing-database.ts'
import { accepted } from '../../support/test-outbox.ts'
import { turns } from '../../support/wait-for.ts'
import { type Ask, delivered, order, type Scene, signed, startIntake } from './scene.ts'

interface Case {
  readonly path: string
  readonly ask: Ask
  /** What of it anybody else sees who opens the database now. */
  readonly where: string
}

const CASES: Readonly<Record<string, Case>> = {
  'a webhook': { path: '/webhook/ops', ask: signed('{"text":"hi"}'), where: 'messages' },
  'the intake of wechat_abot': { path: '/im/inbound', ask: delivered('{"NewMsgId":5}'), where: 'messages' },
  'the way to send': {
    path: '/messages/send',
    ask: order({ to: '#2', text: 'hello', requestId: 'a' }),
    where: 'outbox',
  },
}

function committed({ folder }: Scene, table: string): unknown {
  const reader = openForReading(folder.file('state.db'))
  try {
    return reader?.get(`SELECT count(*) AS n FROM ${table}`)?.['n']
  } finally {
    reader?.close()
  }
}

function refusing(t: Parameters<typeof startIntake>[0]) {
  const failing = createFailingDatabase()
  const scene = startIntake(t, { wrap: failing.wrap, reply: accepted })
  return { failing, scene }
}

describe('what is acknowledged is committed', () => {
  for (const [name, { path, ask, where }] of Object.entries(CASES)) {
    test(`at ${name}, whichever statement fails`, async t => {
      // One after which SQLite goes on, and one after which it has undone everything.
      for (const fault of ['busy', 'full'] as const) {
        for (let at = 1; ; at++) {
          const { failing, scene } = refusing(t)
          failing.fail(fault, { at })
          let seen: unknown = null
          const pending = scene.ask(path, ask).then(answer => {
            seen = committed(scene, where)
            return answer
          })
          await scene.until('the answer', () => seen !== null)
          const { status } = await pending
          if (status === 200) assert.equal(seen, 1, `${fault} at statement ${at}`)
          else assert.equal(status, 503, `${fault} at statement ${at}`)
          scene.writer.database.close()
          if (failing.refused.length === 0) break
        }
      }
    })

    test(`at ${name}, nothing is while the disk refuses; what came is kept once, however often it is sent again`, async t => {
      const { failing, scene } = refusing(t)
      failing.fail('full', { lasting: true, only: sql => sql.startsWith('BEGIN') })
      const answers: Answer[] = []
      for (let i = 0; i < 3; i++) {
        const pending = scene.ask(path, ask)
        let isDone = false
        void pending.then(() => {
          isDone = true
        })
        await scene.pass(9000)
        assert.ok(!isDone)
        await scene.pass(1100)
        answers.push(await pending)
      }
      assert.deepEqual(
        answers.map(({ status, body, headers }) => [status, body['error'], headers?.['Retry-After']]),
        Array.from({ length: 3 }, () => [503, 'unavailable', '30']),
      )
      assert.equal(committed(scene, where), 0)
      failing.lift()
      await scene.pass(6000)
      assert.equal(committed(scene, where), path === '/webhook/ops' ? 3 : 1)
      if (path === '/webhook/ops') return
      const again = path === '/messages/send' ? await scene.send(ask) : await scene.ask(path, ask)
      assert.deepEqual([again.status, again.body['duplicate']], [200, true])
    })
  }

  test('though nobody waits for it any more, as at a stop', async t => {
    for (const { path, ask, where } of Object.values(CASES)) {
      const { scene } = refusing(t)
      const { status } = await scene.ask(path, { ...ask, signal: AbortSignal.abort(new Error('the end')) })
      assert.deepEqual([status, committed(scene, where)], [path === '/messages/send' ? 202 : 200, 1])
    }
  })

  test('where the disk refuses for long, no more is taken into memory than a few bodies', async t => {
    const { failing, scene } = refusing(t)
    failing.fail('full', { lasting: true, only: sql => sql.startsWith('BEGIN') })
    const ask = delivered(JSON.stringify({ Content: 'x'.repeat(1024 * 1024 - 100) }))
    const late = Array.from({ length: 64 }, () => scene.ask('/im/inbound', ask))
    await turns()
    const one = await scene.ask('/im/inbound', ask)
    assert.equal(one.status, 503)
    await scene.pass(10_000)
    assert.ok((await Promise.all(late)).every(({ status }) => status === 503))
  })
})
