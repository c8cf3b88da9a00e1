import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sanitiseBotAgent } from '../../../scripts/protocol/ilink/bot-agent.ts'
import {
  baseInfo,
  CLIENT_VERSION,
  clientVersionNumber,
  ilinkGetHeaders,
  ilinkHeaders,
  wechatUin,
} from '../../../scripts/protocol/ilink/headers.ts'
import { hostileText } from '../../support/arbitraries.ts'

describe('the number of a version (IL §2)', () => {
  for (const [version, number] of [
    ['2.4.3', 132099],
    ['2.4.9', 132105],
    ['1.0.11', 65547],
    ['2.4.9-beta.1', 132105],
    ['257.256.511', 65791],
    ['2', 131072],
    ['', 0],
    ['x.y.z', 0],
  ] as const) {
    test(`of ${JSON.stringify(version)} is ${number}`, () => assert.equal(clientVersionNumber(version), number))
  }

  test('of what we speak is that of the latest plugin', () => {
    assert.equal(clientVersionNumber(CLIENT_VERSION), 132105)
  })
})

describe('X-WECHAT-UIN (IL §2)', () => {
  for (const [uin, header] of [
    [0, 'MA=='],
    [7, 'Nw=='],
    [4011803513, 'NDAxMTgwMzUxMw=='],
    [4294967295, 'NDI5NDk2NzI5NQ=='],
  ] as const) {
    test(`of ${uin} is ${header}`, () => assert.equal(wechatUin(uin), header))
  }
})

describe('the headers of a POST', () => {
  const facts = { uin: 7, clientVersion: '2.4.9' }

  test('are these eight at most', () => {
    assert.deepEqual(ilinkHeaders({ ...facts, token: ' ab@im.bot:secret\n', routeTag: 12 }), {
      'iLink-App-Id': 'bot',
      'iLink-App-ClientVersion': '132105',
      SKRouteTag: '12',
      'Content-Type': 'application/json',
      AuthorizationType: 'ilink_bot_token',
      'X-WECHAT-UIN': 'Nw==',
      Authorization: 'Bearer ab@im.bot:secret',
    })
  })

  for (const token of [undefined, null, '', ' ']) {
    test(`say how they would authorise without a token too: ${JSON.stringify(token)}`, () => {
      const headers = ilinkHeaders(token === undefined ? facts : { ...facts, token })
      assert.equal(headers['AuthorizationType'], 'ilink_bot_token')
      assert.equal('Authorization' in headers, false)
    })
  }

  test('never say how long the body is', () => {
    assert.equal(
      Object.keys(ilinkHeaders({ ...facts, token: 't' })).some(name => /^content-length$/i.test(name)),
      false,
    )
  })
})

describe('the headers of the question how far a QR code is', () => {
  test('are the two that every request has', () => {
    assert.deepEqual(ilinkGetHeaders({ clientVersion: '2.4.3' }), {
      'iLink-App-Id': 'bot',
      'iLink-App-ClientVersion': '132099',
    })
  })

  for (const [routeTag, header] of [
    ['north', 'north'],
    [0, '0'],
    [' ', undefined],
    ['', undefined],
    [null, undefined],
  ] as const) {
    test(`name a route if there is one: ${JSON.stringify(routeTag)}`, () => {
      assert.equal(ilinkGetHeaders({ clientVersion: '2.4.9', routeTag })['SKRouteTag'], header)
    })
  }
})

describe('what a bot says that it is', () => {
  for (const [written, sent] of [
    ['MyBot/1.2.0 (a) (b)', 'MyBot/1.2.0 (a)'],
    ['x y/1 z', 'y/1'],
    ['(x) A/1', 'A/1'],
    ['A/1 (中)', 'A/1'],
    ['A/1 (x', 'A/1'],
    ['garbage', 'OpenClaw'],
    ['', 'OpenClaw'],
    ['A/1\t\n B/2+x  (two words)', 'A/1 B/2+x (two words)'],
    ['A/1 () B/2', 'A/1 B/2'],
    ['A/1 (中) (x)', 'A/1'],
    ['A/1 x (c)', 'A/1'],
    ['A/1 ((b) c)', 'A/1'],
    ['A/1(c)', 'A/1 (c)'],
    ['A+b/1 A.b-c_d/1', 'A.b-c_d/1'],
    [`${'n'.repeat(33)}/1 ${'n'.repeat(32)}/${'v'.repeat(32)}`, `${'n'.repeat(32)}/${'v'.repeat(32)}`],
    [`A/${'v'.repeat(33)}`, 'OpenClaw'],
    [`A/1 (${'c'.repeat(64)}) B/1 (${'c'.repeat(65)})`, `A/1 (${'c'.repeat(64)}) B/1`],
    ['A//1 A/1/2 /1 A/', 'OpenClaw'],
  ] as const) {
    test(`goes out cleaned: ${JSON.stringify(written).slice(0, 50)}`, () => {
      assert.equal(sanitiseBotAgent(written), sent)
    })
  }

  test('ends at a whole product within 256 bytes', () => {
    const long = `P/1 (${'c'.repeat(60)})`
    assert.equal(long.length, 66)
    assert.equal(sanitiseBotAgent(Array(5).fill(long).join(' ')), `${long} ${long} ${long}`)
    assert.equal(sanitiseBotAgent(Array(200).fill('A/1').join(' ')).length, 64 * 4 - 1)
  })

  test('is the same when it is cleaned again, and fits into a header, whatever was written', () => {
    const part = fc.oneof(hostileText(3), fc.constantFrom('A/1', '(a b)', ' ', '(', ')', 'B/2.0+x', '/', '(中)'))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), parts => {
        const agent = sanitiseBotAgent(parts.join(''))
        assert.match(agent, /^[!-~]+(?: [ -~]*[!-~])?$/)
        assert.ok(agent.length <= 256)
        assert.equal(sanitiseBotAgent(agent), agent)
      }),
      { numRuns: 1000 },
    )
  })

  test('stands beside the version in the base info', () => {
    assert.deepEqual(baseInfo({ clientVersion: '2.4.9', botAgent: 'x y/1 z' }), {
      channel_version: '2.4.9',
      bot_agent: 'y/1',
    })
  })
})
