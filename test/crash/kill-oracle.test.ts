import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { RelayEvent } from '../../scripts/embedded/relay/server.ts'
import { formatEntry } from '../../scripts/protocol/inbox-entry.ts'
import { formatRecord } from '../../scripts/protocol/record-line.ts'
import { ALICE, chat } from '../support/blocks.ts'
import { createOracle, type Oracle, SAFE_MS } from '../support/oracle.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type FolderView, viewOf } from '../support/test-daemon.ts'
import { assertWhole, judge } from './verdict.ts'

const NOTHING: ReadonlySet<string> = new Set()
const payload = (mark: string) => chat(ALICE, `${mark}好好`)

/** An oracle whose time the test moves, and a daemon that begins at 0. */
function scene(starvedMs = () => 0): {
  oracle: Oracle
  at(ms: number, event: RelayEvent): void
  moveTo(ms: number): void
} {
  let now = 0
  const oracle = createOracle(1, () => now)
  oracle.begin(starvedMs)
  oracle.observe({ kind: 'connected', userId: 1, connection: 1 })
  return {
    oracle,
    at(ms, event) {
      now = ms
      oracle.observe(event)
    },
    moveTo(ms) {
      now = ms
    },
  }
}

const pushed = (mark: string, connection = 1): RelayEvent => ({
  kind: 'pushed',
  userId: 1,
  connection,
  payload: payload(mark),
})
const drained = (...marks: string[]): RelayEvent => ({ kind: 'drained', userId: 1, payloads: marks.map(payload) })
const asks: RelayEvent = { kind: 'request', method: 'GET', path: '/messages', userId: 1 }

