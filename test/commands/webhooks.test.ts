import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parseConfig } from '../../scripts/core/config.ts'
import { bodyOf, nextDeliveries } from '../../scripts/store/deliveries.ts'
import { lastRequests, logRequest, type RequestRecord } from '../../scripts/store/request-log.ts'
import { pauseSink, sinkState } from '../../scripts/store/sinks.ts'
import { runProgram } from '../support/child.ts'
import { createWebhookDesk, giveUp } from '../support/webhook-commands.ts'

const LOG_URL = 'https://log.example.com/events'

describe('the commands of the tutorial', () => {
  test('all do what it says, in its order', async () => {
    const { type, section } = createWebhookDesk()
    const steps: readonly [line: string, says: RegExp][] = [
      ['list', /^Inbound\n {2}none\nOutbound\n {2}none$/m],
      [
        'set-inbound telegram --url https://gateway.example.com/webhook/telegram --verify-signature --secret telegram-words --channel telegram-main',
        /^Created telegram/,
      ],
      ['show telegram', /^Signature verification: on$/m],
      [
        `create event-logger --url ${LOG_URL} --events message.received,message.sent --secret webhook-signing-secret`,
        /^Created event-logger/,
      ],
      [
        'list',
        /^ {2}telegram {2}\/webhook\/telegram {2}✓ Active {2}telegram-main\nOutbound\n {2}event-logger {2}✓ Active {2}https:\/\/log\.example\.com\/events$/m,
      ],
      ['update event-logger --events message.received,message.sent,error', /^Changed event-logger: events/],
      ['update event-logger --retries 5 --retry-delay 10000 --timeout 20000 --retry-status 500,502', /retryDelay/],
      ['show event-logger', /^Events: message\.received, message\.sent, message\.error$/m],
      ['pause event-logger', /events are queued, not sent/],
      ['list', /event-logger {2}✗ Inactive/],
      ['resume event-logger', /what waits goes out first, in order/],
      ['logs event-logger --last 50', /^No such requests yet\.$/m],
      ['logs event-logger --failed', /^No such requests yet\.$/m],
      ['delete event-logger --yes', /^Deleted event-logger\.$/m],
      ['delete telegram --yes', /^Deleted telegram\.$/m],
    ]
    for (const [line, says] of steps) {
      const { code, stdout, stderr } = await type(line)
      assert.equal(code, 0, `${line}: ${stderr}`)
      assert.match(stdout, says, line)
    }
    assert.deepEqual(section(), { inbound: {}, outbound: {} })
  })

  test('work in the program, and say in each language what is wrong', async () => {
    const { folder } = createWebhookDesk()
    const im = (...words: string[]) => runProgram(['webhooks', ...words, '--data-dir', folder.path])
    const made = await im('create', 'ops', '--url', LOG_URL, '--events', 'message.received', '--json')
    assert.equal(made.code, 0, made.stderr)
    assert.deepEqual(JSON.parse(made.stdout), { name: 'ops', direction: 'outbound', created: true, signed: false })
    const again = await im('create', 'ops', '--url', LOG_URL, '--events', 'message.received', '--lang', 'zh')
    assert.equal(again.code, 1)
    assert.match(again.stderr, /已有名为 "ops" 的出站 webhook.*\n.*下一步：.*webhooks update/)
  })
})

