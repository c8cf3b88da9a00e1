import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { createFakeWechat, type FakeWechat, OPEN } from '../../support/fake-wechat.ts'
import { ABOT, order, SECRETS, startIntake } from './scene.ts'

const ANN = 'Ann-Openid@im.wechat'

function begin(t: TestContext, { names = ['main'], sections = {} }: { names?: string[]; sections?: object } = {}) {
  const wechat: FakeWechat = createFakeWechat(names)
  wechat.reach.set(`main/${ANN}`, { ...OPEN, user: ANN })
  const scene = startIntake(t, { wechat, sections: { wechat_abot: { ...ABOT, ...sections } } })
  return { ...scene, wechat, sentTo: () => wechat.sends.map(one => `${one.account}/${one.to} ${one.content}`) }
}

describe('/messages/send to somebody on WeChat', () => {
  test('goes out by the account that is named', async t => {
    const scene = begin(t, { names: ['main', 'work'] })
    const answer = await scene.send(order({ to: `wechat:main/${ANN}`, text: 'hello' }))
    assert.deepEqual(answer, { status: 200, body: { messageId: 'out_1' } })
    assert.deepEqual(scene.sentTo(), [`wechat:main/${ANN} hello`])
  })

  test('goes out by the only account, or the only one that knows them', async t => {
    const alone = begin(t)
    assert.equal((await alone.send(order({ to: ANN, text: 'hello' }))).status, 200)
    const several = begin(t, { names: ['work', 'main'] })
    assert.equal((await several.send(order({ to: ANN, text: 'hello' }))).status, 200)
    assert.deepEqual([alone.sentTo(), several.sentTo()], [[`wechat:main/${ANN} hello`], [`wechat:main/${ANN} hello`]])
  })

  test('is refused where it would be a guess: 422', async t => {
    const scene = begin(t, { names: ['main', 'work'] })
    scene.wechat.reach.set(`work/${ANN}`, { ...OPEN, user: ANN })
    for (const to of [ANN, 'somebody@im.wechat']) {
      const answer = await scene.send(order({ to, text: 'hello' }))
      assert.deepEqual([answer.status, answer.body['reason']], [422, 'no_wechat_account'])
    }
    assert.deepEqual(scene.sentTo(), [])
  })

  test('is refused where they have to write first, or may not write: 422 with the reason in words', async t => {
    const scene = begin(t)
    scene.wechat.reach.set('main/refused@im.wechat', { kind: 'not_allowed' })
    for (const [user, words] of [
      ['stranger@im.wechat', /have not written to this bot/],
      ['refused@im.wechat', /Only the person who scanned/],
    ] as const) {
      const answer = await scene.send(order({ to: `wechat:main/${user}`, text: 'hello' }))
      assert.deepEqual([answer.status, answer.body['reason']], [422, 'not_reachable'])
      assert.match(String(answer.body['message']), words)
    }
    assert.deepEqual(scene.sentTo(), [])
  })

  test('that waits until they write again: 202, and for what', async t => {
    const scene = begin(t)
    scene.wechat.send = () => ({ kind: 'parked', until: 'peer', reason: 'budget' })
    const answer = await scene.send(order({ to: ANN, text: 'hello' }))
    assert.deepEqual(answer, { status: 202, body: { messageId: 'out_1', status: 'queued', waiting_for: 'peer' } })
  })

  test('that is refused there: 422 with their words made harmless', async t => {
    const scene = begin(t)
    scene.wechat.send = () => ({ kind: 'refused', text: 'invalid\u202Earguments', relationship: null })
    const answer = await scene.send(order({ to: ANN, text: 'hello' }))
    assert.deepEqual([answer.status, answer.body['reason']], [422, 'refused'])
    assert.doesNotMatch(String(answer.body['message']), /\u202E/)
  })

  test('may be longer than what the relay takes', async t => {
    const scene = begin(t)
    assert.equal((await scene.send(order({ to: ANN, text: 'x'.repeat(5000) }))).status, 200)
    assert.equal((await scene.send(order({ to: ANN, text: 'x'.repeat(50_001) }))).body['error'], 'text_too_long')
  })

  test('is allowed by the list of recipients under its id or its address', async t => {
    for (const [listed, status] of [
      [ANN, 200],
      [`wechat:main/${ANN}`, 200],
      ['Bob@im.wechat', 403],
    ] as const) {
      const scene = begin(t, { sections: { allowedRecipients: [listed] } })
      assert.equal((await scene.send(order({ to: `wechat:main/${ANN}`, text: 'hello' }))).status, status, listed)
    }
  })

  test('never tells an address that belongs to another way in', async t => {
    const scene = begin(t, { sections: { botToken: SECRETS.bot } })
    const answer = await scene.send(order({ to: 'wechat:abot/wxid_a', text: 'hello' }))
    assert.deepEqual([answer.status, answer.body['reason']], [422, 'no_wechat_account'])
  })
})
