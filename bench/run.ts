import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { type Bench, FULL, type History, QUICK, type Row } from './bench.ts'
import { commands } from './commands.ts'
import { startDaemon } from './daemon.ts'
import { deadSinks } from './dead-sinks.ts'
import { delivery } from './delivery.ts'
import { createFolders, type Folders, freeBytes, isInMemory, writeConfig } from './folders.ts'
import { ingest, requirePython } from './ingest.ts'
import { latency } from './latency.ts'
import { memory, receiveHistory } from './memory.ts'
import { PEERS } from './messages.ts'
import { type FigureName, HELP, type Options, readOptions } from './options.ts'
import { until } from './processes.ts'
import { reading } from './reading.ts'
import { type Relay, startRelay } from './relay.ts'
import { start } from './start.ts'
import { formatTable, judge, missedText, rowAsJson } from './table.ts'
import { wechat } from './wechat.ts'

/** `npm run bench`: the figures of bench/README.md, measured side by side. */

const FIGURES: Readonly<Record<FigureName, (bench: Bench) => Promise<Row[]>>> = {
  ingest,
  latency,
  start,
  memory,
  commands,
  reading,
  delivery,
  'dead-sinks': deadSinks,
  wechat,
}

/** Two histories at a time, 1.2 KB a message each, and what SQLite needs beside them. */
const NEEDED_BYTES_A_MESSAGE = 4000

async function measure({ names, quick, dir }: Options): Promise<Row[]> {
  const size = quick ? QUICK : FULL
  if (names.includes('ingest')) requirePython()
  const needed = size.history * NEEDED_BYTES_A_MESSAGE
  if (freeBytes(dir) < needed) {
    throw new Error(
      `${dir} has less than the ${Math.ceil(needed / 1e9)} GB that this needs. Name another folder: --dir PATH`,
    )
  }

  const folders = createFolders(dir)
  const relay = await startRelay()
  const rows: Row[] = []
  let where = 'preparing'
  const progress = (text: string) => showProgress(`${where}: ${text}`)
  progress('a data folder')
  let history: Promise<History> | undefined
  const bench: Bench = {
    size,
    relay,
    folders,
    fresh: await prepareFresh(folders, relay),
    history() {
      history ??= receiveHistory(bench)
      return history
    },
    progress,
  }
  for (const [index, name] of names.entries()) {
    where = `${index + 1}/${names.length} ${name}`
    rows.push(...(await FIGURES[name](bench)))
  }
  await relay.stop()
  showProgress('')
  return rows
}

/** One ordinary run: friends are known, the program's code is compiled. */
async function prepareFresh(folders: Folders, relay: Relay): Promise<DataFolder> {
  const folder = folders.create('fresh')
  writeConfig(folder, relay)
  // The first start makes the folder in which later ones keep their compiled code.
  const { daemon: first } = await startDaemon(folder, relay)
  await first.stop()
  const { daemon } = await startDaemon(folder, relay)
  const friends = () => readFileSync(folder.file('contacts.json'), 'utf8').match(/"accepted"/g)?.length === PEERS.length
  await until('the list of friends', friends, { child: daemon })
  await daemon.stop()
  return folder
}

/** On a terminal only: a pipe gets the result and nothing else. */
function showProgress(text: string): void {
  if (process.stdout.isTTY && process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function describeRun({ quick, dir }: Options, load: number): string {
  const model = cpus()[0]?.model.trim() ?? process.arch
  return [
    quick ? 'Quick run' : 'Full run',
    `Node ${process.versions.node}`,
    `${process.platform} on ${availableParallelism()} × ${model}`,
    `load before ${load.toFixed(1)}`,
    `data in ${dir}`,
  ].join(', ')
}

/** What makes the figures worth less than they look. */
function doubts({ dir }: Options, load: number): string[] {
  const notes: string[] = []
  if (load > availableParallelism() / 4) {
    notes.push(`note: this machine is busy (load ${load.toFixed(1)}): the ratios will not be worth much`)
  }
  if (isInMemory(dir)) {
    notes.push(`note: ${dir} lies in memory, where syncing costs nothing; --dir PATH names a folder on a disk`)
  }
  return notes
}

async function run(options: Options): Promise<number> {
  if (options.help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const load = loadavg()[0] ?? 0
  for (const note of doubts(options, load)) process.stderr.write(`${note}\n`)
  const rows = await measure(options)
  const missed = rows.filter(row => !judge(row).met)
  const result = options.json
    ? JSON.stringify({ run: describeRun(options, load), rows: rows.map(rowAsJson) }, null, 2)
    : `${formatTable(rows)}\n${describeRun(options, load)}`
  process.stdout.write(`${result}\n`)
  for (const row of missed) process.stderr.write(`${missedText(row)}\n`)
  return missed.length === 0 ? 0 : 1
}

function fail(error: unknown, code: number, help = ''): never {
  showProgress('')
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n${help}`)
  process.exit(code)
}

function optionsOrUsage(): Options {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    return fail(error, 2, `${HELP}\n`)
  }
}

// Whichever way the process exits, its children and its folders go with it.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
// A process that ends while nobody waits for it ends the run as well.
process.on('unhandledRejection', error => fail(error, 1))
process.exitCode = await run(optionsOrUsage()).catch(error => fail(error, 1))
