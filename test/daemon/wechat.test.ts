import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SendResult } from '../../scripts/engine/actions/send.ts'
import { startWechatScene } from '../support/wechat-scene.ts'

const OWNER = 'Owner-main@im.wechat'

describe('a daemon with an account at WeChat', () => {
  test('shows what its owner writes, and sends the answer', async t => {
    const scene = await startWechatScene(t)
    await scene.listening()
    scene.phone.write({ kind: 'text', text: 'hello' }, { from: OWNER })
    await scene.until('the message', () => scene.lines().length === 1)
    assert.deepEqual(scene.lines(), [`from wechat:main/${OWNER} hello`])
    assert.match(scene.text('inbox_pushed.md'), /via=wechat/)
    const sent = await scene.ask<SendResult>('send', { to: 'wechat:main/me', text: 'good day' })
    assert.deepEqual([sent.outcome, sent.to], ['accepted', `wechat:main/${OWNER}`])
    assert.deepEqual(
      scene.phone.transcript(OWNER).shown.map(({ side, text }) => `${side} ${text}`),
      ['phone hello', 'bot good day'],
    )
    await scene.until('the line', () => scene.lines().length === 2)
    assert.deepEqual(scene.lines()[1], `to wechat:main/${OWNER} good day`)
    assert.deepEqual(scene.controls.violations(), [])
  })
})
