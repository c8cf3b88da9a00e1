import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ImportedName, importedNames, type Kind, resolveName } from './imports.ts'
import { JOINED, JOINED_FILE, joinedText, type Part } from './joined-packages.ts'
import { commonJsText } from './module-text.ts'
import { PackagingError } from './packaging-error.ts'
import { SHORTENED } from './shortened-files.ts'
import { readRegularFile, type Tree } from './tree.ts'

/** The folder can not be called node_modules: publishing leaves that out, and OpenClaw installs nothing (OI §2.3). */
const FOLDER = 'packages'

/** Written for the launcher: which file a name means, by the way it is asked for. Paths start at the folder. */
export const RESOLVE_TABLE = `${FOLDER}/resolve.json`

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

interface InstalledPackage {
  readonly folder: string
  readonly manifest: Manifest
}

/** Our own code, and what its package.json allows it to use. */
export interface Program {
  readonly root: string
  readonly sources: Tree
  readonly dependencies: readonly string[]
}

/**
 * The packages that a program needs at run time: of each its package.json, its licence, and those files that can be
 * reached by imports. A dependency that nothing imports yet is taken from its entry on.
 */
export function collectPackages({ root, sources, dependencies }: Program): Tree {
  const table: Record<Kind, Map<string, string>> = { import: new Map(), require: new Map() }
  const packages = new Map<string, InstalledPackage>()
  const files = new Map<string, string>()
  /** Of each file of a package that is joined: what its relative names mean. */
  const needs = new Map<string, Map<string, string>>()
  const open: string[] = []

  /** Returns the path below our folder. */
  function reach(one: ImportedName, importer: string, allowed: readonly string[]): string {
    const isJoined = JOINED.has(one.name)
    const file = resolveName(isJoined ? { ...one, kind: 'require' } : one, importer)
    const path = pathInFolder(file)
    if (!one.name.startsWith('.') && !one.name.startsWith('#')) {
      requireDeclared(one.name, importer, allowed)
      enter(table[one.kind], one.name, isJoined ? `${one.name}/${JOINED_FILE}` : path)
    }
    if (files.has(path)) {
      requireSame(path, files.get(path), file)
      return path
    }
    files.set(path, file)
    const found = packageOf(file)
    requireSame(found.manifest.name, packages.get(found.manifest.name)?.folder ?? found.folder, found.folder)
    packages.set(found.manifest.name, found)
    open.push(file)
    return path
  }

  const used = new Set<string>()
  for (const [path, bytes] of sources) {
    for (const one of importedNames(Buffer.from(bytes).toString('utf8'), 'module')) {
      if (one.name.startsWith('.')) continue
      used.add(packageNameOf(one.name))
      reach(one, join(root, path), dependencies)
    }
  }
  for (const name of dependencies) {
    if (!used.has(name)) reach({ name, kind: 'import' }, join(root, 'package.json'), dependencies)
  }
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const { manifest } = packageOf(file)
    const allowed = [manifest.name, ...Object.keys(manifest.dependencies ?? {})]
    // A folder inside a package may say by a package.json of its own what its files are.
    const nearest = findPackageJSON(pathToFileURL(file)) ?? ''
    if (JOINED.has(manifest.name)) {
      const inside = new Map<string, string>()
      needs.set(file, inside)
      for (const one of importedNames(partText(file), 'commonjs')) {
        requireJoinable(one, file)
        const path = reach(one, file, allowed)
        if (one.name.startsWith('.')) inside.set(one.name, path)
      }
      continue
    }
    files.set(pathInFolder(nearest), nearest)
    if (file.endsWith('.json')) continue
    for (const one of importedNames(shippedText(file), formatOf(file, nearest))) reach(one, file, allowed)
  }

  const tree: Tree = new Map()
  for (const [path, file] of files) if (!needs.has(file)) tree.set(`${FOLDER}/${path}`, shippedBytes(file))
  for (const [name, exports] of JOINED) {
    const one = packages.get(name)
    if (one === undefined) continue
    const parts = [...files].flatMap(([path, file]): Part[] => {
      const inside = needs.get(file)
      return inside === undefined || packageNameOf(path) !== name ? [] : [{ path, text: partText(file), needs: inside }]
    })
    const entry = pathInFolder(resolveName({ name, kind: 'require' }, join(root, 'package.json')))
    const text = joinedText({ ...one.manifest, entry, parts, exports })
    tree.set(`${FOLDER}/${name}/${JOINED_FILE}`, Buffer.from(text))
  }
  for (const one of packages.values()) {
    const { name } = one.manifest
    tree.set(`${FOLDER}/${name}/package.json`, readFileSync(join(one.folder, 'package.json')))
    const licence = licenceOf(one, root)
    tree.set(`${FOLDER}/${name}/${licence.name}`, licence.bytes)
  }
  tree.set(`${FOLDER}/README.md`, Buffer.from(listOf([...packages.values()].map(one => one.manifest))))
  tree.set(
    RESOLVE_TABLE,
    Buffer.from(`${JSON.stringify({ import: sorted(table.import), require: sorted(table.require) }, null, 2)}\n`),
  )
  return tree
}