describe('webhooks create', () => {
  test('writes config.json before anybody is registered, for this user alone', async () => {
    const { type, folder, section } = createWebhookDesk()
    await type(`create ops --url ${LOG_URL} --events *`)
    const path = folder.file('config.json')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(section(), { outbound: { ops: { url: LOG_URL, events: ['*'] } } })
    assert.equal(parseConfig(readFileSync(path, 'utf8')).config.webhooks.outbound[0]?.name, 'ops')
  })

  test('leaves all else in the file as it stands there', async () => {
    const { type, folder } = createWebhookDesk()
    const path = folder.file('config.json')
    const before = {
      zzz: [1, { own: null }],
      token: 't',
      webhooks: { outbound: {} },
      base_url: 'https://r.example.org',
      my_id: 7,
    }
    writeFileSync(path, `\ufeff${JSON.stringify(before)}`)
    await type(`create ops --url ${LOG_URL}`)
    assert.equal(
      readFileSync(path, 'utf8'),
      `${JSON.stringify({ ...before, webhooks: { outbound: { ops: { url: LOG_URL } } } }, null, 2)}\n`,
    )
  })

  test('takes each name once, over both directions', async () => {
    const { type } = createWebhookDesk()
    await type('set-inbound a --url https://x.example.org/a')
    await type(`create b --url ${LOG_URL}`)
    for (const line of [
      `create a --url ${LOG_URL}`,
      `create b --url ${LOG_URL}`,
      'set-inbound b --url https://x.example.org',
    ])
      assert.equal((await type(line)).code, 1, line)
    assert.equal((await type('update a --retries 1')).code, 1)
  })

  test('says which events there are when one of them is not', async () => {
    const { code, stderr } = await createWebhookDesk().type(`create a --url ${LOG_URL} --events message.recieved`)
    assert.equal(code, 2)
    assert.match(stderr, /message\.received, message\.sent, message\.error, channel\.connected/)
  })
})

describe('a secret', () => {
  const typed = 'sësame is not whispered'

  test('comes from stdin, from the environment or from the command line, and is shown by nothing', async () => {
    const desk = createWebhookDesk()
    const { type, section } = desk
    let all = ''
    const run = async (line: string, given?: Parameters<typeof type>[1]) => {
      const { stdout, stderr } = await type(line, given)
      all += stdout + stderr
    }
    await run(`create a --url ${LOG_URL} --secret-stdin`, { stdin: `${typed}\n` })
    await run(`create b --url ${LOG_URL} --secret-env HOOK_WORDS`, { variables: { HOOK_WORDS: typed } })
    await run(`create c --url ${LOG_URL} --secret "${typed}"`)
    await run('set-inbound d --url https://x.example.org --secret-stdin', { stdin: typed })
    const { inbound = {}, outbound = {} } = section()
    for (const one of [outbound['a'], outbound['b'], outbound['c'], inbound['d']]) assert.equal(one?.['secret'], typed)
    for (const line of ['list', 'show a', 'show d', 'update a --retries 2', 'logs a', 'pause a', 'delete b --yes']) {
      await run(line)
      all += JSON.stringify(await desk.json(line.replace('--retries 2', '--retries 3')))
    }
    assert.ok(!all.includes(typed))
    assert.match(all, /^Secret: set$/m)
    assert.match(all, /"secret":"set"/)
  })

  test('comes from one place, and is one line', async () => {
    const { type } = createWebhookDesk()
    const wrong: readonly [string, Parameters<typeof type>[1]][] = [
      ['--secret a --secret-stdin', { stdin: 'a' }],
      ['--secret-stdin', { stdin: '\n' }],
      ['--secret-stdin', { stdin: 'a\nb' }],
      ['--secret-stdin', { stdin: 'x'.repeat(257) }],
      ['--secret-env HOOK_WORDS', {}],
      ['--secret-env HOOK_WORDS', { variables: { HOOK_WORDS: '' } }],
    ]
    for (const [options, given] of wrong) {
      assert.equal((await type(`create a --url ${LOG_URL} ${options}`, given)).code, 2, options)
    }
  })

  test('is made where there is none, printed once, and only by us', async () => {
    const { type, json, section } = createWebhookDesk()
    const { stdout } = await type('set-inbound telegram --url https://x.example.org --verify-signature')
    const made = /^Secret: ([\w-]{43})$/m.exec(stdout)?.[1]
    assert.equal(section().inbound?.['telegram']?.['secret'], made)
    assert.doesNotMatch((await type('set-inbound telegram --verify-signature')).stdout, /Secret/)
    assert.equal(section().inbound?.['telegram']?.['secret'], made)
    const another = await json('set-inbound other --url https://x.example.org')
    assert.match(String(another['secret']), /^[\w-]{43}$/)
    assert.notEqual(another['secret'], made)
    // Theirs are made by them.
    assert.deepEqual(pick(await json('set-inbound slack --url https://x.example.org'), 'secret', 'lacks'), [
      null,
      'secret',
    ])
    assert.deepEqual(pick(await json('set-inbound discord --url https://x.example.org'), 'secret', 'lacks'), [
      null,
      'public_key',
    ])
    const key = 'ab'.repeat(32)
    assert.deepEqual(pick(await json(`set-inbound discord --public-key ${key}`), 'secret', 'lacks'), [null, null])
  })
})

