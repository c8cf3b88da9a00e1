/** A login that runs against the simulator while time passes. */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type LoginOptions, type LoginOutcome, login } from '../../../scripts/adapters/ilink/login.ts'
import type { ScanScript, SimulatorOptions } from '../../../scripts/embedded/ilink/simulator.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startWorld, type World } from './test-account.ts'

export const facts = { clientVersion: '2.4.9', botAgent: 'Test/1.0' }

export interface Running {
  readonly world: World
  readonly outcome: Promise<LoginOutcome>
  readonly states: readonly string[]
  /** What was shown: number, of how many. */
  readonly codes: readonly { link: string; code: number; of: number }[]
  abort(): void
  /** Time passes until the code of that number is shown. */
  code(number: number): Promise<string>
  /** Time passes until the login is over. */
  end(): Promise<LoginOutcome>
  until(name: string, condition: () => boolean, stepMs?: number): Promise<void>
}

type Given = Partial<Pick<LoginOptions, 'localTokens' | 'askVerifyCode' | 'fetch'>>

export async function start(t: TestContext, given: Given = {}, simulator: SimulatorOptions = {}): Promise<Running> {
  return begin(await startWorld(t, simulator), given)
}

export function begin(world: World, given: Given = {}): Running {
  const { simulator, clock } = world
  const end = new AbortController()
  const states: string[] = []
  const codes: { link: string; code: number; of: number }[] = []
  const direct = given.fetch ?? world.fetch
  const outcome = login({
    clock,
    signal: end.signal,
    facts,
    baseUrl: simulator.url,
    localTokens: [],
    onQr: (link, { code, of }) => void codes.push({ link, code, of }),
    onState: state => void states.push(state),
    askVerifyCode: () => assert.fail('nobody asked for a number'),
    ...given,
    // The simulator has no TLS, and redirects name a host only.
    fetch: (url, init) => direct(url.replace('https://127.0.0.1', 'http://127.0.0.1'), init),
  })
  let isOver = false
  outcome
    .catch(() => undefined)
    .finally(() => {
      isOver = true
    })
  const until: Running['until'] = (name, condition, stepMs = 250) =>
    waitFor(name, condition, { meanwhile: () => clock.advance(stepMs), everyMs: 1 }).then(() => undefined)
  return {
    world,
    outcome,
    states,
    codes,
    abort: () => end.abort(new DOMException('Stopped', 'AbortError')),
    async code(number) {
      await until(`code ${number}`, () => codes.length >= number)
      const { link } = codes[number - 1] ?? assert.fail()
      return new URL(link).searchParams.get('qrcode') ?? assert.fail()
    },
    async end() {
      await until('the end', () => isOver)
      return outcome
    },
    until,
  }
}

/** A login that is scanned and confirmed as the script says. */
export async function scanned(t: TestContext, script: ScanScript, given: Given = {}): Promise<Running> {
  const running = await start(t, given)
  const { phone } = running.world
  const code = await running.code(1)
  phone.scan(code, script)
  await running.until('the button', () => {
    try {
      phone.confirm(code)
      return true
    } catch {
      // A number has to be typed first.
      return false
    }
  })
  return running
}

export function assertConfirmed(outcome: LoginOutcome, { world }: Running, base = world.simulator.url): void {
  const bot = world.controls.bots().findLast(({ isLive }) => isLive) ?? assert.fail()
  assert.deepEqual(outcome, {
    kind: 'confirmed',
    credentials: { botId: bot.id, token: bot.token, userId: bot.userId, baseUrl: base },
  })
  assert.deepEqual(world.controls.violations(), [])
}
