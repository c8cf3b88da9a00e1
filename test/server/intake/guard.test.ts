import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalOf } from '../../../scripts/server/intake/guard.ts'

const PUBLIC = ['gateway.example.com', 'xn--bcher-kva.example', '[2001:db8::1]']

test('every combination of host, origin, site, method and target is judged by the same few rules', () => {
  const own = ['127.0.0.1', 'localhost', '[::1]', ...PUBLIC].flatMap(name => [
    name,
    `${name}:8088`,
    `${name}:1`,
    name.toUpperCase(),
  ])
  const foreign = [
    '',
    ':8088',
    'evil.example',
    'evil.example:8088',
    'gateway.example.com.evil.example',
    'evil.gateway.example.com',
    'gateway.example.com.',
    'localhost.',
    'localhost:8088:8088',
    'localhost:',
    'localhost:x',
    'user@localhost',
    '127.0.0.2',
    '0.0.0.0',
    '2130706433',
    '[::]',
    '::1',
    '[::1',
    '127.0.0.1, evil.example',
    ' localhost',
  ]
  let good = 0
  for (const host of [...own, ...foreign]) {
    for (const origin of [
      undefined,
      'null',
      '',
      `http://${host}`,
      'https://gateway.example.com',
      'http://evil.example',
    ]) {
      for (const site of [undefined, 'none', 'same-origin', 'same-site', 'cross-site', '']) {
        for (const method of ['POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'post', '']) {
          for (const target of ['/webhook/ops', '/', '*', 'http://localhost/webhook/ops', '', 'webhook/ops']) {
            const refusal = refusalOf({ method, target, hosts: [host], origin, site }, PUBLIC)
            const expected = !target.startsWith('/')
              ? 400
              : foreign.includes(host)
                ? 421
                : origin !== undefined || !(site === undefined || site === 'none')
                  ? 403
                  : method !== 'POST'
                    ? 405
                    : undefined
            assert.equal(refusal?.status, expected, JSON.stringify({ host, origin, site, method, target }))
            if (expected === undefined) good++
          }
        }
      }
    }
  }
  assert.equal(good, own.length * 2 * 2)
})

test('a host that is missing or named twice is none of ours', () => {
  const asking = { method: 'POST', target: '/', origin: undefined, site: undefined }
  for (const hosts of [[], ['localhost', 'localhost'], ['localhost', 'evil.example']]) {
    assert.equal(refusalOf({ ...asking, hosts }, PUBLIC)?.status, 421)
  }
})
