import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
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
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

export function startProgram(
  args: readonly string[],
  { env = {}, nodeOptions = [] }: { env?: Record<string, string>; nodeOptions?: readonly string[] } = {},
): Child {
  return start(process.execPath, [...nodeOptions, LAUNCHER, ...args], { env: { LANG: 'C', ...env } })
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
  await waitFor(
    'the daemon to run',
    () => child.stderr().includes('Running.') || (child.process.exitCode !== null && child.stderr() !== ''),
  )
  return child
}
