import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type Config, parseConfig } from '../../../scripts/core/config.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import { createIngest } from '../../../scripts/engine/ingest.ts'
import type { Answer } from '../../../scripts/engine/intake/exchange.ts'
import { createIntake, type Intake } from '../../../scripts/engine/intake/intake.ts'
import { signBody } from '../../../scripts/protocol/webhook/signatures.ts'
import { lastRequests, type RequestRecord } from '../../../scripts/store/request-log.ts'
import { createFakeWechat } from '../../support/fake-wechat.ts'
import { type RunOptions, runOutbox } from '../../support/test-outbox.ts'
import { turns } from '../../support/wait-for.ts'

/** Stand nowhere but in headers, keys and this file: whatever a log or the store shows of them is a leak. */
export const SECRETS = {
  hook: 'hook-secret-9f27c1d4',
  telegram: 'telegram-secret-b81f',
  slack: 'slack-secret-52ee07a9',
  bot: 'bot-token-3c5d8e7f6a1b',
  intake: 'intake-secret-77aa19',
} as const

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly remoteAddress?: string
  readonly signal?: AbortSignal
}

export interface Scene extends ReturnType<typeof runOutbox> {
  readonly intake: Intake
  readonly intakeLogs: readonly string[]
  configure(sections: Readonly<Record<string, unknown>>): Config
  ask(path: string, ask?: Ask): Promise<Answer>
  /** The same for `/messages/send`, with the time that the relay's pace takes. */
  send(ask: Ask, path?: string): Promise<Answer>
  /** What was taken in, oldest first. */
  taken(): { source: string; account: string; peer: string | null; content: string; flags: string; at: string }[]
  requestsOf(name: string): RequestRecord[]
}

/** An intake over a real store and a real outbox, whose relay answers when the test says so. */
export function startIntake(
  t: TestContext,
  { sections = ALL, ...options }: RunOptions & { sections?: Readonly<Record<string, unknown>> } = {},
): Scene {
  const scene = runOutbox(t, options)
  const { writer, clock } = scene
  // Only what is committed matters here, not what a power loss would take.
  writer.database.exec('PRAGMA synchronous = OFF')
  const intakeLogs: string[] = []
  const log = createLogger({ clock, level: 'debug', write: line => intakeLogs.push(line) })
  const ingest = createIngest({ writer, clock, onCommit: () => {} })
  let config = configOf(sections)
  async function ask(
    path: string,
    { headers = {}, body = '', remoteAddress = '127.0.0.1', signal = NEVER }: Ask = {},
  ): Promise<Answer> {
    const begun = intake.begin({ path, headers, remoteAddress, signal })
    return typeof begun === 'function' ? begun(new Uint8Array(Buffer.from(body))) : begun
  }
  const intake = createIntake({
    config: () => config,
    ingest,
    outbox: scene.outbox,
    wechat: options.wechat ?? createFakeWechat([]),
    writer,
    clock,
    log,
  })
  return {
    ...scene,
    intake,
    intakeLogs,
    configure(next) {
      config = configOf(next)
      return config
    },
    ask,
    async send(one, path = '/messages/send') {
      let isDone = false
      const pending = ask(path, one).finally(() => {
        isDone = true
      })
      await scene.until('the answer', () => isDone)
      return pending
    },
    taken: () =>
      writer.database
        .all("SELECT source, account, peer, content, flags, at FROM messages WHERE via <> 'send' ORDER BY seq")
        .map(row => ({ ...row }) as never),
    requestsOf: name => lastRequests(writer.database, name, { limit: 10_000 }),
  }
}

const NEVER = new AbortController().signal

const discordKeys = generateKeyPairSync('ed25519')

const PUBLIC_KEY = Buffer.from(discordKeys.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex')

export const WEBHOOKS = {
  inbound: {
    ops: { secret: SECRETS.hook },
    open: { verifySignature: false },
    paused: { enabled: false, secret: SECRETS.hook },
    keyless: {},
    telegram: { secret: SECRETS.telegram },
    slack: { secret: SECRETS.slack },
    discord: { publicKey: PUBLIC_KEY },
  },
}

export const ABOT = { botToken: SECRETS.bot, intakeSecret: SECRETS.intake }

export const ALL = { webhooks: WEBHOOKS, wechat_abot: ABOT }

function configOf(sections: Readonly<Record<string, unknown>>): Config {
  return parseConfig(JSON.stringify({ base_url: 'https://relay.test', token: 'a'.repeat(32), ...sections })).config
}

/** As a sender of webhooks of our own kind signs its body. */
export function signed(body: string, secret: string = SECRETS.hook): Ask {
  return { body, headers: { 'x-webhook-signature': signBody(secret, Buffer.from(body)) } }
}

export function fromTelegram(body: string, secret: string = SECRETS.telegram): Ask {
  return { body, headers: { 'x-telegram-bot-api-secret-token': secret } }
}

export function fromSlack(body: string, atMs: number, secret: string = SECRETS.slack): Ask {
  const timestamp = String(Math.floor(atMs / 1000))
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  return { body, headers: { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` } }
}

export function fromDiscord(body: string, atMs: number): Ask {
  const timestamp = String(Math.floor(atMs / 1000))
  const signature = sign(null, Buffer.from(`${timestamp}${body}`), discordKeys.privateKey).toString('hex')
  return { body, headers: { 'x-signature-timestamp': timestamp, 'x-signature-ed25519': signature } }
}

/** As the WeChat side signs what it delivers. */
export function delivered(body: string, secret: string = SECRETS.intake): Ask {
  return { body, headers: { 'x-wechat-abot-signature': signBody(secret, Buffer.from(body)) } }
}

/** As a plugin asks for a message to be sent. */
export function order(members: unknown, headers: Readonly<Record<string, string>> = {}): Ask {
  return {
    body: typeof members === 'string' ? members : JSON.stringify(members),
    headers: { authorization: `Bearer ${SECRETS.bot}`, 'content-type': 'application/json', ...headers },
  }
}

/** Rows of the request log are written behind the answer. */
export async function noted(): Promise<void> {
  await turns(4)
}
