import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HOSTILE_PIECES } from '../../support/hostile-words.ts'
import { HOUR, MINUTE, startScene, textOf } from './scene.ts'

/** The whole of what a poke may say, besides numbers. */
const TEXT =
  /^openwechat-im-client, poke \d+: (?:\d+|1000 or more) unread messages?\. Use the skill openwechat-im-client: node \{baseDir\}\/scripts\/run\.mjs inbox --json$/

const KEYS = {
  wake: ['mode', 'text'],
  agent: ['deliver', 'message', 'name'],
  mapping: ['id', 'source', 'text'],
} as const

describe('a poke', () => {
  for (const mode of ['wake', 'agent', 'mapping'] as const) {
    test(`in mode ${mode} has no word and no name of a peer on the wire`, async t => {
      const scene = await startScene(t, { mode, mapping: 'openwechat' })
      for (const piece of HOSTILE_PIECES) {
        scene.arrives({ name: `name ${piece}`, content: `content ${piece}`, flags: { attachment: piece } })
        scene.arrives({ type: 'friend_request', from: null, name: piece, content: piece })
        await scene.pass(2 * MINUTE)
        scene.reads()
      }
      assert.ok(scene.pokes.length > 30)
      for (const poke of scene.pokes) {
        assert.match(textOf(poke), TEXT)
        assert.deepEqual(Object.keys(JSON.parse(poke.body)).sort(), KEYS[mode])
        assert.match(poke.url + Object.entries(poke.headers).join(), /^[\x20-\x7e]+$/)
      }
    })
  }

  test('is never like the one before, through a restart too', async t => {
    const scene = await startScene(t)
    scene.arrives()
    await scene.pass(HOUR)
    await scene.restart()
    await scene.pass(40 * HOUR)
    const texts = scene.pokes.map(textOf)
    assert.equal(texts.length, 8)
    assert.equal(new Set(texts).size, texts.length)
  })

  test('counts up to a thousand', async t => {
    const scene = await startScene(t)
    scene.store.addAll(Array.from({ length: 1200 }, () => ({})))
    scene.arrives()
    await scene.pass(MINUTE)
    assert.match(textOf(scene.pokes[0]), /: 1000 or more unread messages\./)
  })
})
