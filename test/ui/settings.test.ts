import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { languageOf, loadSettings, readSettings, SETTINGS_KEY, saveSettings } from '../../ui/settings.js'

const DEFAULTS = {
  layout: 'bubble',
  split: 'friend',
  autoRefresh: true,
  refreshSeconds: 5,
  theme: 'auto',
  language: 'auto',
  fontSize: 'normal',
}

function keeperWith(text: string | null) {
  const kept = new Map(text === null ? [] : [[SETTINGS_KEY, text]])
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }
}

describe('settings', () => {
  test('have the defaults that the three questions of the onboarding name', () => {
    assert.deepEqual(loadSettings(keeperWith(null)), DEFAULTS)
  })

  test('come back as they were kept', () => {
    const keeper = keeperWith(null)
    const chosen = { ...readSettings(null), layout: 'table', refreshSeconds: 30, autoRefresh: false } as const
    assert.equal(saveSettings(keeper, chosen), true)
    assert.deepEqual(loadSettings(keeper), chosen)
  })

  test('are valid whatever is found', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        const found = loadSettings(keeperWith(text))
        assert.deepEqual(readSettings(found), found)
        assert.deepEqual(Object.keys(found), Object.keys(DEFAULTS))
      }),
    )
  })

  test('that are no JSON are the defaults', () => {
    assert.deepEqual(loadSettings(keeperWith('{"layout":')), DEFAULTS)
  })

  test('are refused by a browser that keeps nothing, and that is told', () => {
    const refusing = {
      getItem: () => null,
      setItem() {
        throw new Error('denied')
      },
    }
    assert.equal(saveSettings(refusing, readSettings(null)), false)
  })
})

describe('the language', () => {
  test('is the one that was chosen', () => {
    assert.equal(languageOf('zh', ['en-US']), 'zh')
  })

  test('is else the first of the browser that the page speaks', () => {
    assert.equal(languageOf('auto', ['de-DE', 'zh-TW', 'en']), 'zh')
    assert.equal(languageOf('auto', ['fr', 'en-GB', 'zh']), 'en')
  })

  test('is English when it speaks none of them', () => {
    assert.equal(languageOf('auto', ['de', 'fr']), 'en')
  })
})
