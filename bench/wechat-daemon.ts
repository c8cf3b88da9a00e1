import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bot } from '../scripts/embedded/ilink/simulator.ts'
import { askDaemon } from '../scripts/server/control-client.ts'
import { readControlPlace } from '../scripts/store/control-place.ts'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { type Database, openForReading, openForWriting } from '../scripts/store/database.ts'
import { migrate } from '../scripts/store/schema.ts'
import { saveWechatAccount } from '../scripts/store/wechat-accounts.ts'
import type { Bench } from './bench.ts'
import { startDaemon } from './daemon.ts'
import { type Child, start } from './processes.ts'
import { PEOPLE_EACH, personOf, type WechatOrder, type WechatReport } from './wechat-server.ts'

/** A daemon with the first so many accounts, and the server that they are at. */
export async function startOnWechat(
  { folders, fresh, relay }: Bench,
  { accounts, more }: { accounts: number; more: number },
) {
  const server = start(process.execPath, [join(import.meta.dirname, 'wechat-server.ts'), String(accounts + more)], {
    ipc: true,
  })
  const { url, cdnUrl, bots } = await answer(server, 'listening')
  const folder = folders.copy(fresh, 'wechat')
  const config: unknown = JSON.parse(readFileSync(folder.file('config.json'), 'utf8'))
  const allow = bots.flatMap((_, account) => Array.from({ length: PEOPLE_EACH }, (_, n) => personOf(account, n)))
  const section = { baseUrl: url, cdnUrl, allow }
  writeFileSync(folder.file('config.json'), JSON.stringify({ ...Object(config), wechat: section }), { mode: 0o600 })
  const database = openForWriting(folder.file('state.db'), migrate)
  for (const [n, bot] of bots.slice(0, accounts).entries()) {
    saveWechatAccount(database, { ...credentialsOf(bot, url), name: nameOf(n), savedAt: '2026-03-09T09:00:00Z' })
  }
  database.close()
  const { daemon } = await startDaemon(folder, relay)

  return {
    folder,
    daemon,
    async order<Kind extends WechatReport['kind']>(what: WechatOrder, kind: Kind) {
      const answered = answer(server, kind)
      server.send(what)
      return await Promise.race([answered, daemon.failed])
    },
    credentials: (account: number) => credentialsOf(bots[account] as Bot, url),
    async stop() {
      await daemon.stop()
      await server.stop()
    },
  }
}

function answer<Kind extends WechatReport['kind']>(
  server: Child,
  kind: Kind,
): Promise<Extract<WechatReport, { kind: Kind }>> {
  type Wanted = Extract<WechatReport, { kind: Kind }>
  return server.received(message => ((message as WechatReport).kind === kind ? (message as Wanted) : undefined))
}

function credentialsOf({ id: botId, token, userId }: Bot, baseUrl: string) {
  return { botId, token, userId, baseUrl }
}

export function nameOf(account: number): string {
  return `account-${account}`
}

export async function ask(folder: DataFolder, action: string, params: object): Promise<void> {
  const place = readControlPlace(folder)
  if (place === null) throw new Error('the daemon can not be asked')
  await askDaemon(place.socket, { token: place.token, action, params }, { signal: new AbortController().signal })
}

export function reading<T>(folder: DataFolder, read: (database: Database) => T): T {
  const database = openForReading(folder.file('state.db'))
  if (database === null) throw new Error('there is no state.db')
  try {
    return read(database)
  } finally {
    database.close()
  }
}

export function committed(folder: DataFolder): number {
  return reading(folder, database => Number(database.get('SELECT max(seq) AS n FROM messages')?.['n'] ?? 0))
}
