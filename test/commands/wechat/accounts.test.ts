import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { doctor } from '../../../scripts/commands/doctor.ts'
import { status as overall } from '../../../scripts/commands/status.ts'
import { memosStarting } from '../../../scripts/store/memos.ts'
import { callCommand } from '../../support/command-call.ts'
import { startWechatScene, type WechatScene } from '../../support/wechat-scene.ts'
import { assertNoSecrets, createWechatDesk, deskAt, type WechatDesk } from './desk.ts'

const timeout = 60_000
const STRANGER = 'oStranger@im.wechat'

interface ToldPerson {
  readonly user: string
  readonly state: string
  readonly remaining: number | null
  readonly waiting: number
}

interface ToldAccount {
  readonly account: string
  readonly state: string
  readonly people: readonly ToldPerson[]
  readonly waiting: number
  readonly parked: number
  readonly next?: string
}

async function statusOf(desk: WechatDesk): Promise<ToldAccount> {
  const { accounts } = (await desk.json('status main')) as unknown as { accounts: ToldAccount[] }
  return accounts[0] ?? assert.fail()
}

async function withDesk(t: Parameters<typeof startWechatScene>[0], options = {}): Promise<[WechatScene, WechatDesk]> {
  const scene = await startWechatScene(t, options)
  await scene.listening()
  return [scene, deskAt(t, scene)]
}

/** They write, and it has arrived. */
async function wrote(scene: WechatScene, text: string, from?: string): Promise<void> {
  scene.phone.write({ kind: 'text', text }, from === undefined ? {} : { from })
  await scene.until('the message', () => scene.lines().some(line => line.includes(text)))
}

describe('wechat list and status', () => {
  test('say what to do where there is no account, in both languages', async t => {
    const desk = await createWechatDesk(t)
    assert.match((await desk.type('list')).stdout, /wechat login/)
    assert.match((await desk.type('status', { language: 'zh' })).stdout, /没有微信账号/)
    assert.deepEqual(await desk.json('list'), { code: 0, daemon_running: false, accounts: [] })
    assert.equal((await desk.type('status main')).code, 0)
  })

  test('show accounts without a daemon: what is known, and what is missing', async t => {
    const desk = await createWechatDesk(t)
    const bot = desk.signIn('main')
    const { stdout } = await desk.type('list')
    assert.match(stdout, /^main: signed in; nothing is received before the daemon runs\n {2}bot .*@im\.bot/)
    assert.ok(stdout.includes(bot.userId))
    const { accounts } = (await desk.json('list')) as unknown as { accounts: Record<string, unknown>[] }
    assert.deepEqual(accounts, [
      {
        account: 'main',
        bot_id: bot.id,
        scanned_by: bot.userId,
        logged_in_utc: '2026-03-09T09:00:00Z',
        state: 'not_started',
        reason: null,
        since_utc: null,
        login_needed: false,
      },
    ])
    const { stdout: status } = await desk.type('status')
    assert.match(status, /nobody has written to it yet/)
    const { code, stderr } = await desk.type('status work')
    assert.equal(code, 1)
    assert.match(stderr, /no WeChat account "work" here; there is: main/)
    assertNoSecrets(desk, stdout, status)
  })

  test('show what each person can be sent, and for how long', { timeout }, async t => {
    const [scene, desk] = await withDesk(t, { config: { wechat: { sendsPerMessage: 3 } } })
    const { userId } = scene.bots.get('main') ?? assert.fail()
    await wrote(scene, 'hello', userId)
    await wrote(scene, 'let me in', STRANGER)
    const before = await statusOf(desk)
    assert.equal(before.state, 'connected')
    assert.deepEqual(
      before.people.map(({ user, state, remaining }) => [user, state, remaining]),
      [
        [userId, 'open', 3],
        [STRANGER, 'not_allowed', null],
      ].sort((a, b) => before.people.findIndex(p => p.user === a[0]) - before.people.findIndex(p => p.user === b[0])),
    )
    const { stdout } = await desk.type('status main')
    assert.match(stdout, /\(me\): 3 of 3 sends left until 2026-03-10T/)
    assert.match(stdout, /oStranger@im\.wechat: not on the list of those who may write/)

    assert.equal((await desk.type('send main one')).code, 0)
    assert.equal((await statusOf(desk)).people.find(one => one.user === userId)?.remaining, 2)
    await scene.stop()
    scene.clock.advance(25 * 3_600_000)
    assert.equal((await statusOf(desk)).people.find(one => one.user === userId)?.state, 'too_old')
    assert.match((await desk.type('status')).stdout, /^main: last known state: stopped since/)
    assertNoSecrets(desk, stdout)
  })
})

