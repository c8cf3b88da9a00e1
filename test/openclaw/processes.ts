import { type ChildProcess, spawn } from 'node:child_process'

/** The processes of a run. Each has a group of its own, so that what it started ends with it. */

export interface Ended {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  /** Everything it said so far. */
  said(): string
  readonly ended: Promise<Ended>
  /** Asks it to end, and makes it end when it does not. */
  stop(): Promise<void>
}

const STOP_MS = 20_000

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL')
})
// Their groups hear nothing of a Ctrl-C.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))

export interface StartOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** It is killed after that, and its code is the name of the signal. */
  readonly limitMs?: number
}

export function start(command: string, args: readonly string[], { env, cwd, limitMs }: StartOptions): Running {
  const child = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', text => {
      said[stream] += String(text)
    })
  }
  const limit = limitMs === undefined ? undefined : setTimeout(() => killGroup(child, 'SIGKILL'), limitMs)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      running.delete(child)
      resolve({ code: code ?? signal ?? 'unknown', ...said })
    })
  })
  return {
    ended,
    said: () => said.stdout + said.stderr,
    async stop() {
      killGroup(child, 'SIGTERM')
      const forced = setTimeout(() => killGroup(child, 'SIGKILL'), STOP_MS)
      await ended
      clearTimeout(forced)
    },
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || !running.has(child)) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It ended by itself.
  }
}
