import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRelayClient } from '../../../scripts/adapters/relay/client.ts'
import { createPacer } from '../../../scripts/adapters/relay/pacer.ts'
import { sendToRelay } from '../../../scripts/adapters/relay/send.ts'
import type { Outbound, SendOutcome } from '../../../scripts/core/adapter.ts'
import type { FetchAnswer, FetchInit } from '../../../scripts/core/fetch.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { fixtureReply } from '../../support/fixtures.ts'
import { answer, cutAnswer, networkError } from '../../support/scripted-relay.ts'
import { turns } from '../../support/wait-for.ts'

const TEXT: Outbound = { to: { scheme: 'relay', id: 2 }, content: '你好', file: null }
const FILE: Outbound = { ...TEXT, file: { name: 'a.txt', bytes: Buffer.from('x') } }

interface Sent {
  readonly outcome: SendOutcome
  /** How often it was told that its own inbox holds something. */
  readonly looks: number
  readonly requests: readonly { url: string; init: FetchInit }[]
}

/** One message to a relay that says this, whatever it is asked. */
async function sendTo(
  respond: (init: FetchInit) => Promise<FetchAnswer> | FetchAnswer,
  message: Outbound = TEXT,
): Promise<Sent> {
  const clock = createFakeClock()
  const requests: { url: string; init: FetchInit }[] = []
  const client = createRelayClient({
    baseUrl: 'http://relay.test:8000/base',
    token: 'a'.repeat(32),
    clock,
    pacer: createPacer(clock),
    async fetch(url, init) {
      requests.push({ url, init })
      return respond(init)
    },
  })
  let looks = 0
  const options = { signal: new AbortController().signal, onInboxWaiting: () => void looks++ }
  const outcome = await sendToRelay(client, message, options)
  return { outcome, looks, requests }
}

function recorded(stem: string): FetchAnswer {
  const { status, headers, body } = fixtureReply(stem)
  return answer(body.toString('utf8'), { status, headers: Object.fromEntries(headers) })
}

function failing(error: unknown): () => Promise<FetchAnswer> {
  return () => Promise.reject(error)
}

