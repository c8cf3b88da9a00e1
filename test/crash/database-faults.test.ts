import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DATABASE_FAULTS, type DatabaseFault } from '../support/failing-database.ts'
import { AT_A_TIME, type Plan, runWith, sample, wordsOf } from '../support/fault-run.ts'
import { inParallel } from '../support/in-parallel.ts'
import { FULL } from '../support/scale.ts'

describe('fifty messages and a database that refuses', () => {
  test('any statement of them: all is told, completed, and shown once', async t => {
    const { database } = await runWith(null)
    const plans: Plan[] = FULL
      ? database.statements.flatMap((sql, i) =>
          faultsOf(sql).flatMap(fault =>
            [false, true].map(lasting => ({ what: { on: 'database' as const, fault, at: i + 1 }, lasting })),
          ),
        )
      : sample(database.statements.filter(sql => sql !== 'ROLLBACK').map(wordsOf), faultsOf).flatMap(
          ({ only, at, fault }, i) => [
            { what: { on: 'database', fault, at, only }, lasting: false },
            ...(i % 6 === 0 ? [{ what: { on: 'database' as const, fault, at: 6 * i + 1 }, lasting: true }] : []),
          ],
        )
    const hit = new Set<string>()
    await inParallel(plans, AT_A_TIME, async plan => {
      const disk = await runWith(plan)
      for (const sql of disk.database.refused) hit.add(wordsOf(sql))
    })
    t.diagnostic(`${plans.length} runs, ${hit.size} kinds of statement refused`)
    assert.ok(hit.size > 40)
  })
})

/** What only reads needs no room, and no right to write. */
function faultsOf(sql: string): readonly DatabaseFault[] {
  return /^\s*SELECT/.test(sql) ? ['busy', 'ioerr'] : (Object.keys(DATABASE_FAULTS) as DatabaseFault[])
}
