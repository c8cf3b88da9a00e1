import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { PackagingError } from './packaging-error.ts'

/** A folder to be written: paths with forward slashes, and what stands in each file. */
export type Tree = Map<string, Uint8Array>

/** As npm does in its tarballs: the same input gives the same bytes and times, whenever and wherever it is made. */
const MADE_AT = new Date('1985-10-26T08:15:00.000Z')

const FILE_MODE = 0o644
const PROGRAM_MODE = 0o755

/** Everything below a folder but dot files. A missing folder has nothing. */
export function readTree(root: string, folder: string): Tree {
  const tree: Tree = new Map()
  if (!existsSync(join(root, folder))) return tree
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) for (const [below, bytes] of readTree(root, path)) tree.set(below, bytes)
    else tree.set(path, readRegularFile(root, path))
  }
  return tree
}

export function readRegularFile(root: string, path: string): Uint8Array {
  if (lstatSync(join(root, path)).isFile()) return readFileSync(join(root, path))
  throw new PackagingError(
    `${path} is no regular file.`,
    'OpenClaw skips skills that hold links, and ClawHub leaves links out.',
    'Put a copy there.',
  )
}

/**
 * @param madeBefore a file by which a folder is known to be an earlier result, which may be replaced
 * @param programs the files that can be started
 */
export function writeTree(
  target: string,
  tree: Tree,
  { madeBefore, programs }: { madeBefore: string; programs: readonly string[] },
): void {
  if (existsSync(target) && readdirSync(target).length > 0 && !existsSync(join(target, madeBefore))) {
    throw new PackagingError(
      `${target} holds something else.`,
      'Whatever is in the target is replaced.',
      'Name a folder that does not exist yet.',
    )
  }
  rmSync(target, { recursive: true, force: true })
  const folders = new Set([target])
  for (const [path, bytes] of tree) {
    const file = join(target, path)
    for (let at = dirname(file); !folders.has(at); at = dirname(at)) folders.add(at)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
    // Set afterwards: what a new file gets depends on the umask of whoever runs this.
    chmodSync(file, programs.includes(path) ? PROGRAM_MODE : FILE_MODE)
    utimesSync(file, MADE_AT, MADE_AT)
  }
  for (const folder of folders) {
    chmodSync(folder, PROGRAM_MODE)
    utimesSync(folder, MADE_AT, MADE_AT)
  }
}