function shippedBytes(file: string): Uint8Array {
  const short = SHORTENED.get(pathInFolder(file))
  return short === undefined ? readFileSync(file) : Buffer.from(short)
}

function shippedText(file: string): string {
  return Buffer.from(shippedBytes(file)).toString('utf8')
}

function requireJoinable({ name, kind }: ImportedName, importer: string): void {
  if (kind === 'require') return
  throw new PackagingError(
    `${importer} imports ${JSON.stringify(name)} while it runs.`,
    'Its package is shipped as one file, in which only require() leads from part to part.',
    'Take the package off tools/packaging/joined-packages.ts.',
  )
}

/** As it stands in a joined package. */
function partText(file: string): string {
  const text = shippedText(file)
  const format = formatOf(file, findPackageJSON(pathToFileURL(file)) ?? '')
  return format === 'commonjs' ? text : commonJsText(pathInFolder(file), text)
}

function formatOf(file: string, nearestManifest: string): 'module' | 'commonjs' {
  if (file.endsWith('.mjs')) return 'module'
  if (file.endsWith('.cjs')) return 'commonjs'
  const { type } = JSON.parse(readFileSync(nearestManifest, 'utf8')) as { type?: string }
  return type === 'module' ? 'module' : 'commonjs'
}

/** `@scope/name/file` → `@scope/name` */
function packageNameOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

const BESIDE = `${sep}node_modules${sep}`

/** Where a file of an installed package stands below our folder; a package inside another one's node_modules moves beside it. */
function pathInFolder(file: string): string {
  const at = file.lastIndexOf(BESIDE)
  if (at !== -1)
    return file
      .slice(at + BESIDE.length)
      .split(sep)
      .join('/')
  throw new PackagingError(`${file} belongs to no package.`, 'It was imported by name.', 'Run "npm ci".')
}

function packageOf(file: string): InstalledPackage {
  const name = packageNameOf(pathInFolder(file))
  const folder = join(file.slice(0, file.lastIndexOf(BESIDE)), 'node_modules', name)
  return { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest }
}

function requireDeclared(name: string, importer: string, allowed: readonly string[]): void {
  if (allowed.includes(packageNameOf(name))) return
  throw new PackagingError(
    `${importer} imports ${JSON.stringify(name)}.`,
    'Its package.json does not name that under "dependencies".',
    'Add it there, or remove the import.',
  )
}

function enter(names: Map<string, string>, name: string, path: string): void {
  requireSame(name, names.get(name) ?? path, path)
  names.set(name, path)
}

/** The folder is flat: a name means one thing, whoever asks. */
function requireSame(name: string, before: string | undefined, now: string): void {
  if (before === now) return
  throw new PackagingError(
    `${name} is installed twice: ${before} and ${now}.`,
    'The packages lie side by side, one version each.',
    'Bring their versions together with "npm dedupe".',
  )
}

function licenceOf({ folder, manifest }: InstalledPackage, root: string): { name: string; bytes: Uint8Array } {
  const name = readdirSync(folder).find(one => /^(?:licen[cs]e|copying)(?:\.\w+)?$/i.test(one))
  if (name !== undefined) return { name, bytes: readRegularFile(folder, name) }
  // Some name their licence in package.json only; what its text says is kept here then.
  const kept = join(root, 'tools', 'licences', manifest.name, 'LICENSE')
  const text = existsSync(kept) ? readFileSync(kept) : Buffer.from('')
  if (manifest.license !== undefined && text.includes(manifest.license)) return { name: 'LICENSE', bytes: text }
  throw new PackagingError(
    `${manifest.name} ${manifest.version} has no licence file (package.json says: ${manifest.license ?? 'nothing'}).`,
    'Every licence here asks that its text goes along.',
    `Put the text into ${kept}.`,
  )
}

function listOf(manifests: readonly Manifest[]): string {
  const lines = manifests
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, version, license }) => `| ${name} | ${version} | ${license ?? ''} |`)
  return [
    '# Packages brought along · 随附的依赖包',
    '',
    'Unchanged files of these npm packages, as far as this program reaches them; each with its licence.',
    `One behind the other in one file each, the same but for lines of import and export: ${[...JOINED.keys()].join(', ')}.`,
    `Shortened: ${[...SHORTENED.keys()].join(', ')}.`,
    '以下 npm 包中本程序用到的文件，未作改动（上面列出的文件除外；列出的包各合并为一个文件，除导入导出语句外内容照旧）；各附许可证。',
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}

function sorted(names: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...names].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
