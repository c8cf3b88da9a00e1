import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { assertNoSecrets, createWechatDesk, type WechatDesk } from './desk.ts'

const timeout = 30_000
const ANOTHER = 'oAnother_Person@im.wechat'

function names({ accounts }: WechatDesk): string[] {
  return accounts()
    .map(one => one.name)
    .sort()
}

function states(running: { told(): Record<string, unknown>[] }): unknown[] {
  return running.told().map(one => one['state'])
}

describe('wechat login', () => {
  test('that is scanned and confirmed saves the account, and says what comes next', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin(`login --svg ${desk.path('code.svg')}`)
    const shown = await running.code(1)
    desk.phone.scan(shown)
    await running.until('the scan', () => running.said.stderr.includes('scanned'))
    desk.phone.confirm(shown)
    const { code, stdout, stderr } = await running.end()
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^Logged in as main\.\n/)
    assert.match(stdout, /only who wrote can be answered/)
    assert.match(stdout, /npm run sse/)
    assert.match(stderr, /Code 1 of 3\n.*\nPicture: .*code\.svg\nwaiting for the scan\nscanned: confirm/s)
    const [bot] = desk.controls.bots()
    assert.deepEqual(desk.accounts(), [
      {
        name: 'main',
        botId: bot?.id,
        token: bot?.token,
        userId: bot?.userId,
        baseUrl: desk.simulator.url,
        savedAt: desk.accounts()[0]?.savedAt,
      },
    ])
    assertNoSecrets(desk, stdout, stderr)
    assert.deepEqual(desk.controls.violations(), [])
  })

  test('tells programs each state in a line, and never the link unless it is asked for', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin(`login --svg ${desk.path('code.svg')}`, { json: true })
    const shown = await running.code(1)
    desk.phone.scan(shown)
    await running.until('the scan', () => states(running).includes('scanned'))
    desk.phone.confirm(shown)
    const { code, stdout } = await running.end()
    assert.equal(code, 0)
    assert.deepEqual(states(running), ['code', 'waiting', 'scanned', 'logged_in'])
    const [first, , , last] = running.told()
    assert.deepEqual(first, { state: 'code', code: 1, of: 3, svg: desk.path('code.svg'), expires_in_sec: 300 })
    const [bot] = desk.controls.bots()
    assert.deepEqual(last, {
      state: 'logged_in',
      account: 'main',
      renewed: false,
      asked_for: null,
      bot_id: bot?.id,
      user: bot?.userId,
      daemon_running: false,
    })
    assertNoSecrets(desk, stdout)
  })

  test('shows the link to whoever asks for it by name', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login --show-link', { json: true })
    await running.code(1)
    await running.until('the code', () => running.told().length > 0)
    assert.equal(running.told()[0]?.['link'], desk.controls.lastQr()?.link)
    running.interrupt()
    await running.end()
  })

  test('is followed to another data centre', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login --show-link', { json: true })
    await running.scan(1, { redirect: 'with host' })
    assert.equal((await running.end()).code, 0)
    assert.ok(states(running).includes('redirected'))
    assert.equal(desk.accounts()[0]?.baseUrl, desk.simulator.redirectUrl)
  })

  test('takes the number that the phone shows from stdin, and says when it was wrong', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login --show-link', { json: true })
    const code = await running.code(1)
    desk.phone.scan(code, { verifyCode: '42' })
    const asked = () => running.told().filter(one => one['state'] === 'verify_code_needed')
    await running.until('the question', () => asked().length === 1)
    running.write('41\n')
    await running.until('the second question', () => asked().length === 2)
    running.write('4 2\n')
    await running.until('the third question', () => asked().length === 3)
    running.write(' 42 \n')
    await running.until('the button', () => states(running).includes('scanned'))
    desk.phone.confirm(code)
    assert.equal((await running.end()).code, 0)
    assert.deepEqual(
      asked().map(one => one['was_wrong']),
      [false, true, true],
    )
    const sent = desk.controls.requests('get_qrcode_status').map(({ query }) => query['verify_code'])
    assert.deepEqual([...new Set(sent)], [undefined, '41', '42'], 'what can be no number is not sent')
  })

  test('asks for the number at a terminal, and nothing is put over what is typed there', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login', { terminal: true, errorTerminal: true })
    const code = await running.code(1)
    desk.phone.scan(code, { verifyCode: '42' })
    await running.until('the question', () => running.said.stderr.endsWith('Type it here, then Enter: '))
    desk.clock.advance(5000)
    assert.ok(running.said.stderr.endsWith('Type it here, then Enter: '))
    running.write('41\n')
    await running.until('the second question', () => running.said.stderr.endsWith('not right. Once more: '))
    running.write('42\n')
    await running.until('the button', () => running.said.stderr.includes('confirm it on the phone'))
    desk.phone.confirm(code)
    assert.equal((await running.end()).code, 0)
  })

  test('without anybody who could tell the number ends, and says where it can be told', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login --show-link', { stdin: '' })
    desk.phone.scan(await running.code(1), { verifyCode: '42' })
    const { code, stderr } = await running.end()
    assert.equal(code, 1)
    assert.match(stderr, /nobody told it here.*at a terminal, or as a line on stdin/s)
    assert.deepEqual(names(desk), [])
  })

  test('ends after three codes, each of which replaces the picture', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const path = desk.path('code.svg')
    const running = desk.begin(`login --svg ${path}`, { json: true })
    const pictures: string[] = []
    for (const number of [1, 2, 3]) {
      const code = await running.code(number)
      await running.until('the picture', () => states(running).filter(one => one === 'code').length === number)
      pictures.push(readFileSync(path, 'utf8'))
      desk.controls.expireQr(code)
    }
    const { code, stderr } = await running.end()
    assert.equal(code, 1)
    assert.match(stderr, /Three QR codes were shown/)
    assert.equal(new Set(pictures).size, 3)
    assert.equal(states(running).filter(one => one === 'expired').length, 3)
    assert.deepEqual(running.told().at(-1), { state: 'failed', reason: 'no_more_codes' })
    assert.ok(!existsSync(path))
  })

  test('gives up after the time that was given', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login --show-link --timeout 20')
    await running.code(1)
    const { code, stderr } = await running.end()
    assert.equal(code, 1)
    assert.match(stderr, /Nobody logged in within 20 seconds/)
  })

  test('says what to do when WeChat is not reached', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    desk.controls.fault({ route: 'qr', fault: { kind: 'http', status: 502 }, times: 'always' })
    const { code, stderr } = await desk.begin('login --show-link').end()
    assert.equal(code, 1)
    assert.match(stderr, /gave no QR code.*HTTPS_PROXY/s)
  })

  test('that is interrupted changes nothing, and leaves no picture', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const path = desk.path('code.svg')
    const running = desk.begin(`login --svg ${path}`)
    await running.code(1)
    await running.until('the picture', () => existsSync(path))
    running.interrupt()
    assert.equal((await running.end()).code, 130)
    assert.ok(!existsSync(path))
    assert.deepEqual(names(desk), [])
  })
})

