import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, test } from 'node:test'

/** The tree says what may know what (design §5). This test reads the imports and holds it to that. */

const ROOT = join(import.meta.dirname, '..')
const SCRIPTS = join(ROOT, 'scripts')

interface SourceFile {
  readonly path: string
  readonly layer: string
  readonly text: string
  readonly imports: readonly string[]
}

const files: readonly SourceFile[] = readdirSync(SCRIPTS, { recursive: true, encoding: 'utf8' })
  .filter(name => /\.(?:ts|mjs)$/.test(name) && !name.endsWith('.d.ts'))
  .map(name => {
    const text = readFileSync(join(SCRIPTS, name), 'utf8')
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(match => match[1] ?? '')
    return { path: name.split(sep).join('/'), layer: layerOf(name), text, imports }
  })

function layerOf(name: string): string {
  const [first = '', ...rest] = name.split(sep)
  return rest.length === 0 ? first.replace(/\.\w+$/, '') : first
}

/** What each layer may import besides itself; every arrow points to the left. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protocol: ['core'],
  store: ['core', 'protocol'],
  projections: ['core', 'protocol', 'store'],
  adapters: ['core', 'protocol'],
  engine: ['core', 'protocol', 'store', 'projections', 'adapters'],
  server: ['core', 'protocol', 'store', 'projections', 'adapters', 'engine'],
  daemon: ['core', 'protocol', 'store', 'projections', 'adapters', 'engine', 'server'],
  'without-daemon': ['core', 'protocol', 'store', 'projections', 'adapters', 'engine'],
  embedded: ['core', 'protocol', 'adapters'],
  commands: [
    'core',
    'protocol',
    'store',
    'projections',
    'adapters',
    'engine',
    'server',
    'daemon',
    'without-daemon',
    'embedded',
  ],
  cli: ['core', 'protocol', 'store', 'commands'],
  run: ['cli'],
}

function targetOf(file: SourceFile, specifier: string): string {
  const target = relative(SCRIPTS, resolve(dirname(join(SCRIPTS, file.path)), specifier))
  return target.split(sep).join('/')
}

describe('the tree', () => {
  test('has only known layers', () => {
    assert.ok(files.length > 60)
    for (const file of files) assert.ok(file.layer in MAY_IMPORT, `${file.path} belongs to no layer`)
  })

  test('imports flow one way', () => {
    for (const file of files) {
      for (const specifier of file.imports.filter(one => one.startsWith('.'))) {
        const layer = layerOf(targetOf(file, specifier).split('/').join(sep))
        const allowed = layer === file.layer || MAY_IMPORT[file.layer]?.includes(layer)
        assert.ok(allowed, `${file.path} must not import ${specifier}`)
      }
    }
  })

  test('adapters do not know each other', () => {
    for (const file of files.filter(one => one.layer === 'adapters' && one.path.split('/').length > 2)) {
      const own = file.path.split('/').slice(0, 2).join('/')
      for (const specifier of file.imports.filter(one => one.startsWith('.'))) {
        const target = targetOf(file, specifier)
        const foreign = target.startsWith('adapters/') && target.split('/').length > 2 && !target.startsWith(`${own}/`)
        assert.ok(!foreign, `${file.path} must not import ${target}`)
      }
    }
  })

  test('timers are touched in core/clock.ts only', () => {
    for (const file of files.filter(one => one.path !== 'core/clock.ts')) {
      assert.doesNotMatch(file.text, /\bset(?:Timeout|Interval|Immediate)\b|node:timers/, file.path)
    }
  })

  test('the environment is read in core/environment.ts only, and by the launcher for its error message', () => {
    for (const file of files.filter(one => one.path !== 'core/environment.ts' && one.path !== 'run.mjs')) {
      assert.doesNotMatch(file.text, /process\.env|process\[/, file.path)
    }
  })

  test('no file uses both the disk and the network', () => {
    const disk = /^node:fs|^chokidar$|^write-file-atomic$|^sirv$/
    const network = /^undici$|^eventsource$|^node:(?:http|https|net|tls|dns|dgram)$/
    for (const file of files) {
      const uses = (pattern: RegExp) => file.imports.some(one => pattern.test(one))
      assert.ok(!(uses(disk) && uses(network)), file.path)
    }
    for (const file of files.filter(one => one.layer === 'adapters')) {
      assert.ok(!file.imports.some(one => disk.test(one)), `${file.path} gives its bytes to ctx`)
    }
  })

  test('core and protocol do no input or output', () => {
    const io = /^node:(?:fs|http|https|net|tls|dns|sqlite|child_process)|^undici$|^eventsource$|^chokidar$/
    for (const file of files.filter(one => one.layer === 'core' || one.layer === 'protocol')) {
      assert.ok(!file.imports.some(one => io.test(one)), file.path)
    }
  })

  test('nothing starts other programs or makes code from text', () => {
    for (const file of files) {
      assert.doesNotMatch(file.text, /child_process|\beval\(|new Function\(/, file.path)
    }
  })

  test('only the command line ends the process', () => {
    for (const file of files.filter(one => one.path !== 'cli.ts')) {
      assert.doesNotMatch(file.text, /process\.(?:exit|abort|reallyExit)\(/, file.path)
    }
  })

  test('names are exported by name', () => {
    for (const file of files) assert.doesNotMatch(file.text, /^export default/m, file.path)
  })
})