describe('webhooks set-inbound', () => {
  test('makes one that checks signatures, though nobody said so', async () => {
    const { type, section } = createWebhookDesk()
    await type('set-inbound a --url https://x.example.org/in')
    const { secret, ...others } = section().inbound?.['a'] ?? {}
    assert.equal(typeof secret, 'string')
    assert.deepEqual(others, { path: '/webhook/a', url: 'https://x.example.org/in', verifySignature: true })
  })

  test('changes only what is given', async () => {
    const { type, section, folder } = createWebhookDesk()
    const settings = { verifySignature: false, channel: 'old', url: 'https://x.example.org' }
    writeFileSync(
      folder.file('config.json'),
      JSON.stringify({ base_url: 'https://r.example.org', token: 't', webhooks: { inbound: { a: settings } } }),
    )
    await type('set-inbound a --channel new')
    assert.deepEqual(section().inbound?.['a'], { ...settings, channel: 'new' })
    await type('set-inbound a --secret words')
    assert.deepEqual(section().inbound?.['a'], { ...settings, channel: 'new', secret: 'words', verifySignature: true })
  })

  test('does not make one out of a name that is only misspelled', async () => {
    const { type } = createWebhookDesk()
    const { code, stderr } = await type('set-inbound telegarm --channel x')
    assert.equal(code, 2)
    assert.match(stderr, /There is no inbound webhook "telegarm"/)
  })
})

describe('webhooks show', () => {
  const request = (change: Partial<RequestRecord>): RequestRecord => ({
    name: 'webhook:a',
    direction: 'in',
    at: '2026-03-09T10:00:00Z',
    eventId: null,
    event: null,
    attempt: 1,
    httpStatus: 200,
    ok: true,
    durationMs: 3,
    error: null,
    bytes: 10,
    test: false,
    ...change,
  })
  const before = (ms: number) => `${new Date(Date.now() - ms).toISOString().slice(0, 19)}Z`

  test('tells of an inbound one when it was last used, and how often today', async () => {
    const { type, json, withDatabase } = createWebhookDesk()
    await type('set-inbound a --url https://x.example.org')
    assert.match((await type('show a')).stdout, /^Last received: never\nMessages today: 0$/m)
    withDatabase(database => {
      logRequest(database, request({ at: before(3 * 86_400_000) }))
      logRequest(database, request({ at: before(150_000) }))
      logRequest(database, request({ at: before(60_000), ok: false, httpStatus: 401, error: 'bad_signature' }))
      logRequest(database, request({ at: before(1000), test: true }))
    })
    const { stdout } = await type('show a')
    assert.match(stdout, /^Last received: 2 minutes ago$/m)
    // Of the two that count, at midnight neither is from today.
    assert.ok([0, 1].includes(Number((await json('show a'))['messages_today'])))
    assert.match((await type('show a', { language: 'zh' })).stdout, /^最近收到: 2 分钟前$/m)
  })

  test('tells of an outbound one how it fares', async () => {
    const { type, json, withDatabase } = createWebhookDesk()
    await type(`create a --url ${LOG_URL}?key=hidden --events message.sent`)
    withDatabase(database => giveUp(database, 'webhook:a', ['evt_1', 'evt_2']))
    const { stdout } = await type('show a')
    for (const line of [
      'URL: https://log.example.com/events?…',
      'Events: message.sent',
      'Status: ✓ Active',
      'Secret: not set: not signed',
      'Retries: 3',
      'Retry delay: 5000 ms',
      'Timeout: 10000 ms',
      'Tried again at: 500, 502, 503, 504, 429',
      'Queue: 0 waiting, 2 dead letters',
      'Last success: never',
    ])
      assert.ok(stdout.includes(`${line}\n`), line)
    assert.match(stdout, /^Last failure: \d+ days ago \(http_404\)$/m)
    const facts = await json('show a')
    assert.deepEqual(pick(facts, 'active', 'dead', 'last_success_utc', 'last_failure_utc'), [
      true,
      2,
      null,
      '2026-03-09T10:05:00Z',
    ])
    assert.doesNotMatch(stdout + JSON.stringify(facts) + (await type('list')).stdout, /hidden/)
  })

  test('says when the receiver wants no more, and resume tries it again', async () => {
    const { type, json, withDatabase } = createWebhookDesk()
    await type(`create a --url ${LOG_URL}`)
    withDatabase(database => {
      giveUp(database, 'webhook:a', [])
      pauseSink(database, 'webhook:a', 'http_410')
    })
    assert.match((await type('show a')).stdout, /^Status: ✗ Inactive: the receiver wants no more \(http_410\)/m)
    assert.match((await type('list')).stdout, /✗ Inactive .*stopped by http_410/)
    assert.deepEqual(pick(await json('show a'), 'active', 'paused_by'), [false, 'http_410'])
    await type('resume a')
    assert.deepEqual(pick(await json('show a'), 'active', 'paused_by'), [true, null])
    await type('pause a')
    assert.deepEqual(pick(await json('show a'), 'active', 'paused_by'), [false, 'owner'])
  })
})

