import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { SHOWN_FILES } from '../store/data-file-reader.ts'
import type { DataFolder } from '../store/data-folder.ts'
import type { CommandContext } from './command.ts'

/**
 * The page's process may read this program and the shown files, and nothing else: no configuration with its token, no
 * database. Node refuses, whatever mistake we make.
 */

/** Why it runs without. */
export type Unrestricted = 'attached' | 'unsupported' | 'wildcard'

/**
 * Starts this process over under Node's permission model, as the same process. Returns only where that is not possible,
 * or has been done: null then.
 */
export function restrictProcess(context: CommandContext): Unrestricted | null {
  // Set only where the permission model is on.
  if (process.permission !== undefined) return null
  // The pipe of a parent that talks to this process would be lost.
  if (process.connected) return 'attached'
  if (process.execve === undefined) return 'unsupported'
  const options = restrictions(context.skillFolder, context.folder())
  if (options === null) return 'wildcard'
  const launcher = join(context.skillFolder, 'scripts', 'run.mjs')
  const [name = 'ui', ...rest] = process.argv.slice(2)
  return process.execve(process.execPath, [
    process.execPath,
    ...process.execArgv,
    ...options,
    launcher,
    name,
    // It stands in config.json, which can not be read any more.
    '--lang',
    context.language,
    ...rest,
  ])
}

/** Options of Node; null where a path would mean more than itself to it. */
export function restrictions(skillFolder: string, folder: DataFolder): string[] | null {
  const paths = [
    ...['scripts', 'ui', 'packages', 'packages/resolve.json', 'package.json', 'package-lock.json'].map(name =>
      join(skillFolder, name),
    ),
    ...packageFolders(skillFolder),
    // A file may come later; it is allowed by its name.
    ...SHOWN_FILES.map(name => folder.file(name)),
  ]
  if (paths.some(path => path.includes('*'))) return null
  // Later versions of Node allow no network without being told.
  const network = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []
  return ['--permission', ...network, ...paths.map(path => `--allow-fs-read=${path}`)]
}

/** Where this program's packages lie when it did not bring them along: in the skill folder or anywhere above it. */
function packageFolders(skillFolder: string): string[] {
  if (existsSync(join(skillFolder, 'packages'))) return []
  for (let at = skillFolder; ; at = dirname(at)) {
    const packages = join(at, 'node_modules')
    if (existsSync(join(packages, 'sirv'))) return [packages, outermostPackages(realpathSync(join(packages, 'sirv')))]
    if (dirname(at) === at) return []
  }
}

/** Some package managers put links there, to where they keep the packages. */
function outermostPackages(path: string): string {
  const names = path.split(sep)
  const at = names.indexOf('node_modules')
  return at === -1 ? path : names.slice(0, at + 1).join(sep)
}