describe('the oracle of the crash tests', () => {
  test('expects what was pushed in time, not what was pushed right before or after the kill', () => {
    const { oracle, at, moveTo } = scene()
    at(1000 - SAFE_MS, pushed('m1;'))
    at(1001 - SAFE_MS, pushed('m2;'))
    moveTo(1000)
    oracle.cut()
    at(1003, pushed('m3;'))
    at(1004, { kind: 'disconnected', userId: 1, connection: 1 })
    assert.deepEqual([...oracle.timely()], ['m1;'])
    assert.equal(oracle.marginMs('m3;'), -3)
  })

  test('does not count the time in which the daemon stood in line for a processor', () => {
    let starved = 40
    const { oracle, at, moveTo } = scene(() => starved)
    at(900 - SAFE_MS, pushed('m1;'))
    at(901 - SAFE_MS, pushed('m2;'))
    starved += 100
    moveTo(1000)
    oracle.cut()
    starved += 100
    assert.deepEqual([...oracle.timely()], ['m1;'])
  })

  test('expects nothing of what went into the old stream after the new daemon was there', () => {
    const { oracle, at, moveTo } = scene()
    moveTo(1000)
    oracle.cut()
    moveTo(1100)
    oracle.begin()
    at(1200, pushed('m1;'))
    at(1300, { kind: 'connected', userId: 1, connection: 2 })
    at(1400, pushed('m2;'))
    at(1400, pushed('m2;', 2))
    assert.deepEqual([...oracle.timely()], ['m2;'])
    assert.deepEqual([...oracle.sure(new Set(['m2;']))], ['m2;'])
  })

  test('is sure of what was pushed before something that arrived', () => {
    const { oracle, at, moveTo } = scene()
    at(996, pushed('m1;'))
    at(997, pushed('m2;'))
    at(998, pushed('m3;'))
    moveTo(1000)
    oracle.cut()
    assert.deepEqual([...oracle.sure(new Set(['m2;']))], ['m1;', 'm2;'])
  })

  test('is sure of a read whose reader asked for more, however late', () => {
    const { oracle, at, moveTo } = scene()
    at(990, drained('m1;'))
    at(995, asks)
    at(996, drained('m2;'))
    moveTo(1000)
    oracle.cut()
    at(1001, asks)
    at(1002, drained('m3;'))
    moveTo(1100)
    oracle.begin()
    at(1500, asks)
    assert.deepEqual([...oracle.sure(NOTHING)], ['m1;'])
  })

  test('is sure of every read of a daemon that was asked to stop', () => {
    const { oracle, at, moveTo } = scene()
    at(999, pushed('m1;'))
    moveTo(1000)
    oracle.ask()
    at(1001, drained('m2;'))
    assert.deepEqual([...oracle.sure(NOTHING)], ['m2;'])
  })

  test('takes the moment of a SIGSTOP for the end, unless it goes on', () => {
    const { oracle, at, moveTo } = scene()
    moveTo(1000)
    oracle.cut()
    at(1100, pushed('m1;'))
    moveTo(3000)
    oracle.cut()
    assert.deepEqual([...oracle.timely()], [])
    oracle.goOn()
    assert.deepEqual([...oracle.timely()], ['m1;'])
  })

  test('knows what waits in the relay', () => {
    const { oracle, at } = scene()
    at(1, { kind: 'stored', userId: 1, payload: payload('m1;') })
    at(1, { kind: 'stored', userId: 2, payload: payload('m2;') })
    assert.equal(oracle.waiting, 1)
    at(2, drained('m1;'))
    assert.equal(oracle.waiting, 0)
  })

  test('finds what is lost from one of the files, and what is in one of them twice', () => {
    const marks = new Set(['m1;', 'm2;', 'm3;', 'm4;'])
    const view = filesWith({ records: ['m1;', 'm2;', 'm4;'], entries: ['m1;', 'm3;', 'm4;', 'm4;'] })
    const sure = new Set(['m1;', 'm2;'])
    const verdict = judge(view, { accepted: marks, sure: () => sure, timely: new Set(['m2;', 'm3;']) })
    assert.deepEqual(verdict, {
      accepted: 4,
      sure: 3,
      arrived: 2,
      missing: ['m2;', 'm3;'],
      lost: ['m2;'],
      late: ['m3;'],
      twice: ['m4;'],
    })
  })

  test('finds torn lines, torn entries, numbers that run backwards, and files that differ', () => {
    const whole = { records: ['m1;', 'm2;'], entries: ['m1;', 'm2;'] }
    assertWhole(filesWith(whole))
    const torn = (name: 'conversations.md' | 'inbox_pushed.md', change: (text: string) => string) => () => {
      const view = filesWith(whole)
      writeFileSync(view.folder.file(name), change(view.text(name)))
      assertWhole(view)
    }
    assert.throws(torn('conversations.md', text => text.slice(0, -1)))
    assert.throws(torn('conversations.md', text => text.replace('from=', 'fro')))
    assert.throws(torn('inbox_pushed.md', text => text.slice(0, -4)))
    assert.throws(torn('inbox_pushed.md', text => text.replace('seq=2', 'seq=1')))
    assert.throws(torn('inbox_pushed.md', text => text.slice(5)))
    assert.throws(() => assertWhole(filesWith({ records: ['m1;'], entries: ['m1;', 'm2;'] })))
  })
})

function filesWith({ records, entries }: { records: readonly string[]; entries: readonly string[] }): FolderView {
  const view = viewOf(join(temporaryFolder(), 'openwechat_im_client'))
  view.writeConfig({})
  const at = '2026-03-09T10:00:00Z'
  const lines = records.map(mark =>
    formatRecord({
      at,
      from: { address: { scheme: 'relay', id: 1 }, name: 'alice' },
      type: 'chat',
      flags: {},
      content: `${mark}好好`,
    }),
  )
  writeFileSync(view.folder.file('conversations.md'), lines.map(line => `${line}\n`).join(''))
  const blocks = entries.map((mark, i) =>
    formatEntry({ receivedAt: at, seq: i + 1, via: 'stream', payload: payload(mark) }),
  )
  writeFileSync(view.folder.file('inbox_pushed.md'), blocks.join(''))
  return view
}
