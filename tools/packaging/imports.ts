import { createRequire, isBuiltin, registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PackagingError } from './packaging-error.ts'

export type Kind = 'import' | 'require'

export interface ImportedName {
  readonly name: string
  readonly kind: Kind
  /** Asked for while the program runs, by `import()`. */
  readonly isLazy?: boolean
}

/** `from 'x'`, `import 'x'`, `import('x')`, `require('x')`, minified or not; lazy ones too. */
const IMPORT = /\bfrom\s*(["'])([\w@#./:-]+)\1|\bimport\s*\(?\s*(["'])([\w@#./:-]+)\3/g
const REQUIRE = /\brequire\(\s*(["'])([\w@#./:-]+)\1\s*\)|\bimport\(\s*(["'])([\w@#./:-]+)\3\s*\)/g

/** Examples and types in comments, and imports that vanish with the types. */
const NOT_RUN = /^\s*(?:\*|\/\/|\/\*|import type\b)|\/\*\*?\s*@/

/**
 * What the code of a file names, as far as it is written out. Too much does no harm (what is found is packaged); what
 * can not be found ends the packaging, so too little would have to hide as a computed name.
 */
export function importedNames(text: string, format: 'module' | 'commonjs'): ImportedName[] {
  const names: ImportedName[] = []
  for (const match of text.matchAll(format === 'module' ? IMPORT : REQUIRE)) {
    const name = match[2] ?? match[4] ?? ''
    const lineStart = text.lastIndexOf('\n', match.index) + 1
    if (NOT_RUN.test(text.slice(lineStart, match.index + match[0].length)) || isBuiltin(name)) continue
    const isLazy = /^import\s*\(/.test(match[0])
    names.push({ name, kind: match[0].startsWith('require') ? 'require' : 'import', isLazy })
  }
  return names
}

const CONDITIONS = ['node', 'module-sync', 'node-addons']

/** `import.meta.resolve` knows no other importer than this file; a hook of it may ask for one. */
const ASKED = 'packaging:asked'
let asked: { readonly one: ImportedName; readonly parentURL: string } | undefined
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== ASKED || asked === undefined) return next(specifier, context)
    const { one, parentURL } = asked
    return { ...next(one.name, { ...context, parentURL, conditions: [...CONDITIONS, one.kind] }), shortCircuit: true }
  },
})

/** Node's own answer to which file a name means. */
export function resolveName(one: ImportedName, importer: string): string {
  try {
    if (one.kind === 'require') return createRequire(importer).resolve(one.name)
    asked = { one, parentURL: pathToFileURL(importer).href }
    return fileURLToPath(import.meta.resolve(ASKED))
  } catch (cause) {
    throw new PackagingError(
      `${importer} needs ${JSON.stringify(one.name)}, which can not be found.`,
      String(cause instanceof Error ? cause.message.split('\n')[0] : cause),
      'Run "npm ci", or teach tools/packaging/imports.ts what this line is.',
    )
  } finally {
    asked = undefined
  }
}
