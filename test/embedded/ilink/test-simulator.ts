/** A simulator with a fake clock, and one bot that is bound to its phone. */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import {
  type Bot,
  type Controls,
  type IlinkSimulator,
  type Phone,
  type SimulatorOptions,
  startIlinkSimulator,
  type WrittenMessage,
} from '../../../scripts/embedded/ilink/simulator.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { type Answered, type AskOptions, type Credentials, msgsIn, poll, textIn } from './client.ts'

export interface TestSimulator {
  readonly simulator: IlinkSimulator
  readonly phone: Phone
  readonly controls: Controls
  readonly clock: FakeClock
}

export async function startTest(t: TestContext, options: SimulatorOptions = {}): Promise<TestSimulator> {
  const clock = createFakeClock()
  const simulator = await startIlinkSimulator({ clock, ...options })
  t.after(() => simulator.close())
  return { simulator, clock, phone: simulator.phone, controls: simulator.controls }
}

export interface BoundSimulator extends TestSimulator {
  readonly bot: Bot
  readonly who: Credentials
  /** Who scanned. */
  readonly user: string
}

export async function startBound(t: TestContext, options: SimulatorOptions = {}): Promise<BoundSimulator> {
  const test = await startTest(t, options)
  const bot = test.controls.bind()
  return { ...test, bot, who: { token: bot.token, base: test.simulator.url }, user: bot.userId }
}

/** A poll that the simulator holds by now. */
export async function heldPoll(
  { controls, bot, who }: BoundSimulator,
  cursor = '',
  options: AskOptions = {},
): Promise<{ readonly answer: Promise<Answered> }> {
  const before = controls.requestCount('getupdates')
  const answer = poll(who, cursor, options)
  answer.catch(() => undefined)
  await controls.until(() => controls.requestCount('getupdates') > before && controls.held(bot.id) > 0)
  return { answer }
}

export function assertNoViolations({ controls }: TestSimulator): void {
  assert.deepEqual(controls.violations(), [])
}

export function rulesBroken({ controls }: TestSimulator): string[] {
  return controls.violations().map(({ rule }) => rule)
}

/** What every poll gives: texts of the first items, in order. */
export function textsOf(answer: Answered): string[] {
  return msgsIn<{ item_list: { text_item?: { text: string } }[] }>(answer).map(
    ({ item_list: [item] }) => item?.text_item?.text ?? '',
  )
}

/** The user writes. */
export function say({ phone }: BoundSimulator, text: string): WrittenMessage {
  return phone.write({ kind: 'text', text })
}

export function cursorOf(answer: Answered): string {
  return textIn(answer, 'get_updates_buf')
}
