import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { noteFolder, noteStderr } from './log-watch/journal.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

export const ROOT = join(import.meta.dirname, '..', '..')
const LAUNCHER = join(ROOT, 'scripts', 'run.mjs')

/** A process of our own program, as a user starts it. */
export interface Child {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the exit code, or the name of the signal. */
  readonly ended: Promise<number | string>
  kill(signal: NodeJS.Signals): void
}

const children = new Set<ChildProcess>()

/** A test that failed leaves its processes running, stopped ones too, and they would keep this one from ending. */
function killTheRest(): void {
  for (const child of children) child.kill('SIGKILL')
}
after(killTheRest)
process.on('exit', killTheRest)

export function startProgram(
  args: readonly string[],
  { env = {}, nodeOptions = [] }: { env?: Record<string, string>; nodeOptions?: readonly string[] } = {},
): Child {
  return start(process.execPath, [...nodeOptions, LAUNCHER, ...args], {
    env: { LANG: 'C', XDG_STATE_HOME: stateHome(), ...env },
  })
}

let stateFolder: string | undefined

/** The locks of identities that a test makes are not to lie among those of whoever runs it. */
function stateHome(): string {
  stateFolder ??= temporaryFolder()
  return stateFolder
}

export function start(
  command: string,
  args: readonly string[],
  { env = {}, cwd = ROOT }: { env?: Record<string, string | undefined>; cwd?: string } = {},
): Child {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:LC_|LANG|OPENWECHAT_|npm_|NODE_)/.test(name)),
  )
  const child = spawn(command, args, { cwd, env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  const folder = args[args.indexOf('--data-dir') + 1]
  if (folder !== undefined && args.includes('--data-dir')) noteFolder(folder)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', data => {
    stdout += String(data)
  })
  child.stderr.on('data', data => {
    stderr += String(data)
  })
  const ended = new Promise<number | string>(resolve => {
    child.on('close', (code, signal) => {
      children.delete(child)
      noteStderr(stderr)
      resolve(code ?? signal ?? 'unknown')
    })
  })
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    kill: signal => child.kill(signal),
  }
}

/** Runs a command line to its end. */
export async function runProgram(
  args: readonly string[],
  options: Parameters<typeof startProgram>[1] = {},
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const child = startProgram(args, options)
  const code = await child.ended
  return { code, stdout: child.stdout(), stderr: child.stderr() }
}

/** A daemon in a process of its own, up to its first transition. */
export async function startDaemonProcess(
  folder: string,
  { env = {}, args = [] }: { env?: Record<string, string>; args?: readonly string[] } = {},
): Promise<Child> {
  const child = startProgram(['sse', '--data-dir', folder, ...args], { env })
  await untilRunning(child)
  return child
}

export async function untilRunning(child: Child): Promise<void> {
  await waitFor(
    'the daemon to run',
    () => child.stderr().includes('Running.') || (child.process.exitCode !== null && child.stderr() !== ''),
  )
}

/** For how long its main thread has stood in line for a processor; 0 where the kernel does not tell. */
export function starvedMsOf({ process: { pid } }: Child): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}

/** The `relay` command in a process of its own. */
export interface RelayProcess extends Child {
  readonly url: string
  /** What its log says that it did, in order: ids and counts only. */
  did(): readonly RelayDeed[]
}

export interface RelayDeed {
  readonly msg: string
  readonly user?: number
  readonly messages?: number
}

export async function startRelayProcess({
  database,
  port = 0,
}: {
  database: string
  port?: number
}): Promise<RelayProcess> {
  const child = startProgram(['relay', '--db', database, '--port', String(port), '--no-rate-limit'])
  const url = await waitFor('the relay to listen', () => {
    assert.equal(child.process.exitCode, null, child.stderr())
    return /http:\/\/\S+/.exec(child.stdout())?.[0]
  })
  return {
    ...child,
    url,
    // The last line may be on its way, or cut by a kill.
    did: () =>
      child
        .stderr()
        .split('\n')
        .slice(0, -1)
        .flatMap(line => (line.startsWith('{') ? [JSON.parse(line) as RelayDeed] : [])),
  }
}
