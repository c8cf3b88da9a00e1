import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { openForReading } from '../scripts/store/database.ts'
import { type Bench, grouped, inPairs, type Row } from './bench.ts'
import { startDaemon } from './daemon.ts'
import { shows } from './folders.ts'
import { type Child, cleanEnvironment, start, until } from './processes.ts'
import { OURS, THEIRS } from './relay.ts'

/** A client that has just connected has other things to do. */
const SETTLE_MS = 1000

/** How many messages a second become durable, against the same flood into files that nobody syncs. */
export async function ingest(bench: Bench): Promise<Row[]> {
  const { size, relay, progress } = bench
  await relay.prepare(0, size.flood)
  const pairs = await inPairs(
    size.ingestPairs,
    { ours: () => ourRate(bench), theirs: () => pythonRate(bench) },
    progress,
  )
  return [
    {
      what: `durable ingest of ${grouped(size.flood)} messages`,
      against: 'one-file Python client, nothing synced',
      unit: '/s',
      pairs,
      target: { atLeast: 1 },
    },
  ]
}

/** @throws Error when there is none */
export function requirePython(): void {
  const { error, status } = spawnSync('python3', ['--version'], { env: cleanEnvironment() })
  if (error === undefined && status === 0) return
  throw new Error(
    'python3 is not there, and ingest is measured against a Python client. Install it, or leave ingest out: --only latency,start,memory,commands,reading,delivery,dead-sinks,wechat',
  )
}

async function ourRate(bench: Bench): Promise<number> {
  const { relay, folders, fresh, size } = bench
  const folder = folders.copy(fresh, 'ours')
  const { daemon } = await startDaemon(folder, relay)
  const rate = await floodRate(bench, { folder, child: daemon, token: OURS })
  await daemon.stop()
  if (committed(folder) !== size.flood) throw new Error(`only ${committed(folder)} messages were committed`)
  check(folder, size.flood)
  folders.remove(folder)
  return rate
}

async function pythonRate(bench: Bench): Promise<number> {
  const { relay, folders, size } = bench
  const folder = folders.create('python')
  const stream = relay.nextStream(THEIRS)
  const script = join(import.meta.dirname, 'python-client.py')
  const client = start('python3', [script, relay.url, THEIRS, folder.path])
  await Promise.race([stream, client.failed])
  const rate = await floodRate(bench, { folder, child: client, token: THEIRS })
  await client.stop()
  check(folder, size.flood)
  folders.remove(folder)
  return rate
}

/** From the first byte of the flood until both files end with the last message. */
async function floodRate(
  { relay, size }: Bench,
  { folder, child, token }: { folder: DataFolder; child: Child; token: string },
): Promise<number> {
  await child.rest(SETTLE_MS)
  const flooded = relay.flood(token)
  const shownAt = await until('the last message in both files', () => shows(folder, size.flood - 1), { child })
  return (size.flood * 1000) / (shownAt - (await flooded))
}

function committed(folder: DataFolder): number {
  const database = openForReading(folder.file('state.db'))
  const row = database?.get('SELECT count(*) AS n FROM messages')
  database?.close()
  return Number(row?.['n'] ?? 0)
}

/** A contender that left something out would be measured for less work. */
function check(folder: DataFolder, count: number): void {
  const shown = {
    'inbox_pushed.md': occurrences(folder.file('inbox_pushed.md'), `\n${'─'.repeat(40)}\n`),
    'conversations.md': occurrences(folder.file('conversations.md'), '\n'),
  }
  for (const [name, found] of Object.entries(shown)) {
    if (found !== count) throw new Error(`${name} shows ${found} messages instead of ${count} (${folder.path})`)
  }
}

function occurrences(path: string, text: string): number {
  const bytes = readFileSync(path)
  const sought = Buffer.from(text)
  let found = 0
  for (let at = bytes.indexOf(sought); at !== -1; at = bytes.indexOf(sought, at + sought.length)) found++
  return found
}