describe('a database of an older version', () => {
  test('has no accounts, and every command that reads says so', async t => {
    const desk = await createWechatDesk(t)
    desk.withDatabase(database => database.exec('DROP TABLE wechat_accounts; PRAGMA user_version = 3'))
    const answers = await Promise.all([
      desk.type('list'),
      desk.type('status'),
      desk.type('', { command: overall }),
      desk.type('', { command: doctor }),
    ])
    assert.deepEqual(
      answers.map(({ stderr }) => stderr),
      ['', '', '', ''],
    )
    assert.match(answers[0]?.stdout ?? '', /No WeChat account/)
    assert.doesNotMatch(answers[2]?.stdout ?? '', /WeChat/)
  })
})

describe('wechat send', () => {
  test('takes the account, "me", an id and a whole address', { timeout }, async t => {
    const [scene, desk] = await withDesk(t)
    const { userId } = scene.bots.get('main') ?? assert.fail()
    await wrote(scene, 'hello', userId)
    for (const to of ['main', 'main/me', `main/${userId}`, `wechat:main/${userId.toLowerCase()}`]) {
      const { code, stdout, stderr } = await desk.type(`send ${to} to-${to}`)
      assert.equal(code, 0, stderr)
      assert.match(stdout, /^Accepted by WeChat for wechat:main\/.*does not tell whether it was shown/)
    }
    assert.equal(scene.controls.requestCount('sendmessage'), 4)
    const { stderr } = await desk.type('send work hi')
    assert.match(stderr, /no WeChat account "work"/)
    assert.deepEqual(scene.controls.violations(), [])
  })

  test('to somebody who has not written says that they have to, and queues nothing', { timeout }, async t => {
    const [scene, desk] = await withDesk(t)
    const { code, stderr } = await desk.type('send main hello')
    assert.equal(code, 1)
    assert.match(stderr, /Ask them to write to the bot first/)
    assert.equal((await statusOf(desk)).waiting, 0)
    assert.equal(scene.controls.requestCount('sendmessage'), 0)
  })

  test('says what waits, what for, and that nobody has to repeat it', { timeout }, async t => {
    const [scene, desk] = await withDesk(t, { config: { wechat: { sendsPerMessage: 1 } } })
    const { userId } = scene.bots.get('main') ?? assert.fail()
    await wrote(scene, 'hello', userId)
    assert.equal((await desk.type('send main one')).code, 0)
    const { code, stderr } = await desk.type('send main two')
    assert.equal(code, 4)
    assert.match(stderr, /^Waits until they write to the bot again: all sends for their last message are used up\./)
    const { waiting, parked, people } = await statusOf(desk)
    assert.deepEqual([waiting, parked, people[0]?.waiting], [1, 1, 1])
    const shown = await callCommand(overall, scene.folder, [])
    assert.match(shown.stdout, /"wechat":\{"main":\{"state":"connected"/)
  })
})

describe('wechat typing', () => {
  test('shows it on the phone until it is taken back', { timeout }, async t => {
    const [scene, desk] = await withDesk(t)
    const { userId } = scene.bots.get('main') ?? assert.fail()
    await wrote(scene, 'hello', userId)
    const shown = await desk.type('typing main --seconds 60')
    assert.equal(shown.code, 0, shown.stderr)
    assert.equal(scene.phone.typingState(userId)?.isTyping, true)
    const ended = await desk.type('typing main --off')
    assert.match(ended.stdout, /not shown any more/)
    assert.equal(scene.phone.typingState(userId)?.isTyping, false)
  })

  test('needs a daemon that keeps it up', { timeout }, async t => {
    const [scene, desk] = await withDesk(t)
    await wrote(scene, 'hello', scene.bots.get('main')?.userId)
    await scene.stop()
    const { code, stderr } = await desk.type('typing main')
    assert.equal(code, 1)
    assert.match(stderr, /The daemon does not run/)
  })
})

describe('wechat logout', () => {
  test('asks first, and says what would not be sent', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    desk.signIn('main')
    const { code, stdout, stderr } = await desk.type('logout main')
    assert.equal(code, 2)
    assert.match(stdout, /QR code has to be scanned anew/)
    assert.match(stderr, /Nothing was changed/)
    assert.equal(desk.accounts().length, 1)
    assert.equal((await desk.type('logout work --yes')).code, 1)
  })

  test('ends the poll, settles what waits, forgets tokens, and keeps messages', { timeout }, async t => {
    const [scene, desk] = await withDesk(t, {
      accounts: ['main', 'work'],
      config: { wechat: { sendsPerMessage: 1 } },
    })
    const { userId, id } = scene.bots.get('main') ?? assert.fail()
    const work = scene.bots.get('work') ?? assert.fail()
    await wrote(scene, 'hello', userId)
    for (const text of ['one', 'two', 'three']) await desk.type(`send main ${text}`)
    const asked = await desk.type('logout main')
    assert.match(asked.stdout, /^2 messages that wait to be sent \(\d of them set aside\) will not be sent\./)
    const { code, stdout } = await desk.type('logout main --yes')
    assert.equal(code, 0)
    assert.match(stdout, /Logged out main; 2 messages were not sent/)
    await scene.until('the end of its poll', () => scene.controls.held(id) === 0)
    assert.ok(scene.controls.held(work.id) > 0, 'the other one goes on')
    assert.deepEqual(
      desk.accounts().map(one => one.name),
      ['work'],
    )
    const memos = desk.withDatabase(database =>
      memosStarting(database, { source: 'wechat:main', account: 'wechat:main', prefix: '' }),
    )
    assert.deepEqual([...memos.keys()], [])
    await scene.until('the lines', () => scene.lines().filter(line => line.includes('state=not_sent')).length === 2)
    assert.ok(scene.lines().some(line => line.endsWith(' hello')))
    assert.deepEqual(await desk.json('list').then(({ accounts }) => (accounts as object[]).length), 1)
  })

  test('is done by the command itself where no daemon runs', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    desk.signIn('main')
    const told = await desk.json('logout main --yes')
    assert.deepEqual(told, { code: 0, account: 'main', not_sent: 0, logged_out: true })
    assert.deepEqual(desk.accounts(), [])
  })
})

