import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reachableSources } from '../../tools/packaging/reachable.ts'

const source = (text: string) => Buffer.from(text)

describe('our own code, as it is shipped', () => {
  test('is what the entries lead to: lazily too, in circles, and by several ways', () => {
    const sources = new Map([
      ['scripts/cli.ts', source("import { a } from './core/a.ts'\nconst c = () => import('./commands/c.ts')\n")],
      ['scripts/core/a.ts', source("import './b.ts'\n")],
      ['scripts/core/b.ts', source("import { a } from './a.ts'\n")],
      [
        'scripts/commands/c.ts',
        source("import { a } from '../core/a.ts'\nimport fs from 'node:fs'\nimport x from 'zod'\n"),
      ],
      ['scripts/core/nobody.ts', source("import { a } from './a.ts'\n")],
      ['scripts/core/types.ts', source('export interface T {}\n')],
    ])
    sources.set('scripts/core/b.ts', source("import type { T } from './types.ts'\nimport { a } from './a.ts'\n"))
    assert.deepEqual(
      [...reachableSources(sources, ['scripts/cli.ts']).keys()],
      ['scripts/cli.ts', 'scripts/core/a.ts', 'scripts/core/b.ts', 'scripts/commands/c.ts'],
    )
  })

  test('is not shipped with a hole in it', () => {
    const sources = new Map([['scripts/cli.ts', source("import './gone.ts'\n")]])
    assert.throws(() => reachableSources(sources, ['scripts/cli.ts']), /scripts\/gone\.ts is imported, and not there/)
  })

  const LEFT_OUT = 'scripts/commands/demo.ts'

  function reached(cli: string, more: Readonly<Record<string, string>> = {}): string[] {
    const texts = {
      'scripts/cli.ts': cli,
      [LEFT_OUT]: "import '../core/show.ts'\n",
      'scripts/core/show.ts': '',
      ...more,
    }
    const sources = new Map(Object.entries(texts).map(([path, text]) => [path, source(text)]))
    return [...reachableSources(sources, ['scripts/cli.ts'], new Set([LEFT_OUT])).keys()]
  }

  test('goes without a command that is left out, and without what only that leads to', () => {
    assert.deepEqual(reached("const demo = async () => (await import('./commands/demo.ts')).demo\n"), [
      'scripts/cli.ts',
    ])
  })

  test('needs nothing that is left out: neither at its start, nor from elsewhere than the command table', () => {
    assert.throws(() => reached("import './commands/demo.ts'\n"), /cli\.ts imports .*demo\.ts, which is not shipped/)
    const lazily = { 'scripts/core/b.ts': "const demo = () => import('../commands/demo.ts')\n" }
    assert.throws(() => reached("import './core/b.ts'\n", lazily), /b\.ts imports .*demo\.ts, which is not shipped/)
  })

  test('leaves out nothing that nobody asks for any more', () => {
    assert.throws(() => reached("import './core/show.ts'\n"), /demo\.ts is left out, and nobody asks for it/)
  })
})