describe('the picture of a login', () => {
  test('can be read by its owner alone', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const path = desk.path('code.svg')
    const running = desk.begin(`login --svg ${path}`)
    await running.until('the picture', () => existsSync(path))
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.match(readFileSync(path, 'utf8'), /<svg /)
    running.interrupt()
    await running.end()
  })

  test('never takes the place of something else', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const path = desk.path('notes.svg')
    writeFileSync(path, '<svg>mine</svg>')
    const { code, stderr } = await desk.type(`login --svg ${path}`)
    assert.equal(code, 1)
    assert.match(stderr, /is there already/)
    assert.equal(readFileSync(path, 'utf8'), '<svg>mine</svg>')
    assert.equal(desk.controls.requests().length, 0)
  })

  test('is needed where there is no terminal: nothing is asked for that nobody could scan', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    for (const json of [false, true]) {
      const { code, stdout, stderr } = await desk.type('login', { json })
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.match(stderr, /--svg FILE/)
    }
    assert.equal(desk.controls.requests().length, 0)
  })

  test('is drawn in white and black on a terminal, above a line that counts down', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login', { terminal: true, errorTerminal: true })
    await running.until('the countdown', () =>
      running.said.stderr.includes('Code 1 of 3 · waiting for the scan · 4:50'),
    )
    assert.match(running.said.stderr, /\r4?.*Code 1 of 3 · waiting for the scan · 4:5\d at most/)
    assert.ok(running.said.stderr.includes('\u001b[38;5;231;48;5;16m█'))
    assert.equal(running.said.stdout, '')
    assert.ok(!running.said.stderr.includes(desk.controls.lastQr()?.link ?? assert.fail()))
    desk.controls.expireQr(await running.code(1))
    await running.until('the next code', () => running.said.stderr.includes('Code 2 of 3'))
    assert.match(running.said.stderr, /Code 1 of 3 · this code has expired\n/)
    running.interrupt()
    await running.end()
  })

  test('that a terminal has no room for is not drawn in pieces', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const running = desk.begin('login', { terminal: true, errorTerminal: true, columns: 20 })
    await running.until('the word', () => /too narrow.*--svg FILE/s.test(running.said.stderr))
    assert.ok(!running.said.stderr.includes('█'))
    running.interrupt()
    await running.end()
  })
})

