import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bot } from '../../scripts/embedded/ilink/simulator.ts'
import { createDataFolder } from '../../scripts/store/data-folder.ts'
import { openForWriting } from '../../scripts/store/database.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { saveWechatAccount } from '../../scripts/store/wechat-accounts.ts'
import { startProgram, untilRunning } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type FolderView, viewOf } from '../support/test-daemon.ts'

export interface SignedIn {
  readonly name: string
  readonly bot: Bot
}

/** What logins leave, at a simulator with this address; the daemon of such a folder starts as one that has run before. */
export async function wechatFolder(
  accounts: readonly SignedIn[],
  { baseUrl, wechat }: { baseUrl: string; wechat: Readonly<Record<string, unknown>> },
): Promise<FolderView> {
  const view = viewOf(join(temporaryFolder(), 'openwechat_im_client'))
  createDataFolder(view.folder)
  view.writeConfig({ ...NO_RELAY, wechat: { baseUrl, ...wechat } })
  const database = openForWriting(view.folder.file('state.db'), migrate)
  for (const { name, bot } of accounts)
    saveWechatAccount(database, { ...credentialsOf(bot, baseUrl), name, savedAt: '2026-03-09T09:00:00Z' })
  database.close()
  cpSync(await compiledCode(), join(view.folder.path, CACHE), { recursive: true })
  return view
}

/** As a login brings them. */
export function credentialsOf({ id: botId, token, userId }: Bot, baseUrl: string) {
  return { botId, token, userId, baseUrl }
}

const NO_RELAY = { base_url: 'https://YOUR_RELAY_SERVER:8000', token: 'replace_with_token' }
const CACHE = '.cache'

let compiling: Promise<string> | undefined

/** Daemons that are killed never keep theirs, and every start would begin with making it. */
function compiledCode(): Promise<string> {
  compiling ??= (async () => {
    const path = join(temporaryFolder(), 'openwechat_im_client')
    const { folder, writeConfig } = viewOf(path)
    writeConfig(NO_RELAY)
    // The launcher keeps it for folders that were in use before.
    writeFileSync(folder.file('lock.db'), '', { mode: 0o600 })
    const child = startProgram(['sse', '--data-dir', path])
    await untilRunning(child)
    child.kill('SIGTERM')
    assert.equal(await child.ended, 0, child.stderr())
    return join(path, CACHE)
  })()
  return compiling
}
