import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Config, parseConfig } from '../../scripts/core/config.ts'
import { ConfigError } from '../../scripts/core/errors.ts'
import type { Bilingual } from '../../scripts/core/i18n.ts'

const valid = { base_url: 'https://relay.example.org:8000', token: 'a'.repeat(32) }
const sinks = { webhooks: { outbound: { ops: { url: 'https://log.example.org' } } }, wechat_abot: {} }

function parse(routes: unknown, sections: object = sinks): Config['routes'] {
  return parseConfig(JSON.stringify({ ...valid, ...sections, routes })).config.routes
}

/** What is wrong with it, in both languages. */
function faultsOf(routes: unknown, sections: object = sinks): Bilingual {
  try {
    parse(routes, sections)
  } catch (error) {
    assert.ok(error instanceof ConfigError && typeof error.text === 'object', String(error))
    return error.text
  }
  throw new Error('it was taken')
}

const NO_FILTER = { types: null, contains: null, except: [] }

describe('the section routes', () => {
  test('may be missing', () => {
    assert.deepEqual([parse(undefined), parse(null), parse([])], [[], [], []])
  })

  const sources = [
    ['any', { scheme: 'any' }],
    ['relay', { scheme: 'relay', id: null }],
    ['#2', { scheme: 'relay', id: 2 }],
    ['relay:2', { scheme: 'relay', id: 2 }],
    ['wechat', { scheme: 'wechat', account: null, user: null }],
    ['wechat:main', { scheme: 'wechat', account: 'main', user: null }],
    ['wechat:main/aB@im.wechat', { scheme: 'wechat', account: 'main', user: 'aB@im.wechat' }],
    ['webhook', { scheme: 'webhook', name: null }],
    ['webhook:ops', { scheme: 'webhook', name: 'ops' }],
  ] as const
  for (const [from, place] of sources) {
    test(`takes what comes from ${from}`, () => {
      assert.deepEqual(parse([{ from, to: 'webhook:ops' }])[0]?.from, place)
    })
  }

  const targets = [
    ['wechat:main/me', { kind: 'wechat', account: 'main', user: null }],
    ['wechat:main/aB@im.wechat', { kind: 'wechat', account: 'main', user: 'aB@im.wechat' }],
    ['relay', { kind: 'relay' }],
    ['webhook:ops', { kind: 'sink', sink: 'webhook:ops' }],
    ['wechat_abot', { kind: 'sink', sink: 'wechat_abot' }],
  ] as const
  for (const [to, target] of targets) {
    test(`leads to ${to}`, () => {
      assert.deepEqual(parse([{ from: 'wechat:work', to }]), [
        { from: { scheme: 'wechat', account: 'work', user: null }, to: target, filter: NO_FILTER },
      ])
    })
  }

  test('has filters', () => {
    const filter = { types: ['chat', 'file'], contains: 'x', except: ['#2', 'webhook'] }
    assert.deepEqual(parse([{ from: 'any', to: 'webhook:ops', filter }])[0]?.filter, {
      types: ['chat', 'file'],
      contains: 'x',
      except: [
        { scheme: 'relay', id: 2 },
        { scheme: 'webhook', name: null },
      ],
    })
    assert.deepEqual(parse([{ from: 'any', to: 'webhook:ops', filter: {} }])[0]?.filter, NO_FILTER)
    assert.deepEqual(parse([{ from: 'any', to: 'webhook:ops', filter: null }])[0]?.filter, NO_FILTER)
  })

  test('says everything that is wrong at once, of each route', () => {
    const { en, zh } = faultsOf([
      { from: 'nowhere', to: 'relay' },
      { from: 'any', to: 'wechat:main' },
      { from: 'any', to: 'webhook:gone' },
      { from: 'relay', to: 'relay' },
      { from: 'wechat:main', to: 'wechat:main/me' },
      { from: 'any' },
      { from: 'any', to: 'webhook:ops', filter: { types: ['secret'], contain: 'x', except: ['secret'] } },
      { from: 'any', to: 'webhook:ops', filer: {} },
    ])
    for (const path of [
      'routes.0.from',
      'routes.1.to',
      'routes.2.to',
      'routes.3.to',
      'routes.4.to',
      'routes.5.to',
      'routes.6.filter.types',
      'routes.6.filter.except',
      'routes.6.filter.contain',
      'routes.7.filer',
    ]) {
      assert.ok(en.includes(`${path} `), `${path} in ${en}`)
      assert.ok(zh.includes(`${path} `), `${path} in ${zh}`)
    }
    assert.match(en, /routes\.6\.filter\.contain is not known \(did you mean "contains"\?\)/)
    assert.doesNotMatch(en + zh, /secret|gone/)
  })

  const refused = [
    ['from nobody', { from: '#x', to: 'webhook:ops' }],
    ['from an account that can have no such name', { from: 'wechat:Main', to: 'relay' }],
    ['to people of the plugin, whom no account of ours reaches', { from: 'relay', to: 'wechat:abot/x' }],
    ['to one person on the relay', { from: 'wechat', to: '#2' }],
    ['to the relay from everywhere', { from: 'any', to: 'relay' }],
    ['to the relay from a webhook', { from: 'webhook:ops', to: 'relay' }],
    ['back to somebody of the same account', { from: 'wechat:main/x', to: 'wechat:main/y' }],
  ] as const
  for (const [name, route] of refused) {
    test(`is refused ${name}`, () => assert.match(faultsOf([route]).en, /routes\.0\.(?:from|to) has a wrong value/))
  }

  test('is refused to a plugin, or a webhook, that is not there', () => {
    assert.match(faultsOf([{ from: 'any', to: 'wechat_abot' }], {}).en, /routes\.0\.to has a wrong value/)
    assert.match(faultsOf([{ from: 'any', to: 'webhook:ops' }], {}).en, /routes\.0\.to has a wrong value/)
  })

  test('is a list, and not an endless one', () => {
    assert.match(faultsOf({ from: 'any', to: 'relay' }).en, /routes has a wrong value; it takes a list/)
    assert.match(faultsOf(['any']).en, /routes\.0 has a wrong value/)
    assert.match(
      faultsOf(Array.from({ length: 101 }, () => ({ from: 'any', to: 'webhook:ops' }))).en,
      /routes has a wrong/,
    )
  })
})
