import { describe, test } from 'node:test'
import { utcSeconds } from '../../scripts/core/clock.ts'
import { useDesk } from './support/desk.ts'
import { LAST_OF_BOB, livelyFolder } from './support/lively-folder.ts'
import { DAY, emptyPageFolder, NOW, type PageFolder, writeChannel, writeState } from './support/page-folder.ts'

const CASES: readonly { name: string; problem: string; command: string; folder: () => PageFolder }[] = [
  { name: 'nothing at all', problem: 'no_data', command: 'npm run -s im -- register', folder: emptyPageFolder },
  {
    name: 'a daemon without a registration',
    problem: 'not_registered',
    command: 'npm run -s im -- register',
    folder() {
      const folder = emptyPageFolder()
      folder.event(NOW, 'DAEMON_STARTED', { version: '0.1.0', pid: 1 })
      folder.event(NOW, 'CONFIG_MISSING')
      return folder
    },
  },
  {
    name: 'no message yet',
    problem: 'empty',
    command: 'npm run -s im -- users',
    folder() {
      const folder = emptyPageFolder()
      writeState(folder)
      writeChannel(folder)
      folder.write('conversations.md', '')
      folder.write('inbox_pushed.md', '')
      return folder
    },
  },
  {
    name: 'the daemon was stopped',
    problem: 'daemon_down',
    command: 'npm run sse',
    folder: () => livelyFolder({ stopped: true }),
  },
  {
    name: 'a file is missing',
    problem: 'file_missing',
    command: 'npm run -s im -- rebuild',
    folder() {
      const folder = livelyFolder()
      folder.remove('inbox_pushed.md')
      return folder
    },
  },
  {
    name: 'the relay refused the token',
    problem: 'token_refused',
    command: 'npm run -s im -- doctor',
    folder() {
      const folder = livelyFolder()
      folder.event(NOW, 'SSE_DISCONNECTED', { reason: 'ended' })
      folder.event(NOW, 'AUTH_REFUSED', { reason: 'http_401' })
      folder.json('stats.json', { accounts: { relay: { state: 'token_refused', since_utc: utcSeconds(NOW) } } })
      return folder
    },
  },
  {
    name: 'messages are old',
    problem: 'old_data',
    command: 'npm run -s im -- retention',
    folder() {
      const folder = livelyFolder()
      const oldest = utcSeconds(NOW - 30 * DAY)
      folder.json('context_snapshot.json', {
        updated_at_utc: utcSeconds(NOW),
        channel: { state: 'connected', since_utc: oldest },
        oldest_message_utc: oldest,
        retention: { days: 7, older_messages: 1234, oldest_utc: oldest },
      })
      return folder
    },
  },
]

describe('when something is wrong, or nothing is there yet', () => {
  const { sit } = useDesk()

  for (const language of ['en', 'zh'] as const) {
    for (const { name, problem, command, folder } of CASES) {
      test(`${name}: the page says so, and what to do next (${language})`, async t => {
        const desk = await sit(t, folder().path, { language })
        const told = desk.page.locator(`[data-problem="${problem}"]:visible`)
        await desk.shows(desk.say(`problem_${problem}` as 'problem_empty'), told)
        await desk.shows(command, told)
        desk.assertQuiet()
      })
    }
  }

  test('the command is copied with one click', async t => {
    const desk = await sit(t, livelyFolder({ stopped: true }).path, {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await desk.page.locator('[data-problem="daemon_down"]:visible').getByRole('button', { name: 'Copy' }).click()
    const copied = await desk.page.evaluate<string>('navigator.clipboard.readText()')
    if (copied !== 'npm run sse') throw new Error(`copied: ${copied}`)
    desk.assertQuiet()
  })

  test('a file that comes back is shown', async t => {
    const folder = livelyFolder()
    folder.remove('conversations.md')
    const desk = await sit(t, folder.path)
    await desk.page.locator('[data-problem="file_missing"]:visible').waitFor()
    const again = livelyFolder()
    folder.write('conversations.md', again.read('conversations.md'))
    await desk.shows(LAST_OF_BOB, desk.rows)
    await desk.page.locator('[data-problem="file_missing"]:visible').waitFor({ state: 'detached' })
    desk.assertQuiet()
  })
})