describe('what a relay’s answer to a message means', () => {
  const ACCEPTED = [
    ['300-send-first-contact', 'pending_outgoing', 0],
    ['302-send-reply-accepts', 'accepted', 1],
    ['303-send-chat', 'accepted', 0],
    ['304-send-with-preview', 'accepted', 1],
    ['313-send-1000-emoji', 'accepted', 0],
    ['326-send-after-unblock', 'pending_outgoing', 0],
    ['400-send-file', 'accepted', 0],
    ['401-send-file-only', 'accepted', 0],
    ['422-send-file-as-acceptance', 'accepted', 1],
    ['813-send-preview-hostile', 'accepted', 1],
  ] as const
  for (const [stem, relationship, waiting] of ACCEPTED) {
    test(`${stem}: accepted, and they are ${relationship}${waiting === 1 ? '; mail waits' : ''}`, async () => {
      const { outcome, looks } = await sendTo(() => recorded(stem))
      assert.deepEqual(outcome, { kind: 'accepted', relationship })
      assert.equal(looks, waiting)
    })
  }

  test('a first message may get a preview too', async () => {
    const preview = fixtureReply('304-send-with-preview').body.toString('utf8').slice('发送成功'.length)
    const { outcome, looks } = await sendTo(() => answer(`发送成功（好友申请已发出，等待对方回复）${preview}`))
    assert.deepEqual(outcome, { kind: 'accepted', relationship: 'pending_outgoing' })
    assert.equal(looks, 1)
  })

  const REFUSED = [
    ['301-send-second-while-pending', 'pending_outgoing'],
    ['310-send-to-self', null],
    ['311-send-unknown-user', null],
    ['312-send-1001-characters', null],
    ['314-send-empty-content', null],
    ['315-send-missing-fields', null],
    ['316-send-invalid-json', null],
    ['319-send-lone-surrogate', null],
    ['320-send-to-do-not-disturb', null],
    ['321-send-to-friends-only-stranger', null],
    ['322-send-to-friends-only-friend', null],
    ['324-send-to-blocker', null],
    ['325-send-to-blocked', 'blocked'],
    ['410-send-file-neither', null],
    ['412-send-file-too-large', null],
  ] as const
  for (const [stem, relationship] of REFUSED) {
    test(`${stem}: refused in the relay’s words${relationship === null ? '' : `, which prove ${relationship}`}`, async () => {
      const text = fixtureReply(stem).body.toString('utf8')
      assert.deepEqual((await sendTo(() => recorded(stem))).outcome, { kind: 'refused', text, relationship })
    })
  }

  test('an older relay’s real status codes prove the same', async () => {
    const text = '错误 403：你已拉黑该用户，请先解除拉黑'
    const { outcome } = await sendTo(() => answer(text, { status: 403 }))
    assert.deepEqual(outcome, { kind: 'refused', text, relationship: 'blocked' })
  })

  test('too many requests: later, after what Retry-After says, or a second', async () => {
    const limited = (headers: Record<string, string>) => answer('错误：请求过于频繁', { status: 429, headers })
    assert.deepEqual((await sendTo(() => limited({ 'retry-after': '7' }))).outcome, { kind: 'later', afterMs: 7000 })
    assert.deepEqual((await sendTo(() => limited({}))).outcome, { kind: 'later', afterMs: 1000 })
    for (const stem of ['902-rate-limited', '954-legacy-2026-03-08b-throttled', '959-legacy-2026-03-14-throttled']) {
      assert.equal((await sendTo(() => recorded(stem))).outcome.kind, 'later', stem)
    }
    const proxy = await sendTo(() => answer('<h1>Too Many Requests</h1>', { status: 429 }))
    assert.equal(proxy.outcome.kind, 'later')
  })

  test('a token that is refused: nothing was sent', async () => {
    for (const stem of [
      '317-send-missing-token',
      '318-send-bad-token',
      '414-send-file-bad-token',
      '952-legacy-2026-03-08a-bad-token',
    ]) {
      assert.deepEqual(
        (await sendTo(() => recorded(stem))).outcome,
        { kind: 'not_sent', reason: 'token_refused' },
        stem,
      )
    }
  })

  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'CERT_HAS_EXPIRED']) {
    test(`${code}: nothing was sent`, async () => {
      const { outcome } = await sendTo(failing(networkError(code)))
      assert.deepEqual(outcome, { kind: 'not_sent', reason: code })
    })
  }

  test('a connection that was never made: nothing was sent', async () => {
    const { outcome } = await sendTo(failing(networkError('UND_ERR_CONNECT_TIMEOUT')))
    assert.deepEqual(outcome, { kind: 'not_sent', reason: 'connect_timeout' })
  })

  const UNKNOWN = [
    ['a connection that is reset', failing(networkError('ECONNRESET')), 'ECONNRESET'],
    ['one that closes without a word', failing(networkError('UND_ERR_SOCKET')), 'connection_closed'],
    ['a broken pipe', failing(networkError('EPIPE')), 'EPIPE'],
    ['no answer in the end', failing(networkError('ETIMEDOUT')), 'ETIMEDOUT'],
    ['a body that is cut, though it begins well', () => cutAnswer('发送成功'), 'body_cut'],
    ['a cut refusal: who knows how it went on', () => cutAnswer('错误：用户不存在'), 'body_cut'],
    ['a proxy’s 502', () => answer('<html>Bad Gateway</html>', { status: 502 }), 'http_502'],
    ['a page of a portal', () => answer('<html>Welcome!</html>'), 'not_a_relay'],
    ['a redirect', () => answer('', { status: 307, headers: { location: 'https://x.test/' } }), 'http_307'],
    ['an empty answer', () => answer(''), 'not_a_relay'],
    ['almost the right words', () => answer('发送成功！'), 'not_a_relay'],
    [
      'the right words with a preview that never ends',
      () => answer('发送成功\n\n收件箱共 1 条，预览前 1 条：\n'),
      'not_a_relay',
    ],
  ] as const
  for (const [name, respond, reason] of UNKNOWN) {
    test(`${name}: unknown, and asked once only`, async () => {
      const { outcome, requests } = await sendTo(respond)
      assert.deepEqual(outcome, { kind: 'unknown', reason })
      assert.equal(requests.length, 1)
    })
  }

  test('a file to somebody online, whose sender hears of a failure: most likely it arrived', async () => {
    const { outcome } = await sendTo(() => recorded('420-send-file-recipient-online'), FILE)
    assert.deepEqual(outcome, { kind: 'unknown', reason: 'likely_delivered' })
  })
})

