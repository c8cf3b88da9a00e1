import { posix } from 'node:path'
import { importedNames } from './imports.ts'
import { PackagingError } from './packaging-error.ts'
import type { Tree } from './tree.ts'

/**
 * Of our own code, what these files lead to by imports that run: what nobody reaches is not shipped, nor what only types
 * name. A file that is left out has to be there, and named by an entry that asks for it while it runs: a hole that nobody
 * knows of would be found by whoever has the program installed.
 */
export function reachableSources(
  sources: Tree,
  entries: readonly string[],
  leftOut: ReadonlySet<string> = new Set(),
): Tree {
  const reached: Tree = new Map()
  const skipped = new Set<string>()
  const open = [...entries]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const bytes = sources.get(path)
    if (bytes === undefined) throw missing(path)
    if (reached.has(path)) continue
    reached.set(path, bytes)
    for (const { name, isLazy } of importedNames(Buffer.from(bytes).toString('utf8'), 'module')) {
      if (!name.startsWith('.')) continue
      const target = posix.join(posix.dirname(path), name)
      if (!leftOut.has(target)) open.push(target)
      else if (isLazy === true && entries.includes(path)) skipped.add(target)
      else throw needed(target, path)
    }
  }
  for (const path of leftOut) if (!skipped.has(path) || !sources.has(path)) throw unknown(path)
  return new Map([...sources].filter(([path]) => reached.has(path)))
}

function missing(path: string): PackagingError {
  return new PackagingError(`${path} is imported, and not there.`, 'It is no file of ours.', 'Correct the import.')
}

function needed(path: string, importer: string): PackagingError {
  return new PackagingError(
    `${importer} imports ${path}, which is not shipped.`,
    'Only the command table may name what is left out, and only by import().',
    'Move what both need into a file of its own, or take it off tools/packaging/left-out-commands.ts.',
  )
}

function unknown(path: string): PackagingError {
  return new PackagingError(
    `${path} is left out, and nobody asks for it.`,
    'The list has outlived the command.',
    'Take it off tools/packaging/left-out-commands.ts.',
  )
}
