import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { startRelay } from '../../scripts/embedded/relay/server.ts'
import { registerUser } from '../../scripts/embedded/relay-user.ts'
import type { SendResult } from '../../scripts/engine/actions/send.ts'
import { createRelayFriend, type RelayFriend } from '../support/relay-friend.ts'
import { startWechatScene, type WechatScene } from '../support/wechat-scene.ts'

const OWNER = 'Owner-main@im.wechat'
const ROUTES = [
  { from: 'relay', to: 'wechat:main/me' },
  { from: 'wechat:main', to: 'relay' },
]

interface Bridged extends WechatScene {
  readonly bob: RelayFriend
  /** What the phone shows of the bot, and what was typed there. */
  bubbles(): readonly { readonly side: string; readonly text: string; readonly messageId: string }[]
  type(text: string): void
  quote(messageId: string, text: string): void
}

/** The owner at a relay and at WeChat, and a friend of theirs at the relay. */
async function startBridged(t: TestContext): Promise<Bridged> {
  const relay = await startRelay({ rateLimit: false })
  const transport = createTransport({ http: '', https: '', except: '' })
  const network = { fetch: transport.fetch, clock: systemClock }
  const me = await registerUser(relay.url, { name: 'me' }, network)
  const bob = await createRelayFriend(t, { baseUrl: relay.url, name: 'bob', network })
  const scene = await startWechatScene(t, {
    config: { base_url: relay.url, token: me.token, my_id: me.id, my_name: 'me', routes: ROUTES },
  })
  t.after(async () => {
    await scene.stop()
    await relay.close()
    await transport.close()
  })
  await scene.listening()
  scene.phone.write({ kind: 'text', text: 'I am here' }, { from: OWNER })
  await scene.until('the first words', () => scene.lines().length === 1)
  const sent = await scene.ask<SendResult>('send', { to: `#${bob.id}`, text: 'Will you be my friend?' })
  assert.equal(sent.outcome, 'accepted')
  await scene.until('the request', () => bob.heard.length === 1)
  await bob.send(me.id, 'Yes!')
  const bubbles = () => scene.phone.transcript(OWNER).shown
  await scene.until('the first notice', () => bubbles().some(({ text }) => text.includes('Yes!')))
  return {
    ...scene,
    bob,
    bubbles,
    type: text => void scene.phone.write({ kind: 'text', text }, { from: OWNER }),
    quote: (of, text) => void scene.phone.write({ kind: 'quote', text, of }, { from: OWNER }),
  }
}

describe('a friend on the relay and a phone', () => {
  test('talk for fifty turns: nothing is lost, doubled, echoed or given to anybody else', async t => {
    const scene = await startBridged(t)
    const { bob } = scene
    const me = scene.json('config.json')['my_id'] as number
    for (let turn = 1; turn <= 50; turn++) {
      // What looks like markup is theirs, and stays.
      await bob.send(me, `question ${turn} ![of](course)`)
      const notice = () =>
        scene.bubbles().find(({ side, text }) => side === 'bot' && text.includes(`question ${turn} `))
      await scene.until(`notice ${turn}`, () => notice() !== undefined)
      scene.quote(notice()?.messageId ?? '', `answer ${turn}`)
      await scene.until(`answer ${turn}`, () => bob.heard.some(({ text }) => text === `answer ${turn}`))
    }
    const wanted = Array.from({ length: 50 }, (_, i) => i + 1)
    assert.deepEqual(
      bob.heard.slice(1),
      wanted.map(turn => ({ from: me, name: 'me', text: `answer ${turn}` })),
    )
    const ofBot = scene
      .bubbles()
      .filter(({ side }) => side === 'bot')
      .slice(1)
    assert.deepEqual(
      ofBot.map(({ text }) => text),
      wanted.map(turn => `bob #${bob.id}: question ${turn} ![of](course)`),
    )
    const lines = () => scene.lines().filter(line => /question|answer/.test(line))
    await scene.until('the files', () => lines().length >= 200)
    assert.equal(lines().length, 200)
    assert.deepEqual(scene.controls.violations(), [])
    assert.deepEqual(scene.phone.transcript(OWNER).flags, [])
  })
})
