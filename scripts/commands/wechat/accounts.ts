import { noSuchAccount } from '../../engine/wechat/texts.ts'
import { knownWechatAccounts } from '../../projections/wechat-json.ts'
import type { Database } from '../../store/database.ts'
import type { WechatAccount } from '../../store/wechat-accounts.ts'
import type { CommandContext } from '../command.ts'
import { openMessages } from '../reading.ts'

/** The latest login first. @throws ConfigError where there is no data folder */
export function readAccounts(context: CommandContext): WechatAccount[] {
  return withDatabase(context, [], knownWechatAccounts)
}

/** @param otherwise where there is no database yet */
export function withDatabase<T>(context: CommandContext, otherwise: T, read: (database: Database) => T): T {
  const database = openMessages(context)
  try {
    return database === null ? otherwise : read(database)
  } finally {
    database?.close()
  }
}

/** @throws ConfigError */
export function requireAccount(accounts: readonly WechatAccount[], name: string): WechatAccount {
  const found = accounts.find(one => one.name === name)
  if (found !== undefined) return found
  throw noSuchAccount(
    name,
    accounts.map(one => one.name),
  )
}
