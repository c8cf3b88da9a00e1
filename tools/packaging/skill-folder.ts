import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LEFT_OUT, LEFT_OUT_FOLDER } from './left-out-commands.ts'
import { collectPackages, RESOLVE_TABLE } from './packages.ts'
import { PackagingError } from './packaging-error.ts'
import { reachableSources } from './reachable.ts'
import { readRegularFile, readTree, type Tree, writeTree } from './tree.ts'

const FILES = [
  'SKILL.md',
  'README.md',
  'README.zh.md',
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
  'SERVER.md',
  'config.json.example',
]

const FOLDERS = ['scripts', 'references', 'plugin', 'ui']

/** What only the checks of the workshop read. */
const WORKSHOP = /\.d\.ts$|\/tsconfig\.json$/

const LAUNCHER = 'scripts/run.mjs'
/** The launcher names the other one by a path that it computes. */
const ENTRIES = [LAUNCHER, 'scripts/cli.ts']

/** What the security audit of OpenClaw reads of an installed folder, and no more than it reads (OI §6). */
const SCANNED = /\.(?:js|ts|mjs|cjs|mts|cts|jsx|tsx)$/
const MOST_SCANNED = 500
const LARGEST_SCANNED = 1024 * 1024

export interface MadeFolder {
  readonly files: number
  readonly scanned: number
  readonly bytes: number
}

/** Writes the skill as OpenClaw installs it: complete, runnable with nothing else installed, without the workshop. */
export function makeSkillFolder(root: string, target: string, { leftOut = LEFT_OUT } = {}): MadeFolder {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const tree: Tree = new Map()
  for (const name of FILES) tree.set(name, readRegularFile(root, name))
  for (const folder of FOLDERS) {
    for (const [path, bytes] of readTree(root, folder)) if (!WORKSHOP.test(path)) tree.set(path, bytes)
  }
  tree.set('package.json', Buffer.from(`${JSON.stringify(trimmed(manifest, leftOut), null, 2)}\n`))
  const own = new Map([...tree].filter(([path]) => path.startsWith('scripts/')))
  const sources = reachableSources(own, ENTRIES, new Set(leftOut.values()))
  requireLeftOut(sources)
  for (const path of own.keys()) if (!sources.has(path)) tree.delete(path)
  for (const [path, bytes] of collectPackages({ root, sources, dependencies: Object.keys(manifest.dependencies) })) {
    tree.set(path, bytes)
  }
  const scanned = requireScannable(tree)
  writeTree(target, tree, { madeBefore: RESOLVE_TABLE, programs: [LAUNCHER] })
  return { files: tree.size, scanned, bytes: [...tree.values()].reduce((sum, bytes) => sum + bytes.length, 0) }
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

/** The packages are there already, and nothing of the workshop is: only the program's own scripts are left. */
function trimmed(manifest: Manifest, leftOut: ReadonlyMap<string, string>): object {
  const { dependencies, devDependencies, allowScripts, files, scripts, ...rest } = manifest
  const own = Object.entries(scripts).filter(([, line]) => {
    const [program, file, command = ''] = line.split(' ')
    return program === 'node' && file === LAUNCHER && !leftOut.has(command)
  })
  return { ...rest, scripts: Object.fromEntries(own) }
}

function requireLeftOut(sources: Tree): void {
  const path = [...sources.keys()].find(one => one.startsWith(LEFT_OUT_FOLDER))
  if (path === undefined) return
  throw new PackagingError(
    `${path} would be shipped.`,
    'An installed skill comes without the embedded relay: the commands that need it ask whether the folder is there.',
    'Move what other commands need out of that folder, or leave the command out (tools/packaging/left-out-commands.ts).',
  )
}

function requireScannable(tree: Tree): number {
  const scanned = [...tree].filter(([path]) => SCANNED.test(path))
  const tooLarge = scanned.filter(([, bytes]) => bytes.length > LARGEST_SCANNED).map(([path]) => path)
  if (scanned.length <= MOST_SCANNED && tooLarge.length === 0) return scanned.length
  throw new PackagingError(
    tooLarge.length > 0 ? `Too large: ${tooLarge.join(', ')}.` : `${scanned.length} source files are too many.`,
    `The security audit of OpenClaw reads ${MOST_SCANNED} files of 1 MiB; nobody would have looked at the rest.`,
    'Ship less.',
  )
}
