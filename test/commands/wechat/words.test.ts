import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sendWords } from '../../../scripts/commands/send-words.ts'
import { clientFacts, configuredWechat } from '../../../scripts/commands/wechat/configured.ts'
import { stateWords } from '../../../scripts/commands/wechat/state-words.ts'
import { bridgeLine } from '../../../scripts/commands/wechat-lines.ts'
import { USUAL_WECHAT } from '../../../scripts/core/config/wechat.ts'
import type { SendResult } from '../../../scripts/engine/actions/send.ts'
import { dataFolderAt } from '../../../scripts/store/data-folder.ts'
import { contextFor } from '../../support/command-call.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { viewOf } from '../../support/test-daemon.ts'

function sent(change: Partial<SendResult>): string[] {
  const words = sendWords({
    outcome: 'accepted',
    request_id: 'r',
    seq: 1,
    to: 'wechat:main/oSomebody@im.wechat',
    relationship: null,
    relay_text: null,
    wechat_text: null,
    reason: null,
    parked: null,
    parts: null,
    ...change,
  })
  return [words.en, words.zh]
}

describe('what became of a message to WeChat', () => {
  test('is never called delivered', () => {
    for (const text of sent({})) assert.doesNotMatch(text, /delivered|已送达/)
    assert.match(sent({})[0] ?? '', /does not tell whether it was shown/)
  })

  const cases: readonly [Partial<SendResult>, RegExp, RegExp][] = [
    [{ outcome: 'refused', wechat_text: 'ret -3' }, /^Refused by WeChat: ret -3\.$/, /^微信拒绝：ret -3。$/],
    [{ outcome: 'not_sent', reason: 'logged_out' }, /the account was logged out/, /账号已退出/],
    [{ outcome: 'not_sent', reason: 'odd' }, /Not sent: odd\./, /未发送：odd。/],
    [
      { outcome: 'unknown', reason: 'part_unknown', parts: { accepted: 1, of: 3 } },
      /may have been delivered\. 1 of 3 parts were accepted\. It is not repeated/,
      /已接受 1\/3 部分。程序不会自动重发/,
    ],
    [
      { outcome: 'queued', parked: 'peer', reason: 'used_up', parts: { accepted: 2, of: 5 } },
      /until they write to the bot again: all sends .* used up\. 2 of 5 parts .* do not repeat it/,
      /等对方再次给机器人写消息：.*请勿重复/,
    ],
    [{ outcome: 'queued', parked: 'peer', reason: 'ret_-2' }, /WeChat refused it \(ret_-2\)/, /微信拒绝了（ret_-2）/],
    [{ outcome: 'queued', parked: 'login', reason: 'token_refused' }, /wechat login main\./, /wechat login main。/],
    [{ outcome: 'queued' }, /^Waits to be sent to wechat:main\//, /^正在等待发送给/],
  ]
  for (const [change, english, chinese] of cases) {
    test(`is said in both languages: ${Object.values(change).map(String).join(' ')}`, () => {
      const [en = '', zh = ''] = sent(change)
      assert.match(en, english)
      assert.match(zh, chinese)
    })
  }
})

describe('every state of an account', () => {
  const states = [
    'connected',
    'connecting',
    'retrying',
    'degraded',
    'checking_login',
    'login_needed',
    'identity_taken',
    'identity_lock_failed',
    'failed',
    'stopped',
    'not_started',
  ]
  for (const state of states) {
    test(`is said in words of its own: ${state}`, () => {
      const words = stateWords({ state, since_utc: '2026-03-09T10:00:00Z', reason: 'why', held_by: '/there' }, true)
      assert.doesNotMatch(words.en, new RegExp(`^${state} \\(why\\)`))
      assert.match(words.zh, /[\u4e00-\u9fff]/)
    })
  }
})

describe('the settings of a login', () => {
  test('are the usual ones where config.json is missing, and where it is not valid, which is said', () => {
    const view = viewOf(`${temporaryFolder()}/openwechat_im_client`)
    const said: string[] = []
    const context = contextFor(view.folder, { note: text => void said.push(text) })
    assert.deepEqual(configuredWechat(context), USUAL_WECHAT)
    assert.deepEqual(said, [])
    view.writeConfig({ wechat: { baseUrl: 'https://hub.example.org' } })
    assert.deepEqual(configuredWechat(context), USUAL_WECHAT)
    assert.match(said.join(), /config\.json is not valid/)
    view.writeConfig({
      base_url: 'https://YOUR_RELAY_SERVER:8000',
      token: 'replace_with_token',
      wechat: { baseUrl: 'https://hub.example.org/', botAgent: 'Mine/1' },
    })
    const config = configuredWechat(context)
    assert.equal(config.baseUrl, 'https://hub.example.org')
    assert.equal(clientFacts(config, '0.1.0').botAgent, 'Mine/1')
    assert.equal(clientFacts(USUAL_WECHAT, '0.1.0').botAgent, 'OpenwechatIm/0.1.0')
  })
})

describe('the line of the bridge', () => {
  const context = contextFor(dataFolderAt('/nowhere'))

  test('is there only where there are routes, and says what is waited for', () => {
    assert.deepEqual(bridgeLine(null, context), [])
    assert.deepEqual(bridgeLine({ routes: 2, waiting: 0, waiting_for: null }, context), ['Bridge: 2 routes'])
    assert.deepEqual(bridgeLine({ routes: 2, waiting: 3, waiting_for: 'their_message' }, context), [
      'Bridge: 2 routes, 3 messages wait until somebody writes to the bot in WeChat',
    ])
    assert.deepEqual(bridgeLine({ routes: 1, waiting: 3, waiting_for: 'login' }, { ...context, language: 'zh' }), [
      '桥接: 1 条路由，3 条消息等待转达（等待登录：wechat login）',
    ])
  })
})