describe('the name of an account', () => {
  test('is the next free one, or the one that was given', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    desk.signIn('main', ANOTHER)
    const second = desk.begin('login --show-link')
    await second.scan(1)
    assert.match((await second.end()).stdout, /^Logged in as main-2\./)
    const third = desk.begin('login work --show-link')
    await third.scan(1, { user: 'oThird@im.wechat' })
    assert.match((await third.end()).stdout, /^Logged in as work\.\n {2}Scanned by/)
    assert.deepEqual(names(desk), ['main', 'main-2', 'work'])
  })

  test('that belongs to somebody else is never taken', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const theirs = desk.signIn('work', ANOTHER)
    const running = desk.begin('login work --show-link', { language: 'zh' })
    await running.scan(1)
    const { stdout } = await running.end()
    assert.match(stdout, /账号名：work-2。\n名称 work 已属于他人，因此命名为 work-2。/)
    assert.equal(desk.accounts().find(one => one.name === 'work')?.token, theirs.token)
  })

  test('stays when the same person logs in again, after another one has taken the bot', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const before = desk.signIn('work')
    desk.controls.bind()
    const running = desk.begin('login other --show-link')
    await running.scan(1)
    const { stdout } = await running.end()
    assert.match(stdout, /^Logged in as work\.\nWhoever scanned has that account here already/)
    assert.deepEqual(names(desk), ['work'])
    assert.notEqual(desk.accounts()[0]?.token, before.token)
  })

  test('has to be one that addresses can hold', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    for (const name of ['a/b', 'Main', '-x', 'x'.repeat(41)]) {
      assert.equal((await desk.type(`login -- ${name}`)).code, 2, name)
    }
    assert.equal(desk.controls.requests().length, 0)
  })
})

describe('a login of somebody who is signed in here', () => {
  test('finds the account whose login is valid, and changes nothing', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const bot = desk.signIn('main')
    const other = desk.signIn('work', ANOTHER)
    desk.controls.revoke(other.token)
    const running = desk.begin('login --show-link', { json: true })
    desk.phone.scan(await running.code(1))
    const { code, stdout } = await running.end()
    assert.equal(code, 0)
    assert.deepEqual(running.told().at(-1), { state: 'already_bound', accounts: ['main'] })
    assert.equal(desk.accounts().find(one => one.name === 'main')?.token, bot.token)
    assertNoSecrets(desk, stdout.replace(desk.controls.lastQr()?.link ?? '', ''))
    assert.deepEqual(desk.controls.violations(), [])
  })

  test('says to bind anew where none of the logins is valid, and then does so', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    const bot = desk.signIn('main')
    const running = desk.begin('login --show-link')
    desk.phone.scan(await running.code(1))
    desk.controls.revoke(bot.token)
    const { code, stderr } = await running.end()
    assert.equal(code, 1)
    assert.match(stderr, /wechat login --new/)

    const anew = desk.begin('login --new --show-link')
    await anew.scan(1)
    assert.match((await anew.end()).stdout, /^Logged in as main\./)
    const [first, second] = desk.controls.requests('get_bot_qrcode')
    assert.ok(first?.body.includes(bot.token))
    assert.deepEqual(JSON.parse(second?.body ?? ''), { local_token_list: [] })
  })

  test('says so when WeChat does not tell whether the login is valid', { timeout }, async t => {
    const desk = await createWechatDesk(t)
    desk.signIn('main')
    desk.controls.fault({ route: 'config', fault: { kind: 'http', status: 502 } })
    const running = desk.begin('login --show-link')
    desk.phone.scan(await running.code(1))
    const { code, stderr } = await running.end()
    assert.equal(code, 1)
    assert.match(stderr, /did not answer whether main is valid/)
  })
})
