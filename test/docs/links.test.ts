import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { USUAL_WECHAT, WECHAT_SECTION } from '../../scripts/core/config/wechat.ts'
import { isRegistered, parseConfig } from '../../scripts/core/config.ts'
import { ROOT } from '../support/child.ts'
import { AGENT_TEXTS, ALL_TEXTS, codes, read, tables } from './documents.ts'

function links(path: string): string[] {
  return [...read(path).matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1] ?? '')
}

/** As the page of a repository makes them. */
function anchors(path: string): string[] {
  const headings = [...read(path).matchAll(/^#+ (.+)$/gm)].map(match => match[1] ?? '')
  return headings.map(text =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the texts', () => {
  test('have no link within the project that leads nowhere', () => {
    let seen = 0
    for (const path of ALL_TEXTS) {
      for (const link of links(path).filter(one => !/^https?:/.test(one))) {
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? path : normalize(join(dirname(path), file))
        assert.ok(existsSync(join(ROOT, target)), `${path}: ${link}`)
        if (anchor !== undefined) assert.ok(anchors(target).includes(anchor), `${path}: ${link}`)
        seen++
      }
    }
    assert.ok(seen > 30)
  })

  test('name no server: neither to register at nor to talk to', () => {
    for (const path of [...AGENT_TEXTS, 'README.md', 'README.zh.md', 'config.json.example']) {
      for (const [, host = ''] of read(path).matchAll(/\w+:\/\/([^/\s"'`:]+)/g)) {
        assert.match(host, /^(?:(?:\w+\.)?example\.org|YOUR_RELAY_SERVER|github\.com|127\.0\.0\.1|…)$/, path)
      }
    }
    for (const path of [...AGENT_TEXTS, 'config.json.example']) {
      assert.doesNotMatch(read(path), /\b\d{1,3}(?:\.\d{1,3}){3}\b/, path)
    }
  })
})

describe('config.json.example', () => {
  test('is a valid configuration without a warning, and counts as not registered', () => {
    const { config, warnings } = parseConfig(read('config.json.example'))
    assert.deepEqual(warnings, [])
    assert.equal(isRegistered(config), false)
  })

  test('shows the usual values: who copies it has changed nothing', () => {
    const example = JSON.parse(read('config.json.example')) as Record<string, unknown>
    const { config } = parseConfig(read('config.json.example'))
    const { base_url, token } = example
    assert.deepEqual(config.wechat, USUAL_WECHAT)
    assert.deepEqual(config, parseConfig(JSON.stringify({ base_url, token })).config)
  })
})

describe('the texts about settings', () => {
  const relay = { base_url: 'https://relay.example.org', token: 'a'.repeat(32) }
  const shownIn = (path: string) =>
    [...read(path).matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(match => JSON.parse(match[1] ?? ''))

  test('show routes that are valid', () => {
    const shown = ['references/bridge.md', 'README.md', 'README.zh.md'].flatMap(shownIn)
    const routes = shown.flatMap(one => one.routes ?? [one])
    assert.ok(routes.length >= 7)
    assert.equal(parseConfig(JSON.stringify({ ...relay, routes })).config.routes.length, routes.length)
  })

  test('name every setting of WeChat, and none that it has not', () => {
    const settings = tables(read('references/wechat.md')).find(({ header }) => header[0] === 'key')
    const named = settings?.rows.flatMap(row => codes(row[0] ?? '')) ?? []
    assert.deepEqual(named.sort(), [...(WECHAT_SECTION.below?.keys ?? [])].sort())
  })
})

describe('the two READMEs', () => {
  const [en, zh] = [read('README.md'), read('README.zh.md')]

  test('have the same sections', () => {
    const shape = (text: string) =>
      text
        .split(/^(?=#+ )/m)
        .map(part => [/^#*/.exec(part)?.[0], (part.match(/^ *```/gm) ?? []).length / 2, tables(part).length])
    assert.deepEqual(shape(zh), shape(en))
  })

  test('have the same tables', () => {
    const keys = (text: string) => tables(text).map(table => table.rows.map(row => codes(row[0] ?? '')))
    assert.deepEqual(keys(zh), keys(en))
  })

  test('show the same commands', () => {
    const shown = (text: string) =>
      codes(text)
        .filter(code => /^(?:npm|openclaw|node) /.test(code))
        .map(code => code.replace(/"[^"]*"|<[^>]*>/g, '…'))
        .sort()
    assert.deepEqual([...new Set(shown(zh))], [...new Set(shown(en))])
  })
})
