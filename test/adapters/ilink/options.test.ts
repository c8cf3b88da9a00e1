import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ilinkCdnUrl, ilinkFacts, ilinkSettings } from '../../../scripts/adapters/ilink/options.ts'
import { USUAL_WECHAT } from '../../../scripts/core/config/wechat.ts'

test('settings are those of the configuration, for one account', () => {
  const config = {
    ...USUAL_WECHAT,
    allow: ['a@im.wechat'],
    accounts: { main: { allow: ['b@im.wechat'] }, other: { allow: ['c@im.wechat'] } },
  }
  assert.deepEqual(ilinkSettings(config, 'main'), {
    allow: ['a@im.wechat', 'b@im.wechat'],
    fileMaxBytes: 100 * 1024 * 1024,
    folderMaxBytes: 2 * 1024 * 1024 * 1024,
    chunk: 'measured',
    sendsPerMessage: 10,
    windowMs: 86_400_000,
    gapMs: 300,
    retryMs: 10_000,
    probeMs: 300_000,
    typing: true,
  })
  assert.deepEqual(ilinkSettings(config, 'third').allow, ['a@im.wechat'])
})

test('requests say who we are, unless the configuration says it otherwise', () => {
  assert.deepEqual(ilinkFacts(USUAL_WECHAT, '1.0'), {
    clientVersion: '2.4.9',
    botAgent: 'OpenwechatIm/1.0',
    routeTag: null,
  })
  assert.equal(ilinkFacts({ ...USUAL_WECHAT, botAgent: 'Mine/2' }, '1.0').botAgent, 'Mine/2')
})

test('files lie at WeChat, unless the configuration names another place', () => {
  assert.equal(ilinkCdnUrl(USUAL_WECHAT), 'https://novac2c.cdn.weixin.qq.com/c2c')
  assert.equal(ilinkCdnUrl({ ...USUAL_WECHAT, cdnUrl: 'http://127.0.0.1:1/c2c' }), 'http://127.0.0.1:1/c2c')
})
