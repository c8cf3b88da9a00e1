import { existsSync, readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { type Command, type CommandContext, FAILED, UNKNOWN, WRONG_USAGE } from './commands/command.ts'
import { formatError, formatHelp, formatOverview } from './commands/help.ts'
import { isHere, onlyInRepository } from './commands/repository-only.ts'
import { systemClock } from './core/clock.ts'
import { readEnvironment } from './core/environment.ts'
import { errorCode, isAbort, OutcomeUnknownError, UsageError } from './core/errors.ts'
import type { Language } from './core/i18n.ts'
import { createLogger } from './core/logger.ts'
import { configuredLanguage } from './store/config-file.ts'
import { type DataFolder, locateDataFolder } from './store/data-folder.ts'

/** The command table. A command's module is loaded only when it is called: reading commands have to start fast. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  sse: async () => (await import('./commands/sse.ts')).sse,
  status: async () => (await import('./commands/status.ts')).status,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  register: async () => (await import('./commands/register.ts')).register,
  inbox: async () => (await import('./commands/inbox.ts')).inbox,
  history: async () => (await import('./commands/history.ts')).history,
  search: async () => (await import('./commands/search.ts')).search,
  wait: async () => (await import('./commands/wait.ts')).wait,
  send: async () => (await import('./commands/send.ts')).send,
  messages: async () => (await import('./commands/messages.ts')).messages,
  friends: async () => (await import('./commands/people.ts')).friends,
  users: async () => (await import('./commands/people.ts')).users,
  user: async () => (await import('./commands/people.ts')).user,
  me: async () => (await import('./commands/me.ts')).me,
  block: async () => (await import('./commands/blocking.ts')).block,
  unblock: async () => (await import('./commands/blocking.ts')).unblock,
  homepage: async () => (await import('./commands/homepage.ts')).homepage,
  'relay-stats': async () => (await import('./commands/relay-stats.ts')).relayStats,
  webhooks: async () => (await import('./commands/webhooks/webhooks.ts')).webhooks,
  wechat: async () => (await import('./commands/wechat/wechat.ts')).wechat,
  wake: async () => (await import('./commands/wake.ts')).wake,
  retention: async () => (await import('./commands/retention.ts')).retention,
  rebuild: async () => (await import('./commands/rebuild.ts')).rebuild,
  service: async () => (await import('./commands/service.ts')).service,
  ui: async () => (await import('./commands/ui.ts')).ui,
  relay: async () => (await import('./commands/relay.ts')).relay,
  demo: async () => (await import('./commands/demo.ts')).demo,
}

/** They tell what they do in a log; the others say it themselves. */
const LONG_RUNNING: ReadonlySet<string> = new Set(['sse', 'relay'])

const COMMON = {
  'data-dir': { type: 'string' },
  lang: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig

/** Runs one command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  // Whatever is created from here on is for this user alone.
  process.umask(0o077)
  // Whoever reads our output may stop early, as `head` does.
  process.stdout.on('error', error => {
    if (errorCode(error) !== 'EPIPE') throw error
  })
  process.exitCode = await runCommandLine(argv)
}

async function runCommandLine(argv: readonly string[]): Promise<number> {
  const environment = readEnvironment()
  const skillFolder = dirname(import.meta.dirname)
  const dataDir = optionValue(argv, '--data-dir') ?? environment.dataDir
  const known = folderIfAny(dataDir, skillFolder)
  const language = chooseLanguage(argv, known) ?? environment.language
  const json = argv.includes('--json')
  // Compiled code is kept by the launcher where it can (see there); here for a folder that the environment names.
  // The page's process can not even ask.
  if (known !== null && process.permission === undefined && existsSync(known.file('lock.db')))
    enableCompileCache(known.file('.cache'))
  try {
    const { version } = JSON.parse(readFileSync(join(skillFolder, 'package.json'), 'utf8')) as { version: string }
    if (argv.includes('--version')) return print(version)

    const [name, ...rest] = argv
    if (name === undefined || name === 'help' || name.startsWith('-')) {
      const here = Object.entries(COMMANDS).filter(([one]) => isHere(one, skillFolder))
      const overview = await formatOverview(Object.fromEntries(here), language)
      return name === undefined || (name !== 'help' && !argv.includes('--help') && !argv.includes('-h'))
        ? usage(overview)
        : print(overview)
    }
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (load === undefined) throw unknownCommand(name)
    if (!isHere(name, skillFolder)) throw onlyInRepository(name)
    const command = await load()
    const { values, positionals } = parse(command, name, rest)
    if (values['help'] === true) return print(formatHelp(name, command, language))

    let folder: DataFolder | undefined
    const context: CommandContext = {
      values,
      positionals,
      json,
      language,
      environment,
      version,
      clock: systemClock,
      log: createLogger({
        clock: systemClock,
        level: environment.logLevel ?? (LONG_RUNNING.has(name) ? 'info' : 'warn'),
        write: line => void process.stderr.write(line),
      }),
      skillFolder,
      folder() {
        folder ??= locateDataFolder(dataDir, skillFolder)
        return folder
      },
      print,
      note: line => void process.stderr.write(`${line}\n`),
      terminal: process.stdout.isTTY,
      errorTerminal: process.stderr.isTTY,
      overwrite: text => void process.stderr.write(`\r\u001b[K${text}`),
      readInput,
      interrupted: interruptSignal(),
    }
    return await command.run(context)
  } catch (error) {
    // Whoever interrupts a command knows that it has not come to its end.
    if (isAbort(error)) return (error as Error).message === 'SIGTERM' ? TERMINATED : INTERRUPTED
    process.stderr.write(`${formatError(error, { language, json })}\n`)
    return exitCodeOf(error)
  }
}

/** As shells report them: 128 and the number of the signal. */
const INTERRUPTED = 130
const TERMINATED = 143

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return WRONG_USAGE
  return error instanceof OutcomeUnknownError ? UNKNOWN : FAILED
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function usage(text: string): number {
  process.stderr.write(`${text}\n`)
  return WRONG_USAGE
}

function parse(command: Command, name: string, args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { ...COMMON, ...command.options }, allowPositionals: true })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(
      { en: reason, zh: `命令行有误：${reason}` },
      {
        nextStep: { en: `See: ${name} --help`, zh: `参见：${name} --help` },
      },
    )
  }
}

