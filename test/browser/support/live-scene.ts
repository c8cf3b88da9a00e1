import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createTransport } from '../../../scripts/adapters/transport.ts'
import { systemClock } from '../../../scripts/core/clock.ts'
import { type RelayUser, registerUser } from '../../../scripts/embedded/relay-user.ts'
import { type Child, runProgram, startDaemonProcess, startProgram } from '../../support/child.ts'
import { newFolder, relayFor } from '../../support/registration.ts'
import { waitFor } from '../../support/wait-for.ts'

/** An embedded relay, our daemon and `npm run ui`, each as its user starts it, and a friend who writes. */
export interface LiveScene {
  readonly path: string
  readonly url: string
  readonly friend: RelayUser
  readonly myId: number
  readonly daemon: Child
  /** One of our own commands. */
  run(...args: readonly string[]): Promise<string>
}

export async function startLiveScene(t: TestContext): Promise<LiveScene> {
  const relay = await relayFor(t)
  const transport = createTransport({ http: '', https: '', except: '' })
  t.after(() => transport.close())
  const folder = newFolder()
  await folder.here(relay.url)
  const friend = await registerUser(relay.url, { name: 'Pilot' }, { fetch: transport.fetch, clock: systemClock })
  const daemon = await startDaemonProcess(folder.path, { args: ['--no-identity-lock'] })
  const page = startProgram(['ui', '--port', '0', '--json', '--data-dir', folder.path])
  t.after(() => {
    page.kill('SIGTERM')
    daemon.kill('SIGTERM')
  })
  const url = await waitFor('the page server', () => {
    assert.equal(page.process.exitCode, null, page.stderr())
    return /"url":"([^"]+)"/.exec(page.stdout())?.[1]
  })
  async function run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runProgram([...args, '--data-dir', folder.path])
    assert.equal(code, 0, `${args[0]}: ${stderr}${stdout}`)
    return stdout
  }
  await run('send', String(friend.id), 'May I?')
  return { path: folder.path, url, friend, myId: Number(folder.config()['my_id']), daemon, run }
}
