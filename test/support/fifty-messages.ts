import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { JSON_FILES } from '../../scripts/projections/json-projection.ts'
import { parseEntries } from '../../scripts/protocol/inbox-entry.ts'
import { parseRecord } from '../../scripts/protocol/record-line.ts'
import { ALICE, BOB, chat, friendRequest, IMPOSTOR, notice } from './blocks.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createScriptedRelay, type ScriptedRelay } from './scripted-relay.ts'
import { temporaryFolder } from './temporary-folder.ts'
import type { Scene } from './test-daemon.ts'
import { turns } from './wait-for.ts'

/**
 * One run that meets every kind of message, for campaigns that repeat it with a fault in another place each time:
 * nine wait in the inbox, the others are sent while the daemon listens. Each says its own number.
 */
export const COUNT = 50
const IN_INBOX = 9

const NEWCOMER = { id: 31, name: 'newcomer', description: null }

const marker = (n: number): string => `m${String(n).padStart(2, '0')}`
export const MARKERS: readonly string[] = Array.from({ length: COUNT }, (_, i) => marker(i + 1))

function block(n: number): string {
  // Two whose sender only the profiles can tell, one request, one notice.
  if (n === 5 || n === 25) return chat(IMPOSTOR, `${marker(n)} who am I`)
  if (n === 20) return friendRequest(NEWCOMER, `${marker(n)} may I`)
  if (n === 35) return notice({ id: 40, name: marker(n), description: null })
  return chat(n % 2 === 0 ? ALICE : BOB, `${marker(n)} ${'中文 text\n'.repeat(n % 4)}end`)
}

/** Those that are sent while the daemon listens. */
export const STREAMED: readonly string[] = MARKERS.slice(IN_INBOX)

export interface Stage {
  /** The data folder. */
  readonly path: string
  readonly clock: FakeClock
  readonly relay: ScriptedRelay
}

export function createStage(): Stage {
  const clock = createFakeClock()
  const relay = createScriptedRelay(clock)
  for (const user of [ALICE, BOB, IMPOSTOR, NEWCOMER]) relay.users.set(user.id, user)
  relay.friends.push(ALICE, BOB)
  for (let n = 1; n <= IN_INBOX; n++) relay.inbox.push(block(n))
  return { path: join(temporaryFolder(), 'openwechat_im_client'), clock, relay }
}

/** Thousands of runs would fill the disk before the process ends. */
export function strike(stage: Stage): void {
  rmSync(dirname(stage.path), { recursive: true, force: true })
}

/**
 * Sends the rest, a few at a time; the files may follow, for a while, before the next ones.
 *
 * @param isOver ends it early
 * @returns the number of the first message that was not sent; give it as `from` to send the others
 */
export async function play(
  { clock, relay }: Stage,
  {
    written,
    from = IN_INBOX + 1,
    isOver = () => false,
  }: { written: () => number; from?: number; isOver?: () => boolean },
): Promise<number> {
  for (let n = from; n <= COUNT; n++) {
    if (isOver()) return n
    relay.send(block(n))
    if (n % 5 === 0) await passUntil(clock, () => written() >= n || isOver(), { withinMs: 1500 })
  }
  return COUNT + 1
}

/** Lets time pass, with turns of the event loop in between; the thread pool, whose time is real, gets its share. */
export async function pass(clock: FakeClock, ms: number, stepMs = 100): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    await turns(4)
    await new Promise(resolve => setTimeout(resolve, 1))
    clock.advance(Math.min(stepMs, left))
  }
  await turns(4)
}

/** Lets time pass until the condition holds. False when it does not in `withinMs` of the clock. */
export async function passUntil(
  clock: FakeClock,
  condition: () => boolean,
  { withinMs = 120_000, stepMs = 100 }: { withinMs?: number; stepMs?: number } = {},
): Promise<boolean> {
  for (let left = withinMs; left > 0; left -= stepMs) {
    if (condition()) return true
    await pass(clock, stepMs, stepMs)
  }
  return condition()
}

/** A stop may wait for the store: time goes on meanwhile. */
export async function stopScene(scene: Scene): Promise<void> {
  let stopped = false
  const stopping = scene.stop().then(() => {
    stopped = true
  })
  assert.ok(await passUntil(scene.clock, () => stopped), 'the daemon stops')
  await stopping
}

/** What the two files show of the fifty. */
export interface Shown {
  readonly inbox: readonly string[]
  readonly conversations: readonly string[]
}

export function shownIn(texts: { inbox: string; conversations: string }): Shown {
  const entries = parseEntries(texts.inbox).map(entry => entry.payload)
  const records = texts.conversations
    .split('\n')
    .flatMap(line => parseRecord(line) ?? [])
    .filter(record => record.type !== 'correction')
    .map(record => record.content)
  return { inbox: entries.flatMap(markersOf), conversations: records.flatMap(markersOf) }
}

export function markersOf(text: string): string[] {
  return [...text.matchAll(/\bm\d\d\b/g)].slice(0, 1).map(match => match[0])
}

/** Everything there, and everything once. */
export function assertComplete(shown: Shown, name: string): void {
  assert.deepEqual(shown.inbox.toSorted(), MARKERS, `inbox_pushed.md, ${name}`)
  assert.deepEqual(shown.conversations.toSorted(), MARKERS, `conversations.md, ${name}`)
}

export function isComplete(shown: Shown): boolean {
  return new Set(shown.inbox).size === COUNT && new Set(shown.conversations).size === COUNT
}

export function readShown(path: string): Shown {
  return shownIn({
    inbox: textOf(join(path, 'inbox_pushed.md')),
    conversations: textOf(join(path, 'conversations.md')),
  })
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Fails at the first moment at which a reader would find half a JSON file. */
export function createJsonWatch(path: string): () => void {
  const seen = new Map<string, string>()
  return () => {
    for (const name of JSON_FILES) {
      const file = join(path, name)
      const facts = statSync(file, { throwIfNoEntry: false })
      if (facts === undefined) continue
      const fingerprint = `${facts.ino} ${facts.size} ${facts.mtimeMs}`
      if (seen.get(name) === fingerprint) continue
      seen.set(name, fingerprint)
      assert.doesNotThrow(() => JSON.parse(readFileSync(file, 'utf8')), `${name} is whole at every moment`)
    }
  }
}

/** Hooks of one run only: those of a test would keep every run of a campaign in memory. */
export function createRun(): { readonly t: TestContext; end(clock: FakeClock): Promise<void> } {
  const hooks: (() => unknown)[] = []
  const t = { after: (hook: () => unknown) => hooks.push(hook) } as unknown as TestContext
  return {
    t,
    async end(clock) {
      let ended = false
      const ending = (async () => {
        for (const hook of hooks.splice(0).reverse()) await hook()
        ended = true
      })()
      assert.ok(await passUntil(clock, () => ended), 'everything is stopped')
      await ending
    },
  }
}