function unknownCommand(name: string): UsageError {
  const known = Object.keys(COMMANDS).join(', ')
  return new UsageError(
    { en: `Unknown command ${JSON.stringify(name)}.`, zh: `未知命令 ${JSON.stringify(name)}。` },
    { nextStep: { en: `Commands: ${known}`, zh: `可用命令：${known}` } },
  )
}

/** `--lang`, then `lang` in config.json; the locale comes after both. */
function chooseLanguage(argv: readonly string[], folder: DataFolder | null): Language | null {
  const asked = optionValue(argv, '--lang')
  if (asked === 'en' || asked === 'zh') return asked
  return folder === null ? null : configuredLanguage(folder.file('config.json'))
}

/** Where the folder can not be located, the command itself says why. */
function folderIfAny(dataDir: string | undefined, skillFolder: string): DataFolder | null {
  try {
    return locateDataFolder(dataDir, skillFolder)
  } catch {
    return null
  }
}

/** Needed before the command line can be parsed as a whole. */
function optionValue(argv: readonly string[], option: string): string | undefined {
  const at = argv.indexOf(option)
  if (at !== -1) return argv[at + 1]
  return argv.find(one => one.startsWith(`${option}=`))?.slice(option.length + 1)
}

/** One Ctrl-C may arrive twice under npm: from the terminal, and passed on. */
const SAME_SIGNAL_MS = 300

/** More than any message has; what comes behind it is not read. */
const LONGEST_INPUT = 64 * 1024

async function readInput(): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of process.stdin) {
    pieces.push(Buffer.from(piece))
    length += pieces.at(-1)?.length ?? 0
    if (length > LONGEST_INPUT) break
  }
  return Buffer.concat(pieces).toString('utf8')
}

function interruptSignal(): AbortSignal {
  const interrupt = new AbortController()
  let firstAt = 0
  const onSignal = (signal: NodeJS.Signals) => {
    if (!interrupt.signal.aborted) {
      firstAt = systemClock.monotonic()
      interrupt.abort(new DOMException(signal, 'AbortError'))
    } else if (systemClock.monotonic() - firstAt > SAME_SIGNAL_MS) {
      process.exit(signal === 'SIGINT' ? INTERRUPTED : TERMINATED)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return interrupt.signal
}
