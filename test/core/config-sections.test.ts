import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Config, isWeakSecret, parseConfig } from '../../scripts/core/config.ts'
import { readEnvironment } from '../../scripts/core/environment.ts'
import { ConfigError } from '../../scripts/core/errors.ts'
import { EVENT_NAMES } from '../../scripts/core/events.ts'
import type { Bilingual } from '../../scripts/core/i18n.ts'

const valid = { base_url: 'https://relay.example.org:8000', token: 'a'.repeat(32) }

function parse(sections: object, variables: Record<string, string> = {}): Config {
  return parseConfig(JSON.stringify({ ...valid, ...sections }), readEnvironment(variables).openclaw).config
}

function warningsOf(sections: object): string[] {
  return parseConfig(JSON.stringify({ ...valid, ...sections })).warnings.map(one => one.en)
}

/** What is wrong with it, in both languages. */
function faultsOf(sections: object, variables: Record<string, string> = {}): Bilingual {
  try {
    parse(sections, variables)
  } catch (error) {
    assert.ok(error instanceof ConfigError && typeof error.text === 'object', String(error))
    return error.text
  }
  throw new Error('it was taken')
}

const outbound = (settings: object) => ({
  webhooks: { outbound: { ops: { url: 'https://log.example.org', ...settings } } },
})
const inbound = (name: string, settings: object = {}) => ({ webhooks: { inbound: { [name]: settings } } })

