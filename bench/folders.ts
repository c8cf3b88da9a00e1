import {
  closeSync,
  cpSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createDataFolder, type DataFolder, dataFolderAt } from '../scripts/store/data-folder.ts'
import { endOf } from './messages.ts'
import { OURS, type Relay } from './relay.ts'

/** Where everything of one run lies; gone when the run ends, however it ends. */
export interface Folders {
  /** An empty one. */
  create(name: string): DataFolder
  /** A copy of one that no process uses. */
  copy(from: DataFolder, name: string): DataFolder
  remove(folder: DataFolder): void
}

export function createFolders(parent: string): Folders {
  const root = mkdtempSync(join(parent, 'openwechat-bench-'))
  process.on('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
  let made = 0
  const next = (name: string) => dataFolderAt(join(root, `${name}-${++made}`))
  return {
    create(name) {
      const folder = next(name)
      createDataFolder(folder)
      return folder
    },
    copy(from, name) {
      const folder = next(name)
      cpSync(from.path, folder.path, { recursive: true })
      return folder
    },
    remove: folder => rmSync(folder.path, { recursive: true, force: true }),
  }
}

export function writeConfig(folder: DataFolder, { url }: Relay, token = OURS): void {
  writeFileSync(folder.file('config.json'), JSON.stringify({ base_url: url, token }), { mode: 0o600 })
}

const SHOWING = ['inbox_pushed.md', 'conversations.md'] as const
/** The longest message and what follows it in `inbox_pushed.md`. */
const TAIL_BYTES = 8192

/** Both files end with message `n`. Costs a look at their ends. */
export function shows(folder: DataFolder, n: number): boolean {
  return SHOWING.every(name => tailOf(folder.file(name)).includes(endOf(n)))
}

function tailOf(path: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // Not there before the first message.
    return ''
  }
  try {
    const buffer = Buffer.alloc(TAIL_BYTES)
    const from = Math.max(0, fstatSync(file).size - TAIL_BYTES)
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, TAIL_BYTES, from))
  } finally {
    closeSync(file)
  }
}

const TMPFS = 0x01021994

/** Syncing costs nothing in such a folder, so it can not be measured there. */
export function isInMemory(path: string): boolean {
  return process.platform === 'linux' && statfsSync(path).type === TMPFS
}

export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}
