import type { DataFolder } from '../scripts/store/data-folder.ts'
import { type Child, LAUNCHER, start } from './processes.ts'
import { OURS, type Relay } from './relay.ts'

/** What the launcher gives a daemon that has no parent to talk to. */
const SMALL_HEAP = ['--max-semi-space-size=4', '--heap-growing-percent=100']

export interface RunningDaemon {
  readonly daemon: Child
  readonly readyAt: number
}

/**
 * Starts our daemon as its user does. Resolves once it says that it runs and the relay has its stream.
 *
 * @param token as it stands in the folder's configuration
 * @param watcher a module that is loaded into it and talks to us
 */
export async function startDaemon(
  folder: DataFolder,
  relay: Relay,
  { token = OURS, watcher }: { token?: string; watcher?: string } = {},
): Promise<RunningDaemon> {
  const stream = relay.nextStream(token)
  const nodeOptions = watcher === undefined ? [] : [...SMALL_HEAP, '--import', watcher]
  const args = [...nodeOptions, LAUNCHER, 'sse', '--data-dir', folder.path, '--no-identity-lock']
  const daemon = start(process.execPath, args, { ipc: watcher !== undefined })
  const moments = await Promise.all([daemon.said('Running.'), stream])
  return { daemon, readyAt: Math.max(...moments) }
}
