import { posix } from 'node:path'
import { importedNames } from './imports.ts'
import { PackagingError } from './packaging-error.ts'
import type { Tree } from './tree.ts'

/** Of our own code, what these files lead to by imports that run: what nobody reaches is not shipped, nor what only types name. */
export function reachableSources(sources: Tree, entries: readonly string[]): Tree {
  const reached: Tree = new Map()
  const open = [...entries]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const bytes = sources.get(path)
    if (bytes === undefined) throw missing(path)
    if (reached.has(path)) continue
    reached.set(path, bytes)
    for (const { name } of importedNames(Buffer.from(bytes).toString('utf8'), 'module')) {
      if (name.startsWith('.')) open.push(posix.join(posix.dirname(path), name))
    }
  }
  return new Map([...sources].filter(([path]) => reached.has(path)))
}

function missing(path: string): PackagingError {
  return new PackagingError(`${path} is imported, and not there.`, 'It is no file of ours.', 'Correct the import.')
}