describe('webhooks logs', () => {
  const log = (desk: ReturnType<typeof createWebhookDesk>, name: string, outcomes: readonly (number | null)[]) =>
    desk.withDatabase(database => {
      for (const [i, httpStatus] of outcomes.entries()) {
        logRequest(database, {
          name,
          direction: 'out',
          at: `2026-03-09T10:00:0${i}Z`,
          eventId: `evt_${i}`,
          event: 'message.received',
          attempt: i + 1,
          httpStatus,
          ok: httpStatus === 200,
          durationMs: i,
          error: httpStatus === 200 ? null : httpStatus === null ? 'ECONNREFUSED' : `http_${httpStatus}`,
          bytes: 100,
          test: false,
        })
      }
    })

  test('shows the newest last, as many as were asked for', async () => {
    const desk = createWebhookDesk()
    await desk.type(`create a --url ${LOG_URL}`)
    log(desk, 'webhook:a', [null, 500, 200])
    assert.deepEqual((await desk.type('logs a')).stdout.split('\n').slice(0, -1), [
      '2026-03-09T10:00:00Z  ✗  out  message.received  evt_0  no answer  0 ms  ECONNREFUSED',
      '2026-03-09T10:00:01Z  ✗  out  message.received  evt_1  try 2  500  1 ms',
      '2026-03-09T10:00:02Z  ✓  out  message.received  evt_2  try 3  200  2 ms',
    ])
    assert.match((await desk.type('logs a --last 1')).stdout, /^2026-03-09T10:00:02Z.*\n$/)
    for (const last of ['0', 'x', '10001']) assert.equal((await desk.type(`logs a --last ${last}`)).code, 2)
    const { requests } = (await desk.json('logs a --last 1')) as { requests: object[] }
    assert.deepEqual(requests, [
      {
        at: '2026-03-09T10:00:02Z',
        direction: 'out',
        event_id: 'evt_2',
        event: 'message.received',
        attempt: 3,
        http_status: 200,
        ok: true,
        duration_ms: 2,
        error: null,
        bytes: 100,
        test: false,
      },
    ])
  })

  test('with --failed shows failures and dead letters only, and how to send those again', async () => {
    const desk = createWebhookDesk()
    await desk.type(`create a --url ${LOG_URL}`)
    log(desk, 'webhook:a', [200, 404])
    desk.withDatabase(database => giveUp(database, 'webhook:a', ['evt_1']))
    const { stdout } = await desk.type('logs a --failed')
    assert.doesNotMatch(stdout, /✓/)
    assert.match(
      stdout,
      /webhooks redeliver a --failed\n {2}2026-03-09T10:00:00Z {2}message\.received {2}evt_1 {2}1 tries {2}http_404$/m,
    )
    const facts = await desk.json('logs a --failed')
    assert.deepEqual(facts['dead_letters'], [
      { event_id: 'evt_1', event: 'message.received', at: '2026-03-09T10:00:00Z', attempts: 1, reason: 'http_404' },
    ])
  })

  test('stays when the webhook goes, and is there for what is no webhook', async () => {
    const desk = createWebhookDesk()
    await desk.type(`create a --url ${LOG_URL}`)
    for (const name of ['webhook:a', 'wechat_abot', 'wake']) log(desk, name, [200])
    await desk.type('delete a --yes')
    for (const name of ['a', 'wechat_abot', 'wake'])
      assert.match((await desk.type(`logs ${name}`)).stdout, /evt_0/, name)
    assert.equal((await desk.type('logs b')).code, 1)
  })

  test('an id that a sender chose does nothing to the terminal', async () => {
    const desk = createWebhookDesk()
    await desk.type('set-inbound a --url https://x.example.org')
    desk.withDatabase(database =>
      logRequest(database, {
        name: 'webhook:a',
        direction: 'in',
        at: '2026-03-09T10:00:00Z',
        eventId: 'x\u001b[2J\nforged  ✓',
        event: null,
        attempt: 1,
        httpStatus: 200,
        ok: true,
        durationMs: 1,
        error: null,
        bytes: 1,
        test: false,
      }),
    )
    const { stdout } = await desk.type('logs a')
    assert.equal(stdout.split('\n').length, 2)
    assert.ok(!stdout.includes('\u001b'))
  })
})

