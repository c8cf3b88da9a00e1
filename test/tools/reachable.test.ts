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
})
