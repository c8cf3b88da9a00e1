import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { formatEntry } from '../../scripts/protocol/inbox-entry.ts'
import { formatRecord, parseRecord } from '../../scripts/protocol/record-line.ts'
import { openForReading } from '../../scripts/store/database.ts'
import { markOf, markOfPayload } from '../support/oracle.ts'
import type { FolderView } from '../support/test-daemon.ts'

export interface Expected {
  /** Accepted by the relay. */
  readonly accepted: ReadonlySet<string>
  readonly sure: (arrived: ReadonlySet<string>) => ReadonlySet<string>
  readonly timely?: ReadonlySet<string>
}

export interface Verdict {
  readonly accepted: number
  /** What had to arrive, timely or not. */
  readonly sure: number
  /** In both files. */
  readonly arrived: number
  /** Accepted by the relay, and not in both files. */
  readonly missing: readonly string[]
  /** Those of them that were sure to be there. */
  readonly lost: readonly string[]
  /** Those of them for which there was time enough, if the machine had time enough. */
  readonly late: readonly string[]
  readonly twice: readonly string[]
}

/** Holds the files against what has to be in both of them, once. */
export function judge(view: FolderView, { accepted, sure, timely = new Set() }: Expected): Verdict {
  const files = [
    countBy(view.records().flatMap(one => markOf(one.content))),
    countBy(view.entries().flatMap(one => markOfPayload(one.payload))),
  ]
  const marks = new Set(files.flatMap(file => [...file.keys()]))
  const arrived = new Set([...marks].filter(mark => files.every(file => file.has(mark))))
  const certain = sure(arrived)
  const isMissing = (mark: string) => !arrived.has(mark)
  return {
    accepted: accepted.size,
    sure: new Set([...certain, ...timely]).size,
    arrived: arrived.size,
    missing: [...accepted].filter(isMissing),
    lost: [...certain].filter(isMissing),
    late: [...timely].filter(mark => isMissing(mark) && !certain.has(mark)),
    twice: [...marks].filter(mark => files.some(file => (file.get(mark) ?? 0) > 1)),
  }
}

export function summaryOf(verdicts: readonly Verdict[]): string {
  const sum = (of: (one: Verdict) => number) => verdicts.reduce((total, one) => total + of(one), 0)
  return [
    `${sum(one => one.accepted)} sent, ${sum(one => one.sure)} sure, ${sum(one => one.arrived)} arrived`,
    `${sum(one => one.lost.length)} lost, ${sum(one => one.late.length)} late, ${sum(one => one.twice.length)} twice`,
  ].join(', ')
}

/** After a clean stop: whole lines only, equal to what we would write, in both files the same, numbered upwards. */
export function assertWhole(view: FolderView): void {
  const lines = view.text('conversations.md').split('\n')
  assert.equal(lines.pop(), '', 'conversations.md ends with a whole line')
  const records = lines.map(line => {
    const record = parseRecord(line)
    assert.ok(record !== null, `a line of conversations.md is no record: ${line}`)
    assert.equal(formatRecord(record), line)
    return record
  })
  const entries = view.entries()
  assert.equal(
    entries.map(formatEntry).join(''),
    view.text('inbox_pushed.md'),
    'inbox_pushed.md holds whole entries only',
  )
  assert.deepEqual(
    new Set(records.flatMap(one => markOf(one.content))),
    new Set(entries.flatMap(one => markOfPayload(one.payload))),
    'both files tell the same',
  )
  for (const [i, { seq }] of entries.entries()) {
    assert.ok(seq > (entries[i - 1]?.seq ?? 0), `seq ${seq} after ${entries[i - 1]?.seq}`)
  }
  assertJsonWhole(view)
  assert.deepEqual(
    readdirSync(view.folder.path).filter(name => /\.json./.test(name)),
    [],
    'no temporary file stays behind',
  )
}

/** After a clean stop: whatever was committed stands in the files, also what a kill caught between the two. */
export function assertProjected(view: FolderView): void {
  const database = openForReading(view.folder.file('state.db'))
  const rows = database?.all('SELECT seq FROM messages ORDER BY seq') ?? []
  database?.close()
  assert.deepEqual(
    view.entries().map(one => one.seq),
    rows.map(row => row['seq']),
    'inbox_pushed.md shows everything committed',
  )
}

/** At any moment, also right after a kill: these files are replaced as a whole. */
export function assertJsonWhole(view: FolderView): void {
  for (const name of ['profile.json', 'contacts.json', 'stats.json', 'context_snapshot.json'] as const) view.json(name)
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