describe('webhooks redeliver', () => {
  test('lets dead letters wait again, all of them or one, with all their tries before them', async () => {
    const desk = createWebhookDesk()
    await desk.type(`create a --url ${LOG_URL}`)
    desk.withDatabase(database => giveUp(database, 'webhook:a', ['evt_1', 'evt_2', 'evt_3']))
    assert.deepEqual(await desk.json('redeliver a --id evt_2'), { code: 0, name: 'a', redelivered: 1 })
    assert.equal((await desk.type('redeliver a --id evt_2')).code, 1)
    assert.match((await desk.type('redeliver a --failed')).stdout, /^2 wait to be sent again\.$/m)
    assert.match((await desk.type('redeliver a --failed')).stdout, /^There are no dead letters\.$/m)
    desk.withDatabase(database => {
      const waiting = nextDeliveries(database, 'webhook:a', { now: 0, limit: 9 })
      assert.deepEqual(
        waiting.map(one => [one.eventId, one.attempts]),
        [
          ['evt_1', 0],
          ['evt_2', 0],
          ['evt_3', 0],
        ],
      )
      assert.deepEqual(bodyOf(database, waiting[0]?.id ?? 0), new Uint8Array(Buffer.from('{}')))
      assert.equal(sinkState(database, 'webhook:a')?.waiting, 3)
    })
  })

  test('is for wechat_abot too, and for nothing that only takes in', async () => {
    const desk = createWebhookDesk()
    await desk.type('set-inbound a --url https://x.example.org')
    desk.withDatabase(database => giveUp(database, 'wechat_abot', ['evt_1']))
    assert.deepEqual(await desk.json('redeliver wechat_abot --failed'), {
      code: 0,
      name: 'wechat_abot',
      redelivered: 1,
    })
    for (const line of ['redeliver a --failed', 'redeliver b --failed']) assert.equal((await desk.type(line)).code, 1)
    for (const line of ['redeliver a', 'redeliver a --failed --id evt_1', 'pause wechat_abot'])
      assert.equal((await desk.type(line)).code, 2, line)
  })
})

describe('webhooks delete', () => {
  test('takes the queue along and leaves the log, once the owner agreed', async () => {
    const desk = createWebhookDesk()
    for (const name of ['a', 'b']) await desk.type(`create ${name} --url ${LOG_URL}`)
    desk.withDatabase(database => {
      giveUp(database, 'webhook:a', ['evt_1', 'evt_2'], ['webhook:a', 'webhook:b'])
      giveUp(database, 'webhook:b', ['evt_3'], ['webhook:a', 'webhook:b'])
      logRequest(database, { ...LOGGED, name: 'webhook:a' })
    })
    const asked = await desk.type('delete a')
    assert.equal(asked.code, 2)
    assert.match(asked.stdout, /^2 events that were not delivered go with it; the log stays\.$/m)
    assert.match(asked.stderr, /^Nothing was changed\. With --yes it is done\.$/m)
    assert.ok('a' in (desk.section().outbound ?? {}))

    assert.equal((await desk.type('delete a --yes')).code, 0)
    assert.deepEqual(Object.keys(desk.section().outbound ?? {}), ['b'])
    desk.withDatabase(database => {
      assert.equal(sinkState(database, 'webhook:a'), null)
      assert.equal(sinkState(database, 'webhook:b')?.dead, 1)
      assert.equal(lastRequests(database, 'webhook:a', { limit: 9 }).length, 1)
    })
    assert.equal((await desk.type('delete a --yes')).code, 1)
  })
})

