import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { addressKey } from '../../../scripts/core/address.ts'
import { scale } from '../../support/scale.ts'
import { campaign, type SeededRandom } from '../../support/seeded-random.ts'
import { ME, runBridge } from './world.ts'

const ROUTES = [
  { from: 'relay', to: 'wechat:main/me' },
  { from: 'any', to: 'wechat:main/me' },
  { from: '#2', to: 'wechat:main/other@im.wechat' },
  { from: 'webhook', to: 'wechat:main/other@im.wechat' },
  { from: 'wechat', to: 'wechat:main/me', filter: { types: ['chat'] } },
  { from: 'wechat', to: 'relay' },
  { from: 'wechat:main', to: 'relay', filter: { except: ['wechat:main/other@im.wechat'] } },
]

const OTHER = 'wechat:main/other@im.wechat'

/** A word of its own in each message, by which it is found in whatever is made of it. */
const wordOf = (n: number) => `<${n}>`

async function converse(t: TestContext, random: SeededRandom): Promise<void> {
  const routes = ROUTES.filter(() => random.chance(0.6))
  const world = runBridge(t, { routes })
  await world.quiet(500)
  const sources = new Map<number, string>()
  for (let n = 0; n < 12; n++) {
    const quote = random.chance(0.3) ? { quote: 'x', quote_seq: String(random.between(1, 20)) } : {}
    const text = `${random.pick(['', '', '@bob ', '@#3 ', '/to bob ', '/to', '/help', 'bob #2: '])}${wordOf(n)}`
    const from = random.pick(['relay:2', 'relay:3', 'webhook:ops', ME, ME, OTHER, 'wechat:work/x@im.wechat'])
    const [scheme = ''] = from.split(':')
    const via = scheme === 'relay' ? 'stream' : scheme === 'webhook' ? 'webhook' : 'wechat'
    sources.set(n, from)
    // The outcome of what the bridge sends is a message too, and so is what a friend sends back at once.
    world.onSend(() => random.pick(['accepted', 'accepted', 'refused', 'unknown', 'stays']))
    await world.receive({ source: from.replace(/\/.*/, ''), from, via, text, flags: via === 'wechat' ? quote : {} })
    await world.quiet(random.pick([500, 2500]))
  }
  await world.quiet(10_000)
  const received = new Set(
    world.writer.database.all("SELECT seq FROM messages WHERE via <> 'send'").map(row => Number(row['seq'])),
  )
  const seen = new Map<string, number>()
  for (const { to, content, requestId } of world.entries()) {
    const [kind, number] = requestId.split(':')
    if (kind === 'bridge-in' || kind === 'bridge-say') assert.ok(received.has(Number(number)), requestId)
    for (const [n, source] of sources) {
      if (!content.includes(wordOf(n))) continue
      const copy = `${n} to ${addressKey(to)}`
      seen.set(copy, (seen.get(copy) ?? 0) + 1)
      assert.equal(seen.get(copy), 1, `${copy} twice`)
      const isBack = to.scheme === 'wechat' && source.startsWith('wechat:main/')
      // Only an order that was not understood is said back, in the answer to it.
      assert.ok(!isBack || kind === 'bridge-say', `${copy} came from ${source}`)
      assert.ok(to.scheme !== 'relay' || source.startsWith('wechat:'), `${copy} came from ${source}`)
    }
  }
  const answers = world.entries().filter(({ requestId }) => /^bridge-(?:in|say):/.test(requestId))
  assert.equal(new Set(answers.map(({ requestId }) => requestId.split(':')[1])).size, answers.length)
  await world.end()
}

describe('routes of any kind', () => {
  test('never pass a message on twice, nor back, nor what they have made themselves', async t => {
    await campaign(scale({ short: 15, full: 200 }), random => converse(t, random))
  })
})

describe('two routes in opposite directions', () => {
  test('do not feed each other, though everything that is sent comes back', async t => {
    const world = runBridge(t, {
      routes: [
        { from: 'any', to: 'wechat:main/me' },
        { from: 'wechat', to: 'relay' },
      ],
    })
    await world.quiet()
    await world.relay(2, 'hello')
    const before = world.entries().length
    // A phone that shows what it got as its own, and a friend who says everything again.
    for (const entry of world.entries()) await world.phone(entry.content)
    await world.quiet(60_000)
    assert.equal(world.entries().length, before)
    await world.phone('@bob hi')
    await world.relay(2, 'hi')
    await world.quiet(60_000)
    assert.deepEqual(world.requests().length, before + 2)
  })
})
