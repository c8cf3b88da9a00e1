import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { ConfigError, errorCode } from '../core/errors.ts'

/** The folder that the agent reads (design §3, §4): names are fixed, everything in it is private. */
export interface DataFolder {
  readonly path: string
  file(name: DataFile): string
}

export type DataFile =
  | 'config.json'
  | 'inbox_pushed.md'
  | 'conversations.md'
  | 'sse_channel.log'
  | 'profile.json'
  | 'contacts.json'
  | 'stats.json'
  | 'context_snapshot.json'
  | 'state.db'
  | 'search.db'
  | 'lock.db'
  | 'daemon.sock'
  | 'daemon.token'
  | '.cache'

const FOLDER_NAME = 'openwechat_im_client'

/** Where copies of files lie. Agents' programs do not search folders with a dot in front (OI §0.1). */
export const KEPT_FILES = '.files'

/** Files that an agent's program would take for instructions or a package (OI §2, §7.2). They do not belong here. */
const STRAY = new Set(['skill.md', 'agents.md', 'memory.md', 'hook.md', 'package.json'])

export function dataFolderAt(path: string): DataFolder {
  return { path, file: name => join(path, name) }
}

/**
 * @param explicit from `--data-dir` or OPENWECHAT_DATA_DIR
 * @param skillFolder where this program is installed
 * @throws ConfigError when the place would be wrong
 */
export function locateDataFolder(explicit: string | undefined, skillFolder: string): DataFolder {
  if (explicit !== undefined) return dataFolderAt(resolve(explicit))
  if (skillFolder.split(sep).includes('node_modules')) {
    throw new ConfigError(
      {
        en: 'This copy is installed under node_modules, where a sibling data folder would be lost with the next install.',
        zh: '当前程序安装在 node_modules 下，放在旁边的数据目录会在下次安装时丢失。',
      },
      {
        nextStep: {
          en: 'Name a data folder: --data-dir PATH, or the environment variable OPENWECHAT_DATA_DIR.',
          zh: '请指定数据目录：--data-dir 路径，或环境变量 OPENWECHAT_DATA_DIR。',
        },
      },
    )
  }
  return dataFolderAt(join(dirname(skillFolder), FOLDER_NAME))
}

export function folderExists(folder: DataFolder): boolean {
  return existsSync(folder.path) && statSync(folder.path).isDirectory()
}

/**
 * Creates the folder where it is missing (0700, with a `.gitignore` of its own: workspaces become git repositories by
 * themselves, OI §2.3).
 *
 * @throws ConfigError when that is not possible; nothing is created then
 */
export function createDataFolder(folder: DataFolder): void {
  const parent = dirname(folder.path)
  try {
    if (!folderExists(folder)) {
      accessSync(parent, constants.W_OK)
      mkdirSync(folder.path, { mode: 0o700 })
    }
    accessSync(folder.path, constants.R_OK | constants.W_OK | constants.X_OK)
    const ignore = join(folder.path, '.gitignore')
    // An empty one is what a full disk left of it.
    const written = statSync(ignore, { throwIfNoEntry: false })?.size ?? 0
    if (written === 0) writeFileSync(ignore, '*\n', { mode: 0o600 })
  } catch (error) {
    const reason = errorCode(error)
    throw new ConfigError(
      {
        en: `The data folder ${folder.path} can not be created or written (${reason}).`,
        zh: `无法创建或写入数据目录 ${folder.path}（${reason}）。`,
      },
      { nextStep: NO_ROOM.has(reason) ? MAKE_ROOM : ALLOW_WRITING, cause: error },
    )
  }
}

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const MAKE_ROOM = {
  en: 'Make room on that disk, or name another folder with --data-dir PATH.',
  zh: '请在该磁盘上腾出空间，或用 --data-dir 路径 指定其他目录。',
}
const ALLOW_WRITING = {
  en: 'Allow writing there, or name another folder with --data-dir PATH. In a sandbox that holds only a copy of the skill, run this outside of it.',
  zh: '请允许写入该目录，或用 --data-dir 路径 指定其他目录。若处于只含技能副本的沙箱中，请在沙箱外运行。',
}

/** For commands that only read: they never create the folder. */
export function requireDataFolder(folder: DataFolder): void {
  if (folderExists(folder)) return
  throw new ConfigError(
    { en: `There is no data folder at ${folder.path}.`, zh: `${folder.path} 处没有数据目录。` },
    {
      nextStep: {
        en: 'Start the daemon once with "npm run sse", or name another folder with --data-dir PATH.',
        zh: '请先运行一次 "npm run sse"，或用 --data-dir 路径 指定其他目录。',
      },
    },
  )
}

/** Names in the folder that an agent's program might load by mistake. */
export function strayFiles(folder: DataFolder): string[] {
  return readdirSync(folder.path).filter(name => STRAY.has(name.toLowerCase()))
}
