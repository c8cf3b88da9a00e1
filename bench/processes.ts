import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { systemClock } from '../scripts/core/clock.ts'
import { now } from './time.ts'

/** The processes of a run: all with the same clean environment, none left behind. */

const ROOT = join(import.meta.dirname, '..')
export const LAUNCHER = join(ROOT, 'scripts', 'run.mjs')

const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Proxies, locales, and what npm and Node pass on would make one contender's way longer than the other's. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(?:LC_|LANG|OPENWECHAT_|PYTHON|npm_|NODE_)|_proxy$/i
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  return { ...Object.fromEntries(kept), LANG: 'C.UTF-8' }
}

export interface Child {
  readonly pid: number
  /** Resolves with the moment at which this text stood on stderr. */
  said(text: string): Promise<number>
  send(message: object): void
  /** Resolves with the next message for which `select` gives something. */
  received<T>(select: (message: unknown) => T | undefined): Promise<T>
  /** Lets time pass, as long as it lives. */
  rest(ms: number): Promise<void>
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>
  /** Rejects when it ends before it was asked to. */
  readonly failed: Promise<never>
}

/** @param options.ipc a Node program that talks to us */
export function start(command: string, args: readonly string[], { ipc = false } = {}): Child {
  const name = args.findLast(arg => /\.(?:mjs|ts|py)$/.test(arg)) ?? command
  const process = spawn(command, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  })
  children.add(process)
  let stderr = ''
  let stopping = false
  const listeners = new Set<() => void>()
  process.stderr?.on('data', data => {
    stderr += String(data)
    for (const listener of listeners) listener()
  })
  const ended = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  process.on('error', error => failed.reject(new Error(`${name} can not be started: ${error.message}`)))
  process.on('close', (code, signal) => {
    children.delete(process)
    if (!stopping) failed.reject(new Error(`${name} ended by itself (${code ?? signal}):\n${stderr.slice(-2000)}`))
    ended.resolve()
  })
  return {
    pid: process.pid ?? 0,
    failed: failed.promise,
    said(text) {
      const seen = new Promise<number>(resolve => {
        const look = () => {
          if (!stderr.includes(text)) return
          listeners.delete(look)
          resolve(now())
        }
        listeners.add(look)
        look()
      })
      return within(seen, { what: `"${text}" from ${name}`, failed: failed.promise })
    },
    send: message => void process.send?.(message),
    received(select) {
      type Found = NonNullable<ReturnType<typeof select>>
      const found = new Promise<Found>(resolve => {
        const look = (message: unknown) => {
          const value = select(message)
          if (value === undefined || value === null) return
          process.off('message', look)
          resolve(value)
        }
        process.on('message', look)
      })
      return within(found, { what: `an answer of ${name}`, failed: failed.promise })
    },
    rest: ms => Promise.race([systemClock.sleep(ms), failed.promise]),
    async stop() {
      stopping = true
      process.kill('SIGTERM')
      await within(ended.promise, { what: `the end of ${name}` })
    },
  }
}

/** Nothing here takes longer, not on a slow machine either: something is wrong then. */
const LONGEST_WAIT_MS = 10 * 60_000

async function within<T>(work: Promise<T>, { what, failed }: { what: string; failed?: Promise<never> }): Promise<T> {
  const done = new AbortController()
  const late = systemClock.sleep(LONGEST_WAIT_MS, done.signal).then(
    () => {
      throw new Error(`waited in vain for ${what}`)
    },
    () => new Promise<never>(() => undefined),
  )
  try {
    return await Promise.race(failed === undefined ? [work, late] : [work, late, failed])
  } finally {
    done.abort()
  }
}

/** Looks every `everyMs` until the condition holds. Resolves with the moment at which it was seen to. */
export async function until(
  what: string,
  condition: () => boolean,
  { everyMs = 20, child }: { everyMs?: number; child?: Child } = {},
): Promise<number> {
  const waiting = new AbortController()
  async function look(): Promise<number> {
    while (!condition()) await systemClock.sleep(everyMs, waiting.signal)
    return now()
  }
  try {
    return await within(look(), { what, ...(child === undefined ? {} : { failed: child.failed }) })
  } finally {
    waiting.abort()
  }
}

/** Runs a Node command line to its end. Resolves with the milliseconds it took. */
export async function timeNode(args: readonly string[]): Promise<number> {
  const beganAt = now()
  const child = spawn(process.execPath, args, { env: cleanEnvironment(), stdio: 'ignore' })
  children.add(child)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', resolve)
  })
  const ms = now() - beganAt
  children.delete(child)
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`)
  return ms
}
