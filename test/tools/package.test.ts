import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { makeSkillFolder } from '../../tools/packaging/skill-folder.ts'
import { ROOT, start } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** The smallest thing that can be packaged: a program that uses one package, which uses another. */
function project(more: Readonly<Record<string, string>> = {}): string {
  const root = temporaryFolder()
  const texts = ['SKILL.md', 'README.md', 'README.zh.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'SERVER.md']
  for (const name of texts) write(root, { [name]: `${name}\n` })
  write(root, {
    'config.json.example': '{}',
    'package.json': JSON.stringify({
      name: 'thing',
      version: '1.2.3',
      scripts: { go: 'node scripts/run.mjs go', test: 'node --test' },
      dependencies: { first: '^1.0.0', unused: '^1.0.0' },
      devDependencies: { workshop: '^1.0.0' },
    }),
    'scripts/run.mjs': "import './cli.ts'\n",
    'scripts/cli.ts':
      "import type { Thing } from 'workshop'\nimport { one } from 'first'\nexport const thing: Thing = one\n",
    'scripts/first.d.ts': 'export {}\n',
    'scripts/.hidden.ts': 'export {}\n',
    'node_modules/first/package.json': JSON.stringify({
      name: 'first',
      version: '1.0.0',
      type: 'module',
      exports: { import: './index.js', require: './index.cjs' },
      dependencies: { second: '^2.0.0' },
    }),
    'node_modules/first/LICENSE': 'first licence\n',
    'node_modules/first/index.js':
      "/** import { x } from 'nowhere' */\nimport { two } from 'second'\nexport const one = two\nexport const later = () => import('./later.js')\n",
    'node_modules/first/index.cjs': 'exports.one = 1\n',
    'node_modules/first/later.js': 'export {}\n',
    'node_modules/first/README.md': 'not needed\n',
    'node_modules/second/package.json': JSON.stringify({ name: 'second', version: '2.0.0', main: 'lib/index.js' }),
    'node_modules/second/licence.txt': 'second licence\n',
    'node_modules/second/lib/index.js': "exports.two = require('./inner').two\n",
    'node_modules/second/lib/inner/package.json': '{"type":"commonjs"}',
    'node_modules/second/lib/inner/index.js': "const fs = require('fs')\nexports.two = 2\n",
    'node_modules/unused/package.json': JSON.stringify({ name: 'unused', version: '1.0.0', main: 'index.js' }),
    'node_modules/unused/COPYING': 'unused licence\n',
    'node_modules/unused/index.js': '',
    ...more,
  })
  return root
}

function made(root: string): { target: string; files: string[] } {
  const target = join(temporaryFolder(), 'thing')
  makeSkillFolder(root, target, { leftOut: new Map() })
  const paths = readdirSync(target, { recursive: true, encoding: 'utf8' })
  return { target, files: paths.filter(path => lstatSync(join(target, path)).isFile()).toSorted() }
}

/** Everything that a reader of the folder can see. */
function fingerprint(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map(path => {
      const { mode, mtimeMs, size } = lstatSync(join(folder, path))
      const isFile = lstatSync(join(folder, path)).isFile()
      const hash = isFile
        ? createHash('sha256')
            .update(readFileSync(join(folder, path)))
            .digest('hex')
        : ''
      return `${path} ${mode.toString(8)} ${mtimeMs} ${isFile ? size : ''} ${hash}`
    })
}

describe('npm run package', () => {
  test('takes of the packages what imports can reach, their package.json and their licences, and nothing else', () => {
    const { files } = made(project())
    assert.deepEqual(
      files.filter(path => path.startsWith('packages/')),
      [
        'packages/README.md',
        'packages/first/LICENSE',
        'packages/first/index.js',
        'packages/first/later.js',
        'packages/first/package.json',
        'packages/resolve.json',
        'packages/second/lib/index.js',
        'packages/second/lib/inner/index.js',
        'packages/second/lib/inner/package.json',
        'packages/second/licence.txt',
        'packages/second/package.json',
        'packages/unused/COPYING',
        'packages/unused/index.js',
        'packages/unused/package.json',
      ],
    )
  })

  test('writes down which file a name means, as Node resolved it', () => {
    const { target } = made(project())
    assert.deepEqual(JSON.parse(readFileSync(join(target, 'packages', 'resolve.json'), 'utf8')), {
      import: { first: 'first/index.js', second: 'second/lib/index.js', unused: 'unused/index.js' },
      require: {},
    })
  })

  test('takes of the program all but types and dot files, and of package.json what still holds', () => {
    const { target, files } = made(project({ 'references/a.md': 'a', 'ui/index.html': '<p>', 'test/a.test.ts': '' }))
    assert.deepEqual(
      files.filter(path => !path.startsWith('packages/')),
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'README.zh.md',
        'SECURITY.md',
        'SERVER.md',
        'SKILL.md',
        'config.json.example',
        'package.json',
        'references/a.md',
        'scripts/cli.ts',
        'scripts/run.mjs',
        'ui/index.html',
      ],
    )
    assert.deepEqual(JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')), {
      name: 'thing',
      version: '1.2.3',
      scripts: { go: 'node scripts/run.mjs go' },
    })
  })

  test('leaves commands out with what only they lead to and their scripts, and none of the embedded relay slips in', () => {
    const files = {
      'scripts/run.mjs': "import './cli.ts'\n",
      'scripts/cli.ts': "import { one } from 'first'\nexport const go = () => import('./commands/go.ts')\n",
      'scripts/commands/go.ts': "import '../embedded/relay.ts'\n",
      'scripts/embedded/relay.ts': 'export {}\n',
    }
    const target = join(temporaryFolder(), 'thing')
    makeSkillFolder(project(files), target, { leftOut: new Map([['go', 'scripts/commands/go.ts']]) })
    assert.deepEqual(readdirSync(join(target, 'scripts')), ['cli.ts', 'run.mjs'])
    assert.deepEqual(JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')).scripts, {})
    assert.throws(() => made(project(files)), /scripts\/embedded\/relay\.ts would be shipped/)
  })

  test('refuses a package without a licence, and says where its text can be put', () => {
    const root = project()
    unlinkSync(join(root, 'node_modules', 'second', 'licence.txt'))
    assert.throws(() => made(root), /second 2\.0\.0 has no licence file.*tools\/licences\/second\/LICENSE/s)
  })

  test('takes a kept licence only for a package that names it', () => {
    const kept = { 'tools/licences/second/LICENSE': 'The MIT License\n' }
    const named = (license: string) => ({
      'node_modules/second/package.json': JSON.stringify({
        name: 'second',
        version: '2.0.0',
        main: 'lib/index.js',
        license,
      }),
    })
    for (const license of ['MIT', 'GPL-3.0']) {
      const root = project({ ...kept, ...named(license) })
      unlinkSync(join(root, 'node_modules', 'second', 'licence.txt'))
      if (license === 'MIT') assert.ok(made(root).files.includes('packages/second/LICENSE'))
      else assert.throws(() => made(root), /says: GPL-3\.0/)
    }
  })

  test('refuses what package.json does not declare, what can not be found, and two versions of one package', () => {
    // What nobody leads to is not shipped, and may say what it likes.
    const MORE = { 'scripts/run.mjs': "import './cli.ts'\nimport './more.ts'\n" }
    const refused = (more: Record<string, string>, reason: RegExp) => assert.throws(() => made(project(more)), reason)
    refused({ ...MORE, 'scripts/more.ts': "import 'second'\n" }, /more\.ts imports "second".*dependencies/s)
    refused({ 'node_modules/second/lib/index.js': "require('./gone')\n" }, /needs "\.\/gone", which can not be found/)
    refused(
      {
        ...MORE,
        'scripts/more.ts': "import 'unused'\n",
        'node_modules/unused/package.json': JSON.stringify({
          name: 'unused',
          version: '1.0.0',
          main: 'index.js',
          dependencies: { second: '^3.0.0' },
        }),
        'node_modules/unused/index.js': "require('second')\n",
        'node_modules/unused/node_modules/second/package.json': '{"name":"second","version":"3.0.0"}',
        'node_modules/unused/node_modules/second/index.js': '',
        'node_modules/unused/node_modules/second/LICENSE': '',
      },
      /second is installed twice/,
    )
  })

  test('refuses links in the program', () => {
    const root = project()
    symlinkSync('cli.ts', join(root, 'scripts', 'link.ts'))
    assert.throws(() => made(root), /scripts\/link\.ts is no regular file/)
  })

  test('replaces an earlier result, and no folder of somebody else', () => {
    const root = project()
    const { target } = made(root)
    writeFileSync(join(target, 'left-over.md'), '')
    makeSkillFolder(root, target, { leftOut: new Map() })
    assert.equal(existsSync(join(target, 'left-over.md')), false)

    const foreign = temporaryFolder()
    writeFileSync(join(foreign, 'precious.md'), '')
    assert.throws(() => makeSkillFolder(root, foreign, { leftOut: new Map() }), /holds something else/)
    assert.ok(existsSync(join(foreign, 'precious.md')))
  })

  test('makes the same bytes, modes and times again, in another place and under another umask', async () => {
    const folders = ['one', 'two'].map(name => join(temporaryFolder(), name, 'openwechat-im-client')) as [
      string,
      string,
    ]
    const before = process.umask(0o077)
    try {
      makeSkillFolder(ROOT, folders[0])
    } finally {
      process.umask(before)
    }
    const again = start(process.execPath, ['tools/package.ts', folders[1]])
    assert.equal(await again.ended, 0, again.stderr())
    assert.match(again.stdout(), /openwechat-im-client: \d+ files, \d+ of them source/)
    assert.deepEqual(fingerprint(folders[0]), fingerprint(folders[1]))
  })
})
