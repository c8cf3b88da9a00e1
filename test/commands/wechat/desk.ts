/** Somebody types `wechat …`, in this process, with a phone beside it that the simulator plays. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { TestContext } from 'node:test'
import { parseArgs } from 'node:util'
import { createTransport } from '../../../scripts/adapters/transport.ts'
import type { Command, CommandContext } from '../../../scripts/commands/command.ts'
import { formatError } from '../../../scripts/commands/help.ts'
import { createInputLines } from '../../../scripts/commands/wechat/input-lines.ts'
import { logIn } from '../../../scripts/commands/wechat/login.ts'
import { wechat } from '../../../scripts/commands/wechat/wechat.ts'
import { isAbort, UsageError } from '../../../scripts/core/errors.ts'
import type { FetchLike } from '../../../scripts/core/fetch.ts'
import {
  type Bot,
  type Controls,
  type IlinkSimulator,
  type Phone,
  type ScanScript,
  type SimulatorOptions,
  startIlinkSimulator,
} from '../../../scripts/embedded/ilink/simulator.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../../../scripts/store/database.ts'
import { migrate } from '../../../scripts/store/schema.ts'
import { listWechatAccounts, saveWechatAccount, type WechatAccount } from '../../../scripts/store/wechat-accounts.ts'
import { contextFor } from '../../support/command-call.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { viewOf } from '../../support/test-daemon.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Where all of it is: without a daemon, or the scene of one. */
export interface Place {
  readonly simulator: IlinkSimulator
  readonly phone: Phone
  readonly controls: Controls
  readonly clock: FakeClock
  readonly folder: DataFolder
}

export interface WechatDesk extends Place {
  /** A line as it is typed behind `wechat`; it goes on until `end`. */
  begin(line: string, given?: Given): Running
  /** The same to its end. */
  type(line: string, given?: Given): Promise<Answer>
  /** The same with `--json`: what the last line says, and the exit code. */
  json(line: string, given?: Given): Promise<Record<string, unknown>>
  withDatabase<T>(work: (database: Database) => T): T
  accounts(): WechatAccount[]
  /** As an earlier login would have left it. */
  signIn(name: string, user?: string): Bot
  path(name: string): string
}

export interface Given extends Partial<Pick<CommandContext, 'language' | 'terminal' | 'errorTerminal' | 'json'>> {
  readonly stdin?: string
  readonly columns?: number
  readonly command?: Command
}

export interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly said: { stdout: string; stderr: string }
  /** The lines of `--json` so far. */
  told(): Record<string, unknown>[]
  /** Somebody types, or a program writes. */
  write(text: string): void
  /** Ctrl-C. */
  interrupt(): void
  /** Time passes until it holds. */
  until(name: string, condition: () => boolean, stepMs?: number): Promise<void>
  /** Time passes until the code of that number is shown. */
  code(number: number): Promise<string>
  /** The code is scanned, and confirmed as soon as the phone shows the button. */
  scan(number: number, script?: ScanScript & { readonly user?: string }): Promise<void>
  end(stepMs?: number): Promise<Answer>
}

export async function createWechatDesk(t: TestContext, simulate: SimulatorOptions = {}): Promise<WechatDesk> {
  const clock = createFakeClock({ random: everNew() })
  const simulator = await startIlinkSimulator({ clock, ...simulate })
  t.after(() => simulator.close())
  const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
  createDataFolder(folder)
  viewOf(folder.path).writeConfig({
    base_url: 'https://YOUR_RELAY_SERVER:8000',
    token: 'replace_with_token',
    wechat: { baseUrl: simulator.url, cdnUrl: simulator.cdnUrl },
  })
  return deskAt(t, { simulator, phone: simulator.phone, controls: simulator.controls, clock, folder })
}

