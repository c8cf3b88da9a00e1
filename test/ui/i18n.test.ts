import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setLanguage, TEXTS, t, textFor } from '../../ui/i18n.js'

const PAGE = join(import.meta.dirname, '..', '..', 'ui')
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()

describe('texts of the page', () => {
  test('are there in both languages, with the same facts in them', () => {
    for (const [key, { en, zh }] of Object.entries(TEXTS)) {
      assert.ok(en.length > 0 && zh.length > 0, key)
      assert.deepEqual(placeholders(en), placeholders(zh), key)
    }
  })

  test('are all used', () => {
    const code = readdirSync(PAGE, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.js') && !name.startsWith('texts'))
      .map(name => readFileSync(join(PAGE, name), 'utf8'))
      .join('\n')
    const unused = Object.keys(TEXTS).filter(
      key =>
        !/^(?:event|reason|code|problem|kind|media|wechat_state|wechat_reason)_/.test(key) &&
        !code.includes(`'${key}'`),
    )
    assert.deepEqual(unused, [])
  })

  test('do not look for placeholders in what is put in', () => {
    setLanguage('en')
    assert.equal(t('me', { name: '{id}', id: '7' }), '{id}, ID 7')
  })

  test('take no text for a code of data that is the name of something else', () => {
    assert.equal(textFor('', 'constructor'), undefined)
    assert.equal(textFor('event_', '__proto__'), undefined)
  })
})