describe('the section webhooks', () => {
  test('takes the JSON of the tutorial as it is', () => {
    const { webhooks } = parse({
      webhooks: {
        inbound: {
          telegram: {
            path: '/webhook/telegram',
            url: 'https://gateway.example.com/webhook/telegram',
            channel: 'telegram-main',
            enabled: true,
            verifySignature: true,
            secret: 'words',
            publicKey: null,
          },
        },
        outbound: {
          'event-logger': {
            url: 'https://log.example.com/events',
            events: ['message.received', 'message.sent'],
            secret: 'words',
            enabled: true,
            retries: 3,
            retryDelay: 5000,
            timeout: 10_000,
            retryStatusCodes: [500, 502, 503, 504],
          },
        },
      },
    })
    assert.deepEqual(webhooks, {
      inbound: [
        {
          name: 'telegram',
          path: '/webhook/telegram',
          url: 'https://gateway.example.com/webhook/telegram',
          channel: 'telegram-main',
          kind: 'telegram',
          enabled: true,
          verifySignature: true,
          secret: 'words',
          publicKey: null,
        },
      ],
      outbound: [
        {
          name: 'event-logger',
          url: 'https://log.example.com/events',
          events: ['message.received', 'message.sent'],
          secret: 'words',
          enabled: true,
          retries: 3,
          retryDelayMs: 5000,
          timeoutMs: 10_000,
          retryStatusCodes: [500, 502, 503, 504],
        },
      ],
    })
  })

  test('has the defaults of the tutorial for what is left out', () => {
    const [ops] = parse(outbound({})).webhooks.outbound
    assert.deepEqual(ops, {
      name: 'ops',
      url: 'https://log.example.org',
      events: EVENT_NAMES,
      secret: null,
      enabled: true,
      retries: 3,
      retryDelayMs: 5000,
      timeoutMs: 10_000,
      retryStatusCodes: [500, 502, 503, 504],
    })
    const [one] = parse(inbound('anything')).webhooks.inbound
    assert.deepEqual(
      [one?.path, one?.enabled, one?.verifySignature, one?.kind],
      ['/webhook/anything', true, true, 'generic'],
    )
  })

  test('knows the kind of an inbound one by its name, then by its channel, or is told', () => {
    const kindOf = (name: string, settings: object) => parse(inbound(name, settings)).webhooks.inbound[0]?.kind
    assert.equal(kindOf('discord-2', { channel: 'slack' }), 'discord')
    assert.equal(kindOf('x', { channel: 'Slack-ops' }), 'slack')
    assert.equal(kindOf('telegram', { kind: 'generic' }), 'generic')
  })

  test('takes error for message.error, * for all, and each event once', () => {
    const eventsOf = (events: string[]) => parse(outbound({ events })).webhooks.outbound[0]?.events
    assert.deepEqual(eventsOf(['error', 'message.error', 'message.sent']), ['message.sent', 'message.error'])
    assert.deepEqual(eventsOf(['message.sent', '*']), EVENT_NAMES)
    for (const events of [[], ['message.recieved'], ['webhook.test'], 'message.sent'])
      assert.match(faultsOf(outbound({ events })).en, /webhooks\.outbound\.ops\.events has a wrong value/)
  })

  test('holds each number to its bounds', () => {
    const bounds = { retries: [0, 10], retryDelay: [100, 600_000], timeout: [1000, 60_000] }
    for (const [key, [least = 0, most = 0]] of Object.entries(bounds)) {
      for (const value of [least, most]) assert.doesNotThrow(() => parse(outbound({ [key]: value })))
      for (const value of [least - 1, most + 1, least + 0.5, String(least), null])
        assert.match(faultsOf(outbound({ [key]: value })).en, new RegExp(`ops\\.${key} has a wrong value`))
    }
    for (const retryStatusCodes of [[399], [600], ['500'], 500])
      assert.match(faultsOf(outbound({ retryStatusCodes })).en, /retryStatusCodes has a wrong value/)
  })

  test('says all that is wrong at once, each with its path and in both languages, and repeats no value', () => {
    const { en, zh } = faultsOf({
      webhooks: {
        inbound: { 'Bad Name': {}, twice: { path: '/hidden', puth: 'hidden' } },
        outbound: { twice: { url: 'hidden', retries: 'hidden', retryDelai: 1 }, bare: {}, odd: 'hidden' },
        inbond: {},
      },
      wechat_abot: { botToken: 7, groups: { trigger: 'hidden', allow: [] } },
      wake: { mode: 'mapping', quietHours: 'hidden', agentId: 'a/b' },
      listener: { port: 70_000, publicUrls: ['hidden'] },
    })
    const said = [
      'webhooks.inbound."Bad Name" can not be a name',
      'webhooks.inbound.twice.path has a wrong value; it takes "/webhook/twice"',
      'webhooks.inbound.twice.puth is not known (did you mean "path"?)',
      'webhooks.outbound.twice.url has a wrong value',
      'webhooks.outbound.twice.retries has a wrong value; it takes a whole number from 0 to 10',
      'webhooks.outbound.twice.retryDelai is not known (did you mean "retryDelay"?)',
      'webhooks.outbound.bare.url is missing',
      'webhooks.outbound.odd has a wrong value',
      'webhooks.inbond is not known (did you mean "inbound"?)',
      'webhooks has "twice" under inbound and under outbound',
      'wechat_abot.botToken has a wrong value',
      'wechat_abot.groups.trigger has a wrong value',
      'wechat_abot.groups.allow is not known',
      'wake.token is missing',
      'wake.mapping is missing',
      'wake.quietHours has a wrong value',
      'wake.agentId has a wrong value',
      'listener.port has a wrong value',
      'listener.publicUrls has a wrong value',
    ]
    for (const one of said) assert.ok(en.includes(one), one)
    assert.equal(
      en.split('; ').filter(part => / is missing| wrong value| not known| be a name| is to be /.test(part)).length,
      said.length,
    )
    assert.equal(zh.match(/缺失|的值不正确|未知字段|不能作为名称|名称不能重复/g)?.length, said.length)
    assert.doesNotMatch(en + zh, /hidden/)
  })

  test('refuses what is no section, and takes null for one that is left out', () => {
    for (const webhooks of [7, [], 'x', { inbound: [] }, { outbound: { ops: null } }])
      assert.match(faultsOf({ webhooks }).en, /webhooks[.a-z]* has a wrong value; it takes an object/)
    const nothing = parse({ webhooks: null, wechat_abot: null, wake: null, listener: null })
    assert.deepEqual(nothing, parse({}))
    assert.deepEqual(parse({ webhooks: { inbound: null } }).webhooks, { inbound: [], outbound: [] })
  })

  test('names can be a part of an address and of a command line', () => {
    for (const name of ['a', '-', 'a-1', 'x'.repeat(40)]) assert.doesNotThrow(() => parse(inbound(name)))
    for (const name of ['', 'A', 'a_b', 'a/b', 'ä', 'x'.repeat(41), '.', 'a b'])
      assert.match(faultsOf(inbound(name)).en, /can not be a name/)
  })
})