describe('the health of accounts', () => {
  test('is in status, in stats.json and in what doctor finds', { timeout }, async t => {
    const [scene, desk] = await withDesk(t)
    const well = await desk.type('', { command: overall })
    assert.match(well.stdout, /^Relay: not registered yet.*\nWeChat main: connected since /m)
    const healthy = await desk.type('', { command: doctor })
    assert.equal(healthy.code, 0, healthy.stdout)
    assert.match(healthy.stdout, /^ok {7}wechat main: connected/m)
    assert.match(healthy.stdout, /^ok {7}config\.json: no relay is registered; WeChat is used without one/m)

    scene.controls.revoke(scene.bots.get('main')?.token ?? '')
    await scene.until('the need', () => scene.statusOf('main')['state'] === 'login_needed', 1000)
    const ill = await desk.type('', { command: overall })
    assert.match(ill.stdout, /^WeChat main: LOGIN NEEDED since .*Next: wechat login main/m)
    const found = await desk.type('', { command: doctor })
    assert.equal(found.code, 1)
    assert.match(found.stdout, /^FAULT {4}wechat main: LOGIN NEEDED.*\n {9}next: wechat login main/m)
    await scene.until('stats.json', () => {
      const { accounts } = scene.json('stats.json') as { accounts?: Record<string, { state: string }> }
      return accounts?.['wechat:main']?.state === 'login_needed'
    })
    assertNoSecrets(desk, ill.stdout, found.stdout, scene.text('stats.json'))
  })
})
