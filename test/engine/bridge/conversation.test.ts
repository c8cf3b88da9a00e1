import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ME, runBridge } from './world.ts'

test('two people hold a conversation of 50 turns over the bridge, and nothing is lost, doubled, echoed or misdirected', async t => {
  const world = runBridge(t)
  await world.quiet()
  const said: string[] = []
  for (let turn = 1; turn <= 50; turn++) {
    const id = turn % 5 === 0 ? 3 : 2
    await world.relay(id, `question ${turn}`)
    const name = id === 3 ? 'carol' : 'bob'
    said.push(`${name} #${id}: question ${turn}`)
    const quote = { quote: `question ${turn}`, quote_seq: String(world.lastSeqTo(ME)) }
    // By the number of the notice, by its words alone, or by the name of whom it is for.
    if (turn % 3 === 0) await world.phone(`@${name} answer ${turn}`)
    else await world.phone(`answer ${turn}`, { flags: turn % 3 === 1 ? quote : { quote: said.at(-1) ?? '' } })
  }
  await world.quiet(60_000)
  assert.deepEqual(world.toPhone(), said)
  const turns = Array.from({ length: 50 }, (_, i) => i + 1)
  const answers = (isCarols: boolean) => turns.filter(n => (n % 5 === 0) === isCarols).map(n => `answer ${n}`)
  assert.deepEqual([world.toRelay(2), world.toRelay(3)], [answers(false), answers(true)])
  assert.equal(world.writer.database.get('SELECT count(*) AS n FROM aside')?.['n'], 50)
})
