import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

/** In the order of the table. */
export const FIGURE_NAMES = [
  'ingest',
  'latency',
  'start',
  'memory',
  'commands',
  'reading',
  'delivery',
  'dead-sinks',
  'wechat',
] as const
export type FigureName = (typeof FIGURE_NAMES)[number]

export interface Options {
  readonly quick: boolean
  readonly json: boolean
  readonly help: boolean
  readonly names: readonly FigureName[]
  readonly dir: string
}

export const HELP = `usage: npm run bench -- [--quick] [--only NAME,…] [--json] [--dir PATH]

  --quick      shorter floods, a shorter history, fewer pairs
  --only       some of: ${FIGURE_NAMES.join(', ')}
  --json       one JSON object instead of the table
  --dir PATH   where the data folders of the run are made (default: the folder for temporary files)`

/** @throws Error when the command line says something else */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      only: { type: 'string', default: FIGURE_NAMES.join(',') },
      dir: { type: 'string', default: tmpdir() },
    },
  })
  const asked = values.only.split(',')
  const unknown = asked.find(name => !(FIGURE_NAMES as readonly string[]).includes(name))
  if (unknown !== undefined) throw new Error(`--only: there is no figure ${JSON.stringify(unknown)}`)
  return { ...values, names: FIGURE_NAMES.filter(name => asked.includes(name)) }
}
