import { spawn } from 'node:child_process'
import { systemClock } from '../../scripts/core/clock.ts'
import { cleanEnvironment, LAUNCHER } from '../processes.ts'

/** `npm run ui`, as its user starts it. Resolves with its address; the process ends with ours. */
export async function startPageServer(folder: string): Promise<string> {
  const server = spawn(process.execPath, [LAUNCHER, 'ui', '--port', '0', '--json', '--data-dir', folder], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  process.on('exit', () => server.kill('SIGKILL'))
  let said = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', data => (said += String(data)))
  for (;;) {
    const url = /"url":"([^"]+)"/.exec(said)?.[1]
    if (url !== undefined) return url
    if (server.exitCode !== null) throw new Error(`ui ended by itself (${server.exitCode}):\n${said}`)
    await systemClock.sleep(10)
  }
}