describe('a message that hangs', () => {
  async function hang(message: Outbound) {
    const clock = createFakeClock()
    const stop = new AbortController()
    const pacer = createPacer(clock)
    let asked = 0
    const client = createRelayClient({
      baseUrl: 'http://relay.test',
      token: 't',
      clock,
      pacer,
      fetch: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          asked++
          signal?.addEventListener('abort', () => reject(signal.reason))
        }),
    })
    const sent = sendToRelay(client, message, { signal: stop.signal, onInboxWaiting: () => assert.fail() })
    await turns()
    return { clock, pacer, stop, sent, asked: () => asked }
  }

  test('is unknown after 35 s, and for a file later, as large as it is', async () => {
    const text = await hang(TEXT)
    text.clock.advance(34_999)
    assert.equal(text.clock.pending(), 1)
    text.clock.advance(100)
    assert.deepEqual(await text.sent, { kind: 'unknown', reason: 'timeout' })

    const large = { name: 'large', bytes: new Uint8Array(10 * 1024 * 1024) }
    const file = await hang({ ...TEXT, file: large })
    file.clock.advance(600_000)
    assert.equal(file.clock.pending(), 1)
    file.clock.advance(100_000)
    assert.deepEqual(await file.sent, { kind: 'unknown', reason: 'timeout' })
  })

  test('is unknown when we stop in the middle of it', async () => {
    const { stop, sent } = await hang(TEXT)
    stop.abort(new DOMException('stop', 'AbortError'))
    assert.deepEqual(await sent, { kind: 'unknown', reason: 'aborted' })
  })

  test('was not sent when we stop before its turn has come', async () => {
    const first = await hang(TEXT)
    first.pacer.throttled(60_000)
    const stop = new AbortController()
    const { clock, pacer } = first
    let asked = 0
    const fetch = () => Promise.resolve(answer(`发送成功${asked++}`))
    const client = createRelayClient({ baseUrl: 'http://relay.test', token: 't', clock, pacer, fetch })
    const waiting = sendToRelay(client, TEXT, { signal: stop.signal, onInboxWaiting: () => assert.fail() })
    await turns()
    stop.abort(new DOMException('stop', 'AbortError'))
    assert.equal((await waiting).kind, 'later')
    assert.equal(asked, 0)
    first.stop.abort()
    await first.sent
  })
})

describe('what goes out', () => {
  const recordedOk = () => recorded('303-send-chat')

  test('is the text as it is, in JSON, with the token and without following redirects', async () => {
    const content = ' "quoted"\r\n\t\\ \u0000 😀 '
    const [{ url, init } = assert.fail()] = (await sendTo(recordedOk, { ...TEXT, content })).requests
    assert.equal(url, 'http://relay.test:8000/base/send')
    assert.deepEqual([init.method, init.redirect, init.headers['X-Token']], ['POST', 'manual', 'a'.repeat(32)])
    assert.deepEqual(JSON.parse(String(init.body)), { to_id: 2, content })
  })

  test('is a form where a file goes with it, and the empty text is left out', async () => {
    const [{ url, init } = assert.fail()] = (await sendTo(recordedOk, { ...FILE, content: '' })).requests
    assert.equal(url, 'http://relay.test:8000/base/send/file')
    const body = Buffer.from(init.body as Uint8Array).toString('utf8')
    assert.match(body, /name="file"; filename="a\.txt"/)
    assert.doesNotMatch(body, /name="content"/)
  })

  test('goes to nobody outside of the relay', async () => {
    const to = { scheme: 'webhook', name: 'ops' } as const
    await assert.rejects(
      sendTo(() => assert.fail('asked'), { ...TEXT, to }),
      TypeError,
    )
  })
})