describe('an address to push to', () => {
  const isTaken = (url: string) => {
    try {
      parse(outbound({ url }))
      return true
    } catch {
      return false
    }
  }

  test('is http or https, without credentials', () => {
    for (const url of ['https://x.example.org/a?b=c', 'http://192.168.1.2:99/x', 'http://n8n:5678'])
      assert.ok(isTaken(url), url)
    for (const url of [
      'ftp://x',
      'https://u:p@x',
      'https://u@x',
      'https://x/#a',
      'x',
      '',
      'file:///etc',
      `https://x/${'y'.repeat(2000)}`,
    ])
      assert.ok(!isTaken(url), url)
  })

  test('is never link-local, nor where clouds keep credentials, however it is written', () => {
    const hosts = [
      '169.254.169.254',
      '169.254.1.1.',
      '2852039166',
      '0xa9fea9fe',
      '0251.0376.0251.0376',
      '169.254.43518',
      '①⑥⑨.254.169.254',
      '[fe80::1]',
      '[febf::1]',
      '[::ffff:169.254.169.254]',
      '[0:0:0:0:0:ffff:a9fe:a9fe]',
      '[64:ff9b::169.254.169.254]',
      '[fd00:ec2::254]',
      'metadata.google.internal',
      'METADATA.google.internal.',
      'metadata',
      'instance-data.ec2.internal',
      '100.100.100.200',
      '168.63.129.16',
    ]
    for (const host of hosts) assert.ok(!isTaken(`http://${host}/latest`), host)
    for (const host of ['169.255.1.1', '[fec0::1]', '[fd00::1]', 'metadata-api.example.org', '10.0.0.1'])
      assert.ok(isTaken(`https://${host}/`), host)
  })

  test('over plain http is one warning, with the names, unless it stays on one’s own network', () => {
    const at = (url: string) => ({ webhooks: { inbound: { a: { url, secret: 's' } }, outbound: { b: { url } } } })
    for (const url of [
      'https://x.example.org',
      'http://127.0.0.1:1',
      'http://localhost',
      'http://[::1]',
      'http://10.1.2.3',
      'http://172.16.0.1',
      'http://172.31.0.1',
      'http://192.168.0.1',
      'http://[fd12::1]',
      'http://n8n:5678',
      'http://nas.local',
    ])
      assert.deepEqual(warningsOf(at(url)), [], url)
    for (const url of ['http://x.example.org', 'http://172.32.0.1', 'http://8.8.8.8', 'http://[2001:db8::1]'])
      assert.deepEqual(
        warningsOf(at(url)),
        ['Webhooks over plain http (a, b): secrets and texts can be read on the way. Prefer https.'],
        url,
      )
  })
})

test('an inbound webhook that could never accept anything is a warning', () => {
  const warned = (name: string, settings: object) => warningsOf(inbound(name, settings)).length
  assert.equal(warned('x', {}), 1)
  assert.equal(warned('x', { secret: '' }), 1)
  assert.equal(warned('discord', { secret: 's' }), 1)
  assert.equal(warned('discord', { publicKey: 'ab'.repeat(32) }), 0)
  assert.equal(warned('x', { secret: 's' }), 0)
  assert.equal(warned('x', { verifySignature: false }), 0)
})

