import { statSync } from 'node:fs'
import { addressKey, parseAddress } from '../core/address.ts'
import { ConfigError, StorageError, UsageError } from '../core/errors.ts'
import { requireDataFolder } from '../store/data-folder.ts'
import { type Database, openForReading, sqliteReason } from '../store/database.ts'
import { peersNamed } from '../store/reading.ts'
import { newerSchema, SCHEMA_VERSION, schemaVersion } from '../store/schema.ts'
import { currentAccount } from '../store/status.ts'
import { option } from './arguments.ts'
import type { CommandContext } from './command.ts'

/** What the commands that read messages share. None of them needs the daemon or the network. */

/**
 * `state.db`, beside the daemon or without one; null before there is any.
 *
 * @throws ConfigError where there is no data folder; StorageError when a newer version wrote it, or it is damaged
 */
export function openMessages(context: CommandContext): Database | null {
  const folder = context.folder()
  requireDataFolder(folder)
  const path = folder.file('state.db')
  // A daemon that is being started has made the file, and nothing in it yet.
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return null
  const database = openForReading(path)
  if (database === null) return null
  const version = versionOf(database)
  if (version >= 1 && version <= SCHEMA_VERSION) return database
  database.close()
  if (version === 0) return null
  throw newerSchema(version)
}

/** The first look into the file: what is damaged mostly shows here. */
function versionOf(database: Database): number {
  try {
    return schemaVersion(database)
  } catch (error) {
    database.close()
    throw new StorageError(
      { en: `state.db is damaged (${sqliteReason(error)}).`, zh: `state.db 已损坏（${sqliteReason(error)}）。` },
      {
        nextStep: {
          en: 'Restart the daemon: it moves the file aside, whole, and goes on with what the other files show.',
          zh: '重启守护进程：它会把该文件整体移开，并依据其他文件继续。',
        },
        cause: error,
      },
    )
  }
}

/** @throws UsageError when it is no whole number within these bounds */
export function numberOption(
  context: CommandContext,
  name: string,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: { least?: number; most?: number } = {},
): number | undefined {
  const text = option(context, name)
  if (text === undefined) return undefined
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  const range = most === Number.MAX_SAFE_INTEGER ? `≥ ${least}` : `${least}–${most}`
  throw new UsageError(
    { en: `--${name} takes a whole number, ${range}.`, zh: `--${name} 需要一个整数，范围 ${range}。` },
    { nextStep: { en: 'The same command with --help says more.', zh: '参见同一命令的 --help。' } },
  )
}

/** Twelve kilobytes hold no more, however short they are. */
const MOST_MESSAGES = 200
const USUAL_MESSAGES = 20

export function limitOption(context: CommandContext): number {
  return numberOption(context, 'limit', { least: 1, most: MOST_MESSAGES }) ?? USUAL_MESSAGES
}

export const LIMIT_HELP = {
  en: `N  at most so many messages (${USUAL_MESSAGES}; up to ${MOST_MESSAGES})`,
  zh: `N  最多显示的消息数（默认 ${USUAL_MESSAGES}，上限 ${MOST_MESSAGES}）`,
}

export const PEER_HELP = {
  en: 'WHO  of one peer: 2, #2, relay:2, or a name that one contact has',
  zh: '对方  只看某人：2、#2、relay:2，或唯一联系人的名字',
}

/**
 * The address of `--peer`.
 *
 * @throws ConfigError when nobody, or more than one, has that name
 */
export function peerOption(context: CommandContext, database: Database | null): string | undefined {
  const text = option(context, 'peer')
  if (text === undefined) return undefined
  const address = parseAddress(text)
  if (address !== null) return addressKey(address)
  const named = database === null ? [] : peersNamed(database, currentAccount(database), text)
  const [only, ...others] = named
  if (only !== undefined && others.length === 0) return only
  const name = JSON.stringify(text.slice(0, 60))
  throw new ConfigError(
    only === undefined
      ? { en: `Nobody among the contacts is called ${name}.`, zh: `联系人中没有人叫 ${name}。` }
      : { en: `More than one contact is called ${name}.`, zh: `叫 ${name} 的联系人不止一个。` },
    {
      nextStep: {
        en: 'Name the peer by its number, such as --peer 2. contacts.json and "friends" list them.',
        zh: '请用编号指定对方，例如 --peer 2。可查看 contacts.json 或 "friends"。',
      },
    },
  )
}
