/** An account that answers somebody, and what lies beside its messages. */

import type { TestContext } from 'node:test'
import type { Journal, Outbound, SendOutcome } from '../../../scripts/core/adapter.ts'
import type { Bubble, Run } from '../../../scripts/embedded/ilink/simulator.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type Account, type AccountOptions, startAccount, startWorld, type World, write } from './test-account.ts'

export interface Scene extends World {
  readonly account: Account
  /** Sends once. Time passes meanwhile. */
  send(message: Letter, stepMs?: number): Promise<SendOutcome>
  /** The same, and nobody moves the time. */
  begin(message: Letter, signal?: AbortSignal): Promise<SendOutcome>
  /** Sends as the outbox does: again whenever it is told so, until there is an end. */
  deliver(message: Letter): Promise<SendOutcome>
  /** They write once more, and it is here. */
  hear(text?: string): Promise<void>
  /** What the phone shows of us. */
  shown(): Bubble[]
  texts(): string[]
  sends(): number
  run(i?: number): Run
}

/** One message and its journal, which outlives whoever sends it. */
export interface Letter {
  readonly content?: string
  readonly file?: NonNullable<Outbound['file']>
  readonly progress?: (done: number, total: number) => void
  readonly to?: string
  journal?: TestJournal
}

export interface TestJournal {
  text: string | null
  writes: number
  /** Called in the place of a write; what it does not commit is lost. */
  onWrite?: (commit: () => Promise<void>) => Promise<void>
}

export async function startSending(t: TestContext, options: AccountOptions = {}): Promise<Scene> {
  const world = await startWorld(t)
  const account = startAccount(t, world, options)
  return sceneOf(world, account, { isNew: true })
}

export async function sceneOf(world: World, account: Account, { isNew = false } = {}): Promise<Scene> {
  const { phone, controls } = world

  async function hear(text = 'hello'): Promise<void> {
    const { length } = account.wrote
    write(world, text)
    await account.until('what they wrote', () => account.wrote.length > length)
  }

  function sendOnce(letter: Letter, signal = account.ctx.signal): Promise<SendOutcome> {
    return account.adapter.send(outboundOf(letter, world, account), { ...account.ctx, signal })
  }

  if (isNew) await hear()
  const shown = () => phone.transcript().shown.filter(({ side }) => side === 'bot')
  return {
    ...world,
    account,
    begin: sendOnce,
    send: (letter, stepMs = 100) => whileTimePasses(world, sendOnce(letter), stepMs),
    async deliver(letter) {
      letter.journal ??= { text: null, writes: 0 }
      for (;;) {
        const outcome = await whileTimePasses(world, sendOnce(letter))
        if (outcome.kind !== 'later') return outcome
        world.clock.advance(outcome.afterMs)
      }
    },
    hear,
    shown,
    texts: () => shown().map(({ text }) => text),
    sends: () => controls.requestCount('sendmessage'),
    run: (i = 0) => phone.transcript().runs[i] ?? { bubbles: [], text: '', isOpen: true },
  }
}

export async function whileTimePasses<T>({ clock }: World, work: Promise<T>, stepMs = 100): Promise<T> {
  let isOver = false
  const done = () => {
    isOver = true
  }
  work.then(done, done)
  await waitFor('an outcome', () => isOver, { everyMs: 1, meanwhile: () => clock.advance(stepMs) })
  return work
}

function outboundOf(letter: Letter, { phone }: World, { ctx }: Account): Outbound {
  const { content = '', file = null, progress, to = phone.user } = letter
  letter.journal ??= { text: null, writes: 0 }
  return {
    to: { scheme: 'wechat', account: 'main', user: to },
    content,
    file,
    ...(progress === undefined ? {} : { progress }),
    journal: journalOf(letter.journal, ctx.memo),
  }
}

function journalOf(kept: TestJournal, memo: Account['ctx']['memo']): Journal {
  return {
    read: () => kept.text,
    async write(text, memos = {}) {
      kept.writes++
      const commit = async () => {
        for (const [key, value] of Object.entries(memos)) await memo.set(key, value)
        kept.text = text
      }
      await (kept.onWrite === undefined ? commit() : kept.onWrite(commit))
    },
  }
}

/** So many bubbles by the measured rule. */
export function longText(parts: number): string {
  return Array.from({ length: parts }, (_, i) => `${i} ${'x'.repeat(900)}.`).join('\n\n')
}