describe('the section wechat_abot', () => {
  test('is off unless it is there and switched on', () => {
    assert.equal(parse({}).wechatAbot, null)
    assert.equal(parse({ wechat_abot: { enabled: false } }).wechatAbot, null)
    assert.equal(parse({}, { OPENCLAW_WEBHOOK_SECRET: 's', IM_BOT_TOKEN: 't' }).wechatAbot, null)
    assert.deepEqual(parse({ wechat_abot: {} }).wechatAbot, {
      webhookUrl: 'http://127.0.0.1:18789/wechat_abot/webhook',
      webhookSecret: null,
      botToken: null,
      intakeSecret: null,
      allowedIps: null,
      allowedRecipients: null,
      ownId: null,
      ownNames: [],
      groups: { trigger: 'mention', byGroup: {}, allowlist: [] },
    })
  })

  test('takes all that it is told', () => {
    const { wechatAbot } = parse({
      wechat_abot: {
        enabled: true,
        webhookUrl: 'https://claw.example.org/wechat_abot/webhook',
        webhookSecret: 'one',
        botToken: 'two',
        intakeSecret: 'three',
        allowedIps: ['127.0.0.1', '::1'],
        allowedRecipients: ['#2', '3', 'relay:4', 'wxid_a', '1@chatroom'],
        ownId: 'wxid_me',
        ownNames: ['小灯'],
        groups: { trigger: 'off', byGroup: { '1@chatroom': 'allowlist' }, allowlist: ['wxid_a'] },
      },
    })
    assert.deepEqual(wechatAbot, {
      webhookUrl: 'https://claw.example.org/wechat_abot/webhook',
      webhookSecret: 'one',
      botToken: 'two',
      intakeSecret: 'three',
      allowedIps: ['127.0.0.1', '::1'],
      allowedRecipients: ['relay:2', 'relay:3', 'relay:4', 'wxid_a', '1@chatroom'],
      ownId: 'wxid_me',
      ownNames: ['小灯'],
      groups: { trigger: 'off', byGroup: { '1@chatroom': 'allowlist' }, allowlist: ['wxid_a'] },
    })
  })

  test('what the environment names wins', () => {
    const { wechatAbot } = parse(
      { wechat_abot: { webhookSecret: 'file', botToken: 'file', webhookUrl: 'http://localhost:1' } },
      { OPENCLAW_WEBHOOK_SECRET: 'env one', IM_BOT_TOKEN: 'env two', OPENCLAW_WEBHOOK_URL: 'http://127.0.0.1:2/x' },
    )
    assert.deepEqual(
      [wechatAbot?.webhookSecret, wechatAbot?.botToken, wechatAbot?.webhookUrl],
      ['env one', 'env two', 'http://127.0.0.1:2/x'],
    )
    const empty = parse({ wechat_abot: { botToken: 'file' } }, { IM_BOT_TOKEN: '' })
    assert.equal(empty.wechatAbot?.botToken, 'file')
  })

  test('its secrets leave the machine only encrypted', () => {
    for (const webhookUrl of [
      'http://192.168.1.2/x',
      'http://x.example.org',
      'https://169.254.169.254/',
      'https://u:p@x',
      'https://x/?a',
    ]) {
      assert.match(
        faultsOf({ wechat_abot: { webhookUrl } }).en,
        /wechat_abot\.webhookUrl has a wrong value/,
        webhookUrl,
      )
      const fromOutside = faultsOf({ wechat_abot: {} }, { OPENCLAW_WEBHOOK_URL: webhookUrl })
      assert.match(fromOutside.en, /OPENCLAW_WEBHOOK_URL has a wrong value/, webhookUrl)
      for (const wechat_abot of [{ enabled: false }, null])
        assert.equal(parse({ wechat_abot }, { OPENCLAW_WEBHOOK_URL: webhookUrl }).wechatAbot, null)
    }
  })

  test('an address list holds addresses, and is not empty', () => {
    for (const allowedIps of [[], ['localhost'], ['1.2.3'], ['10.0.0.0/8']])
      assert.match(faultsOf({ wechat_abot: { allowedIps } }).en, /allowedIps has a wrong value/)
    assert.deepEqual(parse({ wechat_abot: { allowedRecipients: [] } }).wechatAbot?.allowedRecipients, [])
  })
})

