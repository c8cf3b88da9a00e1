import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { USUAL_WECHAT } from '../../scripts/core/config/wechat.ts'
import { isRegistered, parseConfig } from '../../scripts/core/config.ts'
import { ConfigError } from '../../scripts/core/errors.ts'

describe('config.json', () => {
  const valid = { base_url: 'https://relay.example.org:8000/', token: 'a'.repeat(32) }

  test('the example parses, and counts as not registered', () => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'config.json.example'), 'utf8')
    const { config, warnings } = parseConfig(text)
    assert.equal(isRegistered(config), false)
    assert.deepEqual(warnings, [])
    assert.equal(config.batchSize, 5)
  })

  test('defaults, an id as text or number, and a trailing slash', () => {
    assert.deepEqual(parseConfig(JSON.stringify({ ...valid, my_id: 2 })).config, {
      baseUrl: 'https://relay.example.org:8000',
      token: valid.token,
      myId: '2',
      myName: '',
      batchSize: 5,
      sweepMinutes: 5,
      retentionDays: 7,
      webhooks: { inbound: [], outbound: [] },
      wechatAbot: null,
      wake: null,
      wechat: USUAL_WECHAT,
      routes: [],
      listener: { port: 8088, publicUrls: [] },
    })
    assert.equal(parseConfig(JSON.stringify({ ...valid, my_id: '2' })).config.myId, '2')
    assert.equal(parseConfig(`\ufeff${JSON.stringify(valid)}`).config.token, valid.token)
  })

  test('everything wrong is said at once, in both languages, and no value is repeated', () => {
    const text = JSON.stringify({
      base_url: 'ftp://x?secret',
      token: 'has blanks secret',
      my_id: -1,
      batch_size: 501,
      sweep_minutes: 'secret',
      retention_days: 3651,
    })
    assert.throws(
      () => parseConfig(text),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError && typeof error.text === 'object')
        for (const key of ['base_url', 'token', 'my_id', 'batch_size', 'sweep_minutes', 'retention_days']) {
          assert.match(error.text.en, new RegExp(`${key} has a wrong value; it takes `))
          assert.match(error.text.zh, new RegExp(`${key} 的值不正确；应为`))
        }
        assert.doesNotMatch(error.text.en + error.text.zh, /secret|ftp/)
        return true
      },
    )
  })

  test('the limit of retention is whole days up to ten years, or 0', () => {
    const daysOf = (retention_days: unknown) =>
      parseConfig(JSON.stringify({ ...valid, retention_days })).config.retentionDays
    assert.deepEqual([0, 1, 3650].map(daysOf), [0, 1, 3650])
    for (const days of [-1, 1.5, 3651, '7']) assert.throws(() => daysOf(days), /retention_days has a wrong value/)
  })

  test('broken JSON is located without being quoted', () => {
    assert.throws(
      () => parseConfig('{\n  "token": "very-secret",\n  oops\n}'),
      (error: unknown) =>
        error instanceof ConfigError && /near line 3/.test(error.message) && !/secret/.test(error.message),
    )
    for (const text of ['', '[]', '"x"', 'null', '7']) assert.throws(() => parseConfig(text), ConfigError)
  })

  test('unknown keys are one warning each, with the nearest known one', () => {
    const { warnings } = parseConfig(JSON.stringify({ ...valid, bath_size: 7, zzzzzzzzzz: 1 }))
    assert.deepEqual(
      warnings.map(one => one.en),
      [
        'config.json: unknown key "bath_size" is ignored; did you mean "batch_size"?',
        'config.json: unknown key "zzzzzzzzzz" is ignored',
      ],
    )
  })

  test('plain http is warned about unless it stays on this machine', () => {
    const warningsFor = (url: string) => parseConfig(JSON.stringify({ ...valid, base_url: url })).warnings.length
    for (const url of ['http://127.0.0.1:8000', 'http://localhost', 'http://[::1]:80', 'https://x'])
      assert.equal(warningsFor(url), 0)
    for (const url of ['http://192.168.1.2', 'http://relay.example.org']) assert.equal(warningsFor(url), 1)
  })

  test('addresses with credentials or a query are refused', () => {
    for (const base_url of ['https://user:pw@x', 'https://x/?a', 'https://x/#a', 'x', '']) {
      assert.throws(() => parseConfig(JSON.stringify({ ...valid, base_url })), ConfigError)
    }
  })
})
