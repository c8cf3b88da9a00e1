import { join } from 'node:path'
import { parseConfig } from '../../../scripts/core/config.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import { startIlinkSimulator } from '../../../scripts/embedded/ilink/simulator.ts'
import { startRelay } from '../../../scripts/embedded/relay/server.ts'
import { registerUser } from '../../../scripts/embedded/relay-user.ts'
import { formatChannelLine } from '../../../scripts/protocol/channel-line.ts'
import { encryptMedia } from '../../../scripts/protocol/media-crypto.ts'
import { pokeRequest } from '../../../scripts/protocol/wake/poke.ts'
import { openForWriting } from '../../../scripts/store/database.ts'
import { insertMessage } from '../../../scripts/store/messages.ts'
import { insertEntry } from '../../../scripts/store/outbox.ts'
import { migrate } from '../../../scripts/store/schema.ts'
import { start } from '../child.ts'
import { createFakeClock } from '../fake-clock.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** A program that tells what it should not, as `PLANT` names it: the watch is tried on it (log-watch.test.ts). */

const clock = createFakeClock()
/** Silent: what a user could ask for counts. */
const log = createLogger({ clock, level: 'silent', write: () => undefined }).with({ adapter: 'planted' })
const AT = '2026-03-09T10:00:00Z'
const TO = { scheme: 'relay', id: 2 } as const
const CONFIG = { base_url: 'https://relay.example', token: `${'0123456789abcdef'.repeat(2)}` }

function database() {
  return openForWriting(join(temporaryFolder(), 'state.db'), migrate)
}

async function relayUser() {
  const relay = await startRelay()
  const user = await registerUser(relay.url, { name: 'planted' }, { fetch, clock })
  await relay.close()
  return user
}

async function simulated<Value>(
  take: (simulator: Awaited<ReturnType<typeof startIlinkSimulator>>) => Value | Promise<Value>,
): Promise<Value> {
  const simulator = await startIlinkSimulator({ strict: false })
  const taken = await take(simulator)
  await simulator.close()
  return taken
}

const PLANTS: Readonly<Record<string, () => Promise<void> | void>> = {
  async nothing() {
    const { id } = await relayUser()
    const bot = await simulated(({ controls }) => controls.bind().id)
    log.info('started', { user: id, bot })
    formatChannelLine(AT, 'SINK_STATE', { sink: 'ops', state: 'refused', waiting: 48291 })
  },
  async 'bot token'() {
    log.info('bound', { token: await simulated(({ controls }) => controls.bind().token) })
  },
  async 'half a context token'() {
    const { contextToken } = await simulated(({ controls, phone }) => {
      controls.bind()
      return phone.write({ kind: 'text', text: 'hi' })
    })
    log.warn('not sent', { token: contextToken.slice(0, 24) })
  },
  async 'verify code'() {
    await simulated(async ({ url, phone, controls }) => {
      await fetch(`${url}/ilink/bot/get_bot_qrcode?bot_type=3`)
      phone.scan(controls.lastQr()?.code ?? '', { verifyCode: '48291' })
    })
    log.info('asked', { code: '48291' })
  },
  async 'QR value'() {
    const code = await simulated(async ({ url, controls }) => {
      await fetch(`${url}/ilink/bot/get_bot_qrcode?bot_type=3`)
      return controls.lastQr()?.code
    })
    log.info('shown', { link: `https://example.org/q?qrcode=${code}` })
  },
  async 'relay token'() {
    formatChannelLine(AT, 'AUTH_REFUSED', { token: (await relayUser()).token })
  },
  secret() {
    const ops = { url: 'https://ops.example/hook', secret: 'planted-and-never-told' }
    parseConfig(JSON.stringify({ ...CONFIG, webhooks: { outbound: { ops } } }))
    log.error('refused', { header: 'planted-and-never-told' })
  },
  'media key'() {
    const key = Buffer.from('planted keys: 16')
    encryptMedia(Buffer.from('a picture'), key)
    log.info('sealed', { key: key.toString('hex') })
  },
  'gateway token'() {
    const token = 'planted-for-a-gateway'
    const { wake } = parseConfig(
      JSON.stringify({ ...CONFIG, wake: { url: 'http://127.0.0.1:1/hooks', token: 'other' } }),
    ).config
    if (wake !== null) pokeRequest({ ...wake, token }, { text: 'poke', eventId: '1' })
    log.info('poked', { token })
  },
  received() {
    const parsed = { type: 'chat', at: AT, from: null, content: 'Meet me "there" at noon.', flags: {} } as const
    insertMessage(database(), {
      source: 'relay',
      account: 'relay',
      via: 'stream',
      receivedAt: AT,
      parsed,
      payload: null,
      state: 'final',
      settleBy: 0,
      unresolved: false,
    })
    log.debug('taken', { text: parsed.content })
  },
  sent() {
    const content = '明天中午十二点在老地方见。'
    const entry = { requestId: '1', sink: 'relay', account: 'relay', to: TO, content, file: null, createdAt: AT }
    insertEntry(database(), entry)
    log.debug('queued', { text: content })
  },
  async 'told by a child'() {
    parseConfig(JSON.stringify(CONFIG))
    const line = JSON.stringify({ time: AT, level: 'info', msg: 'started', url: `https://x/?t=${CONFIG.token}` })
    await start(process.execPath, ['-e', `console.error(${JSON.stringify(line)})`]).ended
  },
}

for (const name of (process.env['PLANT'] ?? '').split(',')) {
  const plant = PLANTS[name]
  if (plant === undefined) throw new Error(`There is no plant called ${JSON.stringify(name)}.`)
  await plant()
}
