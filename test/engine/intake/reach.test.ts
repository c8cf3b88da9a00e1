import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, parseConfig } from '../../../scripts/core/config.ts'
import { needsListener, publicHosts } from '../../../scripts/engine/intake/reach.ts'
import { ABOT } from './scene.ts'

function configOf(sections: Readonly<Record<string, unknown>>): Config {
  return parseConfig(JSON.stringify({ base_url: 'https://relay.test', token: 'a'.repeat(32), ...sections })).config
}

test('something listens only for a webhook that comes in, or for wechat_abot', () => {
  const inbound = { ops: { secret: 'x'.repeat(16) } }
  const outbound = { ops: { url: 'https://log.example.org/' } }
  assert.equal(needsListener(null), false)
  assert.equal(needsListener(configOf({})), false)
  assert.equal(needsListener(configOf({ webhooks: { outbound }, listener: { port: 8088 } })), false)
  assert.equal(needsListener(configOf({ wechat_abot: { ...ABOT, enabled: false } })), false)
  assert.equal(needsListener(configOf({ wechat_abot: ABOT })), true)
  // Paused ones too: whoever pushes there is told that they are.
  assert.equal(needsListener(configOf({ webhooks: { inbound: { ops: { ...inbound.ops, enabled: false } } } })), true)
})

test('the public names are those of the configured addresses, each once, in the form of a Host header', () => {
  const inbound = {
    a: { url: 'https://Gateway.Example.com:8443/webhook/a' },
    b: { url: 'https://bücher.example/webhook/b' },
    c: {},
  }
  const listener = { publicUrls: ['https://gateway.example.com/', 'http://[2001:DB8::1]:80'] }
  assert.deepEqual(publicHosts(configOf({ webhooks: { inbound }, listener })), [
    'gateway.example.com',
    '[2001:db8::1]',
    'xn--bcher-kva.example',
  ])
  assert.deepEqual(publicHosts(null), [])
})
