import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/wait-for.ts'
import type { Facts, Household, Owner } from './owners.ts'
import type { World } from './world.ts'

/** What we push to a plugin in the real program, which the folder `abot-plugin` stands in for. */
export function createAbot(world: World, household: Household) {
  const webhookSecret = randomBytes(24).toString('hex')
  const intakeSecret = randomBytes(24).toString('hex')
  const keptIn = join(world.folder, 'pushed.jsonl')
  const webhookUrl = `${world.gatewayUrl}/wechat_abot/webhook`
  let owner: Owner
  let inbound = ''

  function sections(secret: string): object {
    return { wechat_abot: { webhookUrl, webhookSecret: secret, intakeSecret }, listener: { port: 0 } }
  }

  /** From the WeChat side. */
  async function deliver(body: string): Promise<Facts> {
    const headers = { 'Content-Type': 'application/json', 'X-Wechat-Abot-Signature': hmac(intakeSecret, body) }
    const response = await fetch(inbound, { method: 'POST', headers, body })
    assert.equal(response.status, 200)
    return (await response.json()) as Facts
  }

  /** All of them, oldest first. */
  function pushed(): readonly Pushed[] {
    const lines = readFileSync(keptIn, { encoding: 'utf8', flag: 'a+' }).split('\n').slice(0, -1)
    return lines.map(line => JSON.parse(line) as Pushed)
  }

  const bodies = () =>
    pushed().flatMap(({ accepted, body }) => (accepted ? [Buffer.from(body, 'base64').toString()] : []))

  async function pushAgain({ headers }: Pushed, body: Buffer): Promise<number> {
    return (await fetch(webhookUrl, { method: 'POST', headers, body })).status
  }

  return {
    async withoutPlugin() {
      owner = await household.newOwner()
      owner.configure(sections(webhookSecret))
      await owner.startDaemon()
      inbound = `http://127.0.0.1:${((await owner.ask('status'))['listener'] as Facts)['port']}/im/inbound`
      await owner.hears(FIRST)
      await owner.sink('wechat_abot', { state: 'held', reason: 'no_plugin', waiting: 1 })
      assert.equal((await deliver(SECOND))['duplicate'], false)
      await owner.sink('wechat_abot', { state: 'held', waiting: 2, delivered: 0, dead_letters: 0 })
      const asked = (await owner.requests('wechat_abot')).filter(({ direction }) => direction === 'out')
      assert.deepEqual(
        asked.map(one => one['http_status']),
        [404],
      )
      return 'http_404, held after one try: a message of the relay and one of /im/inbound wait'
    },

    async withPlugin() {
      const folder = join(world.folder, 'abot-plugin')
      cpSync(join(import.meta.dirname, 'abot-plugin'), folder, { recursive: true })
      const entry = { enabled: true, config: { webhookSecret, keepIn: keptIn } }
      world.editSettings(settings => {
        const plugins = settings['plugins'] as { entries?: object } | undefined
        const entries = { ...plugins?.entries, wechat_abot: entry }
        return { ...settings, plugins: { ...plugins, load: { paths: [folder] }, entries } }
      })
      const isThere = async () => (await fetch(webhookUrl, { method: 'POST', body: '{}' })).status === 401
      await waitFor('the plugin', isThere, { limitMs: 30_000, everyMs: 50 })
      owner.saveConfigAgain()
      await owner.sink('wechat_abot', { state: 'working', waiting: 0, delivered: 2, dead_letters: 0 })

      const { messages } = (await owner.ask('inbox')) as { messages: { seq: number; text: string }[] }
      const id = messages.find(({ text }) => text.includes('"Brimblewick"'))?.seq
      const time = /"CreateTime":(\d+)\}$/.exec(bodies()[0] ?? '')?.[1]
      assert.ok(Math.abs(Date.now() / 1000 - Number(time)) < 60, `CreateTime is ${time}`)
      const asPushed = `{"MsgId":${id},"NewMsgId":${id},"FromUserName":{"string":"#${owner.peerId}"},"ToUserName":{"string":"#${owner.id}"},"MsgType":1,"Content":{"string":${JSON.stringify(FIRST)}},"CreateTime":${time}}`
      assert.deepEqual(bodies(), [asPushed, SECOND])
      return `both arrive in their order, to the byte (${asPushed.length} and ${SECOND.length} characters), both signatures fit`
    },

    async changedByte() {
      const last = pushed().at(-1)
      assert.ok(last !== undefined)
      const body = Buffer.from(last.body, 'base64')
      assert.equal(await pushAgain(last, body), 200)
      const changed = Buffer.from(body)
      changed[body.length - 3] = (changed[body.length - 3] ?? 0) ^ 1
      assert.equal(await pushAgain(last, changed), 401)
      const later = {
        ...last.headers,
        'x-wechat-abot-timestamp': String(Number(last.headers['x-wechat-abot-timestamp']) + 1),
      }
      assert.equal(await pushAgain({ ...last, headers: later }, body), 401)
      return 'refused with 401, and so is another timestamp'
    },

    async wrongSecret() {
      await owner.reconfigure(sections(`${webhookSecret.slice(1)}?`))
      const before = bodies().length
      await owner.hears(THIRD)
      await owner.sink('wechat_abot', { state: 'held', reason: 'http_401', waiting: 1, dead_letters: 0 })
      assert.equal((await deliver(SECOND))['duplicate'], true)
      assert.equal((await deliver(FOURTH))['duplicate'], false)
      await owner.reconfigure(sections(webhookSecret))
      await owner.sink('wechat_abot', { state: 'working', waiting: 0, delivered: 4, dead_letters: 0 })
      const [third, fourth, ...more] = bodies().slice(before)
      assert.deepEqual(more, [])
      assert.deepEqual((JSON.parse(third ?? '') as Facts)['Content'], { string: THIRD })
      assert.equal(fourth, FOURTH)
      return 'held, nothing given up; with the right one they arrive in their order, the same id twice once'
    },
  }
}

interface Pushed {
  readonly accepted: boolean
  /** Those that the contract names. */
  readonly headers: Readonly<Record<string, string>>
  /** base64 */
  readonly body: string
}

/** Nothing of it may be taken for JSON that has to be made again. */
const FIRST = '你好 "Brimblewick" \\u0041 / <b> \u{1f600}\n\ttwo lines'
/** An id that no JavaScript number holds, and blanks, escapes and an order of its own. */
const SECOND =
  '{ "Data":{"NewMsgId" : 7773749793478223190,"MsgId":12345,\n  "ToUserName":{"string":"wxid_owner"},"FromUserName":{"string":"wxid_a"}, "MsgType":1.0e0,"Content":{"string":"\\u4f60\\u597d \\/ 1 < 2"}},"Zz":[ ] }'
const THIRD = 'with the wrong secret'
const FOURTH = SECOND.replace('223190', '223191')

function hmac(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}
