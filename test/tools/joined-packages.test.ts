import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { JOINED, type Join, joinedText, type Part } from '../../tools/packaging/joined-packages.ts'
import { commonJsText } from '../../tools/packaging/module-text.ts'
import { makeSkillFolder } from '../../tools/packaging/skill-folder.ts'
import { ROOT } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function part(path: string, text: string, needs: Readonly<Record<string, string>> = {}): Part {
  return { path, text: `'use strict'\n${text}`, needs: new Map(Object.entries(needs)) }
}

async function joined(parts: readonly Part[], exports: readonly string[]): Promise<Record<string, unknown>> {
  const whole: Join = { name: 'thing', version: '1.0.0', entry: 'index.js', parts, exports }
  const path = join(temporaryFolder(), 'index.mjs')
  writeFileSync(path, joinedText(whole))
  return import(pathToFileURL(path).href)
}

describe('a package in one file', () => {
  test('gives what its entry exports, part by part and from Node', async () => {
    const thing = await joined(
      [
        part('index.js', "exports.a = require('./lib/a').name\nexports.sep = require('node:path').posix.sep\n", {
          './lib/a': 'lib/a.js',
        }),
        part('lib/a.js', "module.exports = { name: require('../b.js') + this.constructor.name }\n", {
          '../b.js': 'b.js',
        }),
        part('b.js', "module.exports = 'b'\n//# no line behind this one"),
      ],
      ['a', 'sep'],
    )
    assert.deepEqual({ ...thing }, { a: 'bObject', sep: '/' })
  })

  test('runs each part once, and ends in no circle', async () => {
    const needs = { './a': 'a.js', './index': 'index.js' }
    const thing = await joined(
      [
        part(
          'index.js',
          "exports.early = 1\nexports.seen = require('./a').seen\nexports.same = require('./a') === require('./a')\n",
          needs,
        ),
        part('a.js', "exports.seen = { ...require('./index') }\n", needs),
      ],
      ['seen', 'same'],
    )
    assert.deepEqual({ ...thing }, { seen: { early: 1 }, same: true })
  })

  test('is not made of what would run differently there', () => {
    const parts = [{ path: 'lib/old.js', text: 'x = 1\n', needs: new Map<string, string>() }]
    const old: Join = { name: 'thing', version: '1.0.0', entry: 'index.js', parts, exports: [] }
    assert.throws(() => joinedText(old), /thing\/lib\/old\.js does not begin with "use strict"/)
  })

  test('holds the files of the real packages as they are, but for lines of import and export', () => {
    const folder = join(temporaryFolder(), 'openwechat-im-client')
    makeSkillFolder(ROOT, folder)
    const samples: Readonly<Record<string, readonly string[]>> = {
      chokidar: ['index.js', 'backend.js', 'policy.js', 'reconcile.js', 'runtime.js', 'tree.js'],
      eventsource: ['dist/index.js', 'dist/EventSource.js', 'dist/errors.js'],
      'eventsource-parser': ['dist/index.js', 'dist/parse.js', 'dist/errors.js'],
      'signal-exit': ['dist/cjs/index.js', 'dist/cjs/signals.js'],
      undici: ['lib/web/fetch/index.js', 'lib/core/connect.js'],
      zod: ['index.cjs', 'v4/core/schemas.cjs'],
    }
    assert.deepEqual(Object.keys(samples), [...JOINED.keys()])
    for (const [name, paths] of Object.entries(samples)) {
      const lines = new Set(readFileSync(join(folder, 'packages', name, 'index.mjs'), 'utf8').split('\n'))
      for (const path of paths) {
        const changed = readFileSync(join(ROOT, 'node_modules', name, path), 'utf8')
          .split('\n')
          .filter(line => !lines.has(line))
        for (const line of changed) assert.match(line, /^(?:import|export) /, `${name}/${path}`)
      }
    }
  })
})

describe('a module as CommonJS', () => {
  const A = [
    "import { b, c as d } from './b.js';",
    "import * as path from 'node:path'",
    'export const a = b + d() + path.posix.sep;',
    'export async function later() { return a }',
    "export { b } from './b.js';",
    'export default a;',
  ].join('\n')
  const B =
    "export let b = 'b';\nexport function c() { return C.name }\nexport class C {}\n//# sourceMappingURL=b.js.map"

  test('imports and exports what it did', async () => {
    const needs = new Map([['./b.js', 'b.js']])
    const thing = await joined(
      [
        { path: 'index.js', text: commonJsText('index.js', A), needs },
        { path: 'b.js', text: commonJsText('b.js', B), needs: new Map() },
      ],
      ['a', 'b', 'later'],
    )
    assert.deepEqual([thing['a'], thing['b'], await (thing['later'] as () => Promise<string>)()], ['bC/', 'b', 'bC/'])
  })

  test('is none where a statement of import or export is not understood', () => {
    for (const text of ["import x from './x.js'", "import './x.js'", 'export { a }', "export * from './x.js'"]) {
      assert.throws(() => commonJsText('x.js', `const a = 1\n${text}\n`), /x\.js has a form of import or export/, text)
    }
  })
})
