import type { Database, Row } from './database.ts'

/** Accounts at WeChat. Their tokens lie here and nowhere else (design §3): not in `config.json`, not in a log. */
export interface WechatAccount {
  /** As addresses have it: `main` in `wechat:main/<user>`. */
  readonly name: string
  readonly botId: string
  readonly token: string
  /** null: the usual one. */
  readonly baseUrl: string | null
  /** Who scanned; null: the server did not say. */
  readonly userId: string | null
  /** ISO time, UTC */
  readonly savedAt: string
}

/** The latest login first. */
export function listWechatAccounts(database: Database): WechatAccount[] {
  return database.all('SELECT * FROM wechat_accounts ORDER BY saved_at DESC, name').map(toAccount)
}

export function readWechatAccount(database: Database, name: string): WechatAccount | null {
  const row = database.get('SELECT * FROM wechat_accounts WHERE name = ?', name)
  return row === undefined ? null : toAccount(row)
}

export function saveWechatAccount(database: Database, account: WechatAccount): void {
  database.run(
    `INSERT OR REPLACE INTO wechat_accounts (name, bot_id, token, base_url, user_id, saved_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
    account.name,
    account.botId,
    account.token,
    account.baseUrl,
    account.userId,
    account.savedAt,
  )
}

export function removeWechatAccount(database: Database, name: string): void {
  database.run('DELETE FROM wechat_accounts WHERE name = ?', name)
}

function toAccount(row: Row): WechatAccount {
  return {
    name: String(row['name']),
    botId: String(row['bot_id']),
    token: String(row['token']),
    baseUrl: row['base_url'] === null ? null : String(row['base_url']),
    userId: row['user_id'] === null ? null : String(row['user_id']),
    savedAt: String(row['saved_at']),
  }
}
