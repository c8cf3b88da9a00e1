import { PackagingError } from './packaging-error.ts'

const SPACE = String.raw`[ \t]*`
const FROM = String.raw`from\s*((["'])[^"'\n]+\2);?${SPACE}$`
const IMPORTED = new RegExp(String.raw`^import\s*(?:\*\s*as\s+(\w+)|\{([^}]*)\})\s*${FROM.replace('\\2', '\\4')}`, 'gm')
const PASSED_ON = new RegExp(String.raw`^export\s*\{([^}]*)\}\s*${FROM.replace('\\2', '\\3')}`, 'gm')
const DECLARED = /^export (?=(?:async )?(?:function|class|const|let) (\w+))/gm
const DEFAULT = /^export default (?=\S)/gm
const ANY_LEFT = /^\s*(?:import(?:\s+\w|\s*[{*"'])|export(?:\s+\w|\s*[{*]))/m

/**
 * A module as a part of a joined package: its lines of import and export as CommonJS writes them, all others as they are.
 * It takes the forms that compilers put out, one statement from the start of a line, and nothing that it does not know.
 */
export function commonJsText(path: string, text: string): string {
  const names: string[] = []
  const body = text
    .replaceAll(IMPORTED, (_, whole: string | undefined, some: string | undefined, from: string) =>
      whole === undefined ? `const {${renamed(some ?? '')}} = require(${from});` : `const ${whole} = require(${from});`,
    )
    .replaceAll(PASSED_ON, (_, some: string, from: string) => {
      return `for (const name of [${quoted(some)}]) exports[name] = require(${from})[name];`
    })
    .replaceAll(DECLARED, (_, name: string) => {
      names.push(name)
      return ''
    })
    .replaceAll(DEFAULT, 'exports.default = ')
  const left = ANY_LEFT.exec(body)
  if (left !== null) throw unknown(path, left[0].trim())
  const given = names.map(name => `get ${name}() { return ${name} }`).join(', ')
  return `'use strict'\nObject.defineProperties(exports, Object.getOwnPropertyDescriptors({ ${given} }))\n${body}`
}

/** `a as b, c` → `a: b, c` */
function renamed(list: string): string {
  return list.replaceAll(/\b(\w+)\s+as\s+(\w+)/g, '$1: $2')
}

function quoted(list: string): string {
  if (/\bas\b/.test(list)) throw unknown(list, 'as')
  const names = list.split(',').map(name => name.trim())
  return names
    .filter(name => name !== '')
    .map(name => JSON.stringify(name))
    .join(', ')
}

function unknown(path: string, what: string): PackagingError {
  return new PackagingError(
    `${path} has a form of import or export that is not known: ${what}.`,
    'Its package is shipped as one file.',
    'Teach tools/packaging/module-text.ts that form, or take the package off tools/packaging/joined-packages.ts.',
  )
}