export function deskAt(t: TestContext, place: Place): WechatDesk {
  const { simulator, phone, controls, clock, folder } = place
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  // The simulator has no TLS, and redirects name a host only.
  const fetch: FetchLike = (url, init) => transport.fetch(url.replace('https://127.0.0.1', 'http://127.0.0.1'), init)

  function begin(line: string, given: Given = {}): Running {
    const { stdin, columns = 80, command = wechat, language = 'en', json = false, ...terminals } = given
    const args = (line.match(/"[^"]*"|\S+/g) ?? []).map(word => word.replaceAll('"', ''))
    const { values, positionals } = parseArgs({ args, options: command.options ?? {}, allowPositionals: true })
    const said = { stdout: '', stderr: '' }
    const interrupt = new AbortController()
    const input = new PassThrough()
    if (stdin !== undefined) input.end(stdin)
    const context = contextFor(folder, {
      values,
      positionals,
      json,
      language,
      clock,
      interrupted: interrupt.signal,
      print: text => {
        said.stdout += `${text}\n`
      },
      note: text => {
        said.stderr += `${text}\n`
      },
      overwrite: text => {
        said.stderr += `\r${text}`
      },
      ...terminals,
    })
    const lines = createInputLines(input)
    let answer: Answer | undefined
    const [verb, name] = positionals
    const work =
      command === wechat && verb === 'login'
        ? logIn(context, name, { fetch, lines, columns: () => columns })
        : command.run(context)
    const ended = work
      .catch(error => {
        // As the program does with what a command throws.
        if (isAbort(error)) return 130
        said.stderr += `${formatError(error, { language, json })}\n`
        return error instanceof UsageError ? 2 : 1
      })
      .then(code => {
        answer = { code, ...said }
        lines.close()
        return answer
      })
    const told = () =>
      said.stdout
        .split('\n')
        .filter(text => text.startsWith('{'))
        .map(text => JSON.parse(text) as Record<string, unknown>)
    const codesBefore = controls.requestCount('get_bot_qrcode')
    const until: Running['until'] = (what, condition, stepMs = 250) =>
      waitFor(what, () => condition() || (answer !== undefined && assert.fail(`over before ${what}: ${said.stderr}`)), {
        everyMs: 1,
        meanwhile: () => clock.advance(stepMs),
      }).then(() => undefined)

    async function code(number: number): Promise<string> {
      await until(`code ${number}`, () => controls.requestCount('get_bot_qrcode') - codesBefore >= number)
      return controls.lastQr()?.code ?? assert.fail()
    }

    return {
      said,
      told,
      until,
      code,
      write: text => void input.write(text),
      interrupt: () => interrupt.abort(new DOMException('SIGINT', 'AbortError')),
      async scan(number, script = {}) {
        const shown = await code(number)
        phone.scan(shown, script)
        await until('the button', () => {
          try {
            phone.confirm(shown)
            return true
          } catch {
            // A number has to be typed first.
            return false
          }
        })
      },
      async end(stepMs = 250) {
        await waitFor(`the end of ${line}`, () => answer !== undefined, {
          everyMs: 1,
          meanwhile: () => clock.advance(stepMs),
        })
        return ended
      },
    }
  }

  function withDatabase<T>(work: (database: Database) => T): T {
    const database = openForWriting(folder.file('state.db'), migrate)
    try {
      return work(database)
    } finally {
      database.close()
    }
  }

  return {
    simulator,
    phone,
    controls,
    clock,
    folder,
    begin,
    type: (line, given) => begin(line, given).end(),
    async json(line, given) {
      const { code, stdout, stderr } = await begin(line, { ...given, json: true }).end()
      const last = stdout.trimEnd().split('\n').at(-1) ?? ''
      return { code, ...(JSON.parse(last === '' ? stderr : last) as Record<string, unknown>) }
    },
    withDatabase,
    accounts: () => withDatabase(listWechatAccounts),
    signIn(name, user) {
      const bot = controls.bind(user)
      const { id: botId, token, userId } = bot
      withDatabase(database =>
        saveWechatAccount(database, {
          name,
          botId,
          token,
          userId,
          baseUrl: simulator.url,
          savedAt: '2026-03-09T09:00:00Z',
        }),
      )
      return bot
    },
    path: name => join(folder.path, '..', name),
  }
}

/** Never the same number twice, and the same ones in each run. */
function everNew(): () => number {
  let last = 0
  return () => {
    last = (last + 0.618_033_988_749_895) % 1
    return last
  }
}

/** Nothing that lets somebody in has been printed: neither of the simulator's nor of the store's. */
export function assertNoSecrets({ controls }: Place, ...texts: readonly string[]): void {
  const codes = controls
    .requests('get_bot_qrcode')
    .flatMap(({ outcome }) => Object.values(JSON.parse(outcome?.body || '{}') as Record<string, unknown>))
  const secrets = [...controls.bots().map(({ token }) => token), ...codes.map(String)].filter(one => one.length > 8)
  assert.ok(secrets.length > 0)
  for (const text of texts) {
    for (const secret of secrets) assert.ok(!text.includes(secret), text)
  }
}
