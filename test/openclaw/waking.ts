import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/wait-for.ts'
import { ALL_PEER_WORDS, type Facts, type Household, type Owner, peerWordsIn } from './owners.ts'
import { skillFolder } from './skill.ts'
import type { World } from './world.ts'

/**
 * What the real program makes of our pokes, and the daemon of its answers. A new owner for each: nobody is poked twice
 * within a minute.
 */
export function createWaking(world: World, household: Household) {
  const token = randomBytes(24).toString('hex')
  let reader: Owner
  let mistaken: Owner
  let patient: Owner

  /** The hooks as `wake settings` prints them for this owner, written by hand. */
  async function followSettings(owner: Owner): Promise<Hooks> {
    const printed = (await owner.ask('wake', 'settings'))['openclaw_json'] as { hooks: Hooks }
    const hooks = { ...printed.hooks, token }
    world.editSettings(settings => ({ ...settings, hooks }))
    const isTakenOver = async () => (await fetch(`${world.gatewayUrl}${hooks.path}/wake`)).status === 405
    await Promise.all([
      world.cli('config', 'validate'),
      waitFor('the hooks', isTakenOver, { limitMs: 30_000, everyMs: 50 }),
    ])
    return hooks
  }

  /** In words, from the prompts behind the first `after` ones. */
  function promptWith(text: string, after: number): Promise<string> {
    const found = () =>
      world.model.prompts.slice(after).flatMap(({ messages }) => messages.find(one => one.includes(text)) ?? [])[0]
    return waitFor(`a prompt with "${text}"`, found, { limitMs: 60_000 })
  }

  /** A whole message of the peer has come, and yet the model has seen nothing of it. */
  function requireSilence(): void {
    const everything = world.model.prompts.flatMap(({ system, messages }) => [system, ...messages]).join('\n')
    assert.deepEqual(peerWordsIn(everything), [])
  }

  /** Once, and what is to be done is one sentence, in `status` and in `wake test`. */
  async function isMisconfigured(owner: Owner, reason: string, advice: RegExp): Promise<string> {
    const { advice: told, next_poke_utc: next } = await owner.sink('wake', { state: 'misconfigured', reason })
    assert.equal((await owner.requests('wake')).length, 1, 'it was tried again')
    assert.ok(Date.parse(String(next)) > Date.now() + 10 * 60_000, `it is tried again at ${next}`)
    const sentence = await testSays(owner, reason, advice)
    assert.equal((told as { en: string }).en, sentence)
    return `${reason}, misconfigured after one try; wake test says:\n    ${sentence}`
  }

  async function testSays(owner: Owner, reason: string, advice: RegExp): Promise<string> {
    const { code, stdout } = await owner.run('wake', 'test')
    assert.equal(code, 1)
    const [first, sentence = '', ...rest] = stdout.trim().split('\n')
    assert.equal(first, `The agent was not woken (${reason}).`)
    assert.match(sentence, advice)
    assert.deepEqual(rest, [])
    return sentence
  }

  async function isWoken(owner: Owner, text: string, after: number): Promise<string> {
    const prompt = await promptWith(text, after)
    const last = (await owner.requests('wake')).at(-1)
    assert.deepEqual([last?.['ok'], last?.['http_status'], last?.['error']], [true, 200, null])
    requireSilence()
    return prompt
  }

  return {
    async hooksOff() {
      reader = await household.newOwner()
      reader.configure({})
      const printed = (await reader.ask('wake', 'settings'))['config_json'] as { wake: Facts }
      reader.configure({ wake: { ...printed.wake, token } })
      await reader.startDaemon()
      await reader.hears()
      return isMisconfigured(reader, 'http_404', /^Hooks are not enabled there, .* set hooks\.enabled, hooks\.token, /)
    },

    async byMapping() {
      const hooks = await followSettings(reader)
      const [mapping] = hooks.mappings ?? []
      assert.deepEqual(mapping, mappingOfPage(world))
      const before = world.model.prompts.length
      reader.saveConfigAgain()
      await reader.sink('wake', TAKEN)
      await isWoken(reader, String(mapping?.['messageTemplate']), before)
      return 'valid settings; the prompt holds the constant text of the mapping, and no word or name of the peer'
    },

    async agentReads() {
      const { messages } = (await reader.ask('inbox')) as { messages: { seq: number }[] }
      // They are there: it is no wonder of an empty inbox that no prompt holds them.
      assert.deepEqual(peerWordsIn(JSON.stringify(messages)), ALL_PEER_WORDS)
      const last = messages.at(-1)?.seq
      await reader.ask('inbox', '--ack', '--to', String(last))
      await reader.sink('wake', { state: 'idle', reason: null, next_poke_utc: null, pokes_since_read: 0 })
      const pokes = (await reader.requests('wake')).filter(({ ok }) => ok === true)
      assert.equal(pokes.length, 1)
      return `inbox --ack --to ${last}: idle, and no further poke is planned`
    },

    async wrongToken() {
      mistaken = await household.newOwner()
      const wake = { ...AS_AGENT, url: `${world.gatewayUrl}/hooks-of-agent`, token: `${token.slice(1)}?` }
      mistaken.configure({ wake })
      await followSettings(mistaken)
      await mistaken.startDaemon()
      await mistaken.hears()
      return isMisconfigured(mistaken, 'http_401', /^Set hooks\.token .* and wake\.token .* to the same text/)
    },

    async asAgent() {
      const before = world.model.prompts.length
      mistaken.configure({ wake: { ...AS_AGENT, url: `${world.gatewayUrl}/hooks-of-agent`, token } })
      await mistaken.sink('wake', TAKEN)
      const prompt = await isWoken(mistaken, POKE, before)
      assert.match(
        prompt,
        /SECURITY NOTICE.*<<<EXTERNAL_UNTRUSTED_CONTENT.*openwechat-im-client, poke \d+: .*<<<END_EXTERNAL_/s,
      )
      return `tried at once with the right token; the prompt holds, marked as untrusted:\n    ${pokeIn(prompt)}`
    },

    async hundredMessages() {
      const busy = await household.newOwner()
      busy.configure({ wake: { url: `${world.gatewayUrl}/hooks`, token } })
      await followSettings(busy)
      await busy.startDaemon()
      const before = world.model.prompts.length
      for (let n = 1; n <= HUNDRED; n++) {
        await busy.hears(`Brimblewick ${n}`)
        await new Promise(resolve => setTimeout(resolve, BURST_MS / HUNDRED))
      }
      const prompt = await isWoken(busy, POKE, before)
      for (let unread = HUNDRED; unread > 0; ) {
        await busy.ask('inbox', '--ack')
        unread = Number((await busy.ask('status'))['unread_count'])
      }
      await busy.sink('wake', { state: 'idle', next_poke_utc: null, pokes_since_read: 0 })
      const { length: pokes } = await busy.requests('wake')
      const { length: turns } = world.model.prompts.slice(before)
      assert.ok(pokes <= 2 && turns <= 2, `${pokes} pokes, ${turns} turns`)
      return `in ${BURST_MS / 1000} s: pokes ${pokes}, turns ${turns}, idle when all are read; the prompt holds:\n    ${pokeIn(prompt)}`
    },

    async gatewayDown() {
      patient = await household.newOwner()
      patient.configure({ wake: { url: `${world.gatewayUrl}/hooks`, token } })
      await patient.startDaemon()
      await world.stopGateway()
      await patient.hears()
      await patient.hears('Snorfax?')
      await patient.sink('wake', { state: 'unreachable', reason: 'ECONNREFUSED' })
      const sentence = await testSays(patient, 'ECONNREFUSED', /^Nothing listens at .*: start the OpenClaw gateway, /)
      return `unreachable; wake test says:\n    ${sentence}`
    },

    async gatewayUp() {
      const before = world.model.prompts.length
      await world.startGateway()
      await patient.sink('wake', TAKEN)
      const unread = Number((await patient.ask('status'))['unread_count'])
      const prompt = await isWoken(patient, `: ${unread} unread messages. `, before)
      const tries = (await patient.requests('wake')).map(({ ok }) => ok)
      assert.deepEqual(tries, [...tries.slice(1).fill(false), true])
      return `woken by try ${tries.length}, by itself; the prompt holds:\n    ${pokeIn(prompt)}`
    },
  }
}

interface Hooks {
  readonly path: string
  readonly mappings?: readonly Facts[]
}

const AS_AGENT = { mode: 'agent', sessionKey: 'hook:openwechat' }
const POKE = 'openwechat-im-client, poke '
const TAKEN = { state: 'waiting', reason: 'not_read', last_http_status: 200, pokes_since_read: 1 }
const HUNDRED = 100
const BURST_MS = 10_000

function pokeIn(prompt: string): string {
  return /openwechat-im-client, poke \d+: [^\n"]*/.exec(prompt)?.[0] ?? ''
}

/** The mapping as the page shows it to the owner. */
function mappingOfPage(world: World): unknown {
  const page = readFileSync(join(skillFolder(world), 'references', 'wake.md'), 'utf8')
  return JSON.parse(/```json\n(\{[^`]+\})\n```/.exec(page)?.[1] ?? '')
}
