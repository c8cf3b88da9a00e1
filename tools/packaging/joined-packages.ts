import { posix } from 'node:path'
import { PackagingError } from './packaging-error.ts'

/**
 * Packages that are shipped as one file each, and what is imported of them. The security audit reads 500 files and no
 * more: as they come, these would take 99 of them from the program itself. Each file stands there as it is, under its
 * name, in a function of its own; where a package has no CommonJS form, lines of import and export are put into it.
 */
export const JOINED: ReadonlyMap<string, readonly string[]> = new Map([
  ['chokidar', ['watch']],
  ['eventsource', ['EventSource']],
  ['eventsource-parser', ['createParser']],
  ['signal-exit', ['onExit']],
  ['undici', ['EnvHttpProxyAgent', 'buildConnector', 'fetch']],
  ['zod', ['z']],
])

/** Where the joined file lies in its package. */
export const JOINED_FILE = 'index.mjs'

export interface Part {
  /** In the package. */
  readonly path: string
  readonly text: string
  /** Which part a relative name in this one means. */
  readonly needs: ReadonlyMap<string, string>
}

export interface Join {
  readonly name: string
  readonly version: string
  /** The part that the package begins with. */
  readonly entry: string
  readonly parts: readonly Part[]
  readonly exports: readonly string[]
}

/** As Node's own loader does: a part runs once, at the first `require` of it, and a circle sees what is there by then. */
export function joinedText({ name, version, entry, parts, exports }: Join): string {
  for (const part of parts) requireStrict(name, part)
  return [
    `// The files of ${name} ${version} that this program reaches, one behind the other; tools/packaging of the repository makes this.`,
    "import { createRequire } from 'node:module'",
    '',
    'const requireOutside = createRequire(import.meta.url)',
    'const parts = {',
    ...parts.map(wrapped),
    '}',
    'const loaded = new Map()',
    '',
    'function load(path) {',
    '  const before = loaded.get(path)',
    '  if (before !== undefined) return before.exports',
    '  const [needs, run] = parts[path]',
    '  const module = { exports: {} }',
    '  loaded.set(path, module)',
    '  const require = name => (Object.hasOwn(needs, name) ? load(needs[name]) : requireOutside(name))',
    '  run.call(module.exports, module, module.exports, require)',
    '  return module.exports',
    '}',
    '',
    `export const { ${exports.join(', ')} } = load(${JSON.stringify(entry)})`,
    '',
  ].join('\n')
}

function wrapped({ path, text, needs }: Part): string {
  const inside = JSON.stringify(Object.fromEntries([...needs].toSorted(([a], [b]) => (a < b ? -1 : 1))))
  return `${JSON.stringify(path)}: [${inside}, function (module, exports, require) {\n${text}\n}],`
}

/** What is joined runs as a module does, strictly. */
function requireStrict(name: string, { path, text }: Part): void {
  if (/^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*(["'])use strict\1/.test(text)) return
  throw new PackagingError(
    `${posix.join(name, path)} does not begin with "use strict".`,
    'In the joined file it would run strictly, and perhaps do something else.',
    'Ship it in another form (tools/packaging/shortened-files.ts), or leave its package as it is.',
  )
}