const LOGGED: RequestRecord = {
  name: '',
  direction: 'out',
  at: '2026-03-09T10:00:00Z',
  eventId: 'evt_1',
  event: 'message.received',
  attempt: 1,
  httpStatus: 404,
  ok: false,
  durationMs: 1,
  error: 'http_404',
  bytes: 1,
  test: false,
}

describe('a command line that is wrong', () => {
  test('is refused before anything is done', async () => {
    const { type, section } = createWebhookDesk()
    await type(`create a --url ${LOG_URL}`)
    const before = section()
    const wrong = [
      '',
      'lsit',
      'list a',
      'show',
      'show a b',
      'show A',
      'show ../a',
      'create b',
      'create b --url ftp://x',
      'create b --url http://169.254.169.254/',
      `create b --url ${LOG_URL} --events ,`,
      `create b --url ${LOG_URL} --retries 1`,
      `create b --url ${LOG_URL} --inbound`,
      'update a',
      'update a --retries 11',
      'update a --retries -1',
      'update a --retry-delay 99',
      'update a --timeout 60001',
      'update a --retry-status 200',
      'update a --retry-status 500,x',
      'set-inbound b',
      'set-inbound b --url https://x.example.org --public-key 12',
      'pause a --yes',
      'test a --inbound',
    ]
    for (const line of wrong) assert.equal((await type(line).catch(() => ({ code: 2 }))).code, 2, line)
    for (const line of ['show b', 'pause b', 'resume b', 'delete b --yes', 'test b', 'update b --retries 1'])
      assert.equal((await type(line)).code, 1, line)
    assert.deepEqual(section(), before)
  })
})

describe('a config.json that can not be used', () => {
  test('is said, and never written over', async () => {
    const { type, folder } = createWebhookDesk()
    const path = folder.file('config.json')
    const broken = [
      '{"token": "words",',
      '[]',
      '{"token":"words"}',
      '{"base_url":"https://r.example.org","token":"words","webhooks":[]}',
    ]
    for (const text of broken) {
      writeFileSync(path, text)
      for (const line of ['list', `create a --url ${LOG_URL}`, 'set-inbound a --url https://x.example.org']) {
        const { code, stderr } = await type(line)
        assert.equal(code, 1, `${text} ${line}`)
        assert.match(stderr, /config\.json can not be used/)
        assert.doesNotMatch(stderr, /words/)
      }
      assert.equal(readFileSync(path, 'utf8'), text)
    }
  })

  test('is mended by the command that changes what is wrong with it', async () => {
    const { type, folder, section } = createWebhookDesk()
    const a = { url: LOG_URL, retries: 99 }
    writeFileSync(
      folder.file('config.json'),
      JSON.stringify({ base_url: 'https://r.example.org', token: 't', webhooks: { outbound: { a } } }),
    )
    assert.equal((await type('list')).code, 1)
    assert.equal((await type('update a --retries 9')).code, 0)
    assert.equal(section().outbound?.['a']?.['retries'], 9)
  })
})

test('edits that come together are all made', async () => {
  const { type, section } = createWebhookDesk()
  const names = ['a', 'b', 'c', 'd']
  const made = await Promise.all(names.map(name => type(`create ${name} --url ${LOG_URL}`)))
  assert.deepEqual(
    made.map(one => one.code),
    [0, 0, 0, 0],
  )
  assert.deepEqual(Object.keys(section().outbound ?? {}).sort(), names)
})

function pick(facts: Record<string, unknown>, ...keys: readonly string[]): unknown[] {
  return keys.map(key => facts[key])
}