describe('the section wake', () => {
  test('takes a token alone, for the gateway of this machine', () => {
    const usual = {
      url: 'http://localhost:18789/hooks',
      token: 'words',
      mode: 'wake',
      agentId: null,
      mapping: null,
      sessionKey: null,
      muted: [],
      quietHours: null,
    }
    assert.equal(parse({}).wake, null)
    assert.deepEqual(parse({ wake: { token: 'words' } }).wake, usual)
    const elsewhere = parse({ wake: { token: 'words' }, wechat_abot: {} }, { OPENCLAW_GATEWAY_PORT: '19000' })
    assert.equal(elsewhere.wake?.url, 'http://localhost:19000/hooks')
    assert.equal(elsewhere.wechatAbot?.webhookUrl, 'http://127.0.0.1:19000/wechat_abot/webhook')
    for (const port of ['0', '65536', 'x', '-1', '1e3'])
      assert.equal(parse({ wake: { token: 'words' } }, { OPENCLAW_GATEWAY_PORT: port }).wake?.url, usual.url)
  })

  test('takes all that it is told', () => {
    const { wake } = parse({
      wake: {
        url: 'https://claw.example.org/hooks/',
        token: 'words',
        mode: 'mapping',
        agentId: 'reader',
        mapping: 'openwechat',
        sessionKey: 'hook:openwechat',
        muted: ['2', '#3', 'webhook:ops', 'wechat:abot/wxid_a'],
        quietHours: '23:00-07:05',
      },
    })
    assert.deepEqual(wake, {
      url: 'https://claw.example.org/hooks',
      token: 'words',
      mode: 'mapping',
      agentId: 'reader',
      mapping: 'openwechat',
      sessionKey: 'hook:openwechat',
      muted: ['relay:2', 'relay:3', 'webhook:ops', 'wechat:abot/wxid_a'],
      quietHours: { from: 23 * 60, to: 7 * 60 + 5 },
    })
  })

  test('refuses what would not arrive, or arrive somewhere else', () => {
    const wrong: readonly [object, RegExp][] = [
      [{ url: 'http://192.168.1.2:18789/hooks' }, /wake\.url/],
      [{ url: 'http://localhost:18789/hooks?token=x' }, /wake\.url/],
      [{ token: '' }, /wake\.token/],
      [{ token: 'has blanks' }, /wake\.token/],
      [{ mode: 'hook' }, /wake\.mode/],
      [{ mode: 'mapping' }, /wake\.mapping is missing/],
      [{ mode: 'mapping', mapping: '' }, /wake\.mapping is missing/],
      [{ mapping: '../wake' }, /wake\.mapping/],
      [{ agentId: 'a b' }, /wake\.agentId/],
      [{ muted: ['bob'] }, /wake\.muted/],
      [{ quietHours: '24:00-07:00' }, /wake\.quietHours/],
      [{ quietHours: '07:00-07:00' }, /wake\.quietHours/],
      [{ quietHours: '7:00-8:00' }, /wake\.quietHours/],
    ]
    for (const [change, fault] of wrong) assert.match(faultsOf({ wake: { token: 'words', ...change } }).en, fault)
  })
})

test('the listener takes a port, and the addresses under which a proxy reaches it', () => {
  assert.deepEqual(parse({ listener: { port: 9000, publicUrls: ['https://x.example.org/base'] } }).listener, {
    port: 9000,
    publicUrls: ['https://x.example.org/base'],
  })
  for (const listener of [{ port: -1 }, { port: 65_536 }, { port: '8088' }, { publicUrls: 'https://x' }, { prot: 1 }])
    assert.match(faultsOf({ listener }).en, /listener\.\w+ (?:has a wrong value|is not known)/)
})

test('a secret that can be guessed is known as one', () => {
  for (const secret of [
    null,
    '',
    'change_me',
    'CHANGE-ME-please-now',
    '0123456789abcde',
    'replace_with_a_long_secret',
    'your_secret_goes_here',
  ])
    assert.ok(isWeakSecret(secret), String(secret))
  for (const secret of ['0123456789abcdef', 'do not change_me, ever']) assert.ok(!isWeakSecret(secret), secret)
})

test('what stands in the file beside these sections is a warning, not an error', () => {
  assert.deepEqual(warningsOf({ webhook: {}, toString: 1 }), [
    'config.json: unknown key "webhook" is ignored; did you mean "webhooks"?',
    'config.json: unknown key "toString" is ignored',
  ])
})
