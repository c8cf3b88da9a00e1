import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseArgs } from 'node:util'
import { COMMANDS } from '../../scripts/cli.ts'
import type { Command } from '../../scripts/commands/command.ts'
import { ALL_TEXTS, codes, read, type Table, tables } from './documents.ts'

/** Texts about commands go out of date by themselves: these compare them with the command table. */

const commands = new Map<string, Command>()
for (const [name, load] of Object.entries(COMMANDS)) commands.set(name, await load())

const scripts = JSON.parse(read('package.json')).scripts as Record<string, string>

const COMMON = {
  'data-dir': { type: 'string' },
  lang: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const

function optionsOf(name: string) {
  const command = commands.get(name)
  assert.ok(command !== undefined, `there is no command ${name}`)
  return { ...COMMON, ...command.options }
}

/** Whole command lines, as somebody copies them: what follows the launcher. */
function commandLines(text: string): string[][] {
  return codes(text).flatMap(code => {
    const direct = /^(?:node \{baseDir\}\/scripts\/run\.mjs|npm run -s im --) (.+)$/.exec(code)
    const script = /^npm run (?:-s )?(sse|relay|demo|ui)(?: -- (.+))?$/.exec(code)
    const line = direct?.[1] ?? (script === null ? undefined : `${script[1]} ${script[2] ?? ''}`)
    if (line === undefined || /^<.+>/.test(line)) return []
    return [(line.match(/"[^"]*"|[^\s"]+/g) ?? []).map(word => word.replaceAll('"', ''))]
  })
}

/** `send <to> <text|-> [--file FILE]`: a name, and each option with whether a value follows. */
function synopsis(code: string): { name: string; options: { option: string; takesValue: boolean }[] } {
  const words = code.replace(/[[\]]/g, ' ').trim().split(/\s+/)
  const options = words.flatMap((word, i) => {
    if (!word.startsWith('--')) return []
    return [{ option: word.slice(2), takesValue: !(words[i + 1] ?? '--').startsWith('--') }]
  })
  return { name: words[0] ?? '', options }
}

/** The first cells of the tables that list commands. */
function listed(path: string): ReturnType<typeof synopsis>[] {
  const list = (table: Table) => /^(?:command|命令)$/.test(table.header[0] ?? '')
  return tables(read(path))
    .filter(list)
    .flatMap(table => table.rows.map(row => synopsis(/^`([^`]+)`$/.exec(row[0] ?? '')?.[1] ?? '')))
}

const COMMAND_LISTS = ['references/commands.md', 'README.md', 'README.zh.md']

describe('the texts about commands', () => {
  for (const path of ALL_TEXTS) {
    test(`show no command line in ${path} that the program does not take`, () => {
      for (const [name = '', ...args] of commandLines(read(path))) {
        if (name === 'help') continue
        const options = name.startsWith('-') ? COMMON : optionsOf(name)
        const line = [name, ...args].join(' ')
        const parse = () =>
          parseArgs({ args: name.startsWith('-') ? [name, ...args] : args, options, allowPositionals: true })
        assert.doesNotThrow(parse, line)
      }
    })

    test(`name no option in ${path} that the command does not have`, () => {
      for (const code of codes(read(path))) {
        const { name, options } = synopsis(code)
        if (!commands.has(name)) continue
        for (const { option } of options) assert.ok(option in optionsOf(name), code)
      }
    })
  }

  test('list commands that exist, with values where values are taken', () => {
    for (const path of COMMAND_LISTS) {
      for (const { name, options } of listed(path)) {
        const known: Record<string, { type: string }> = optionsOf(name)
        for (const { option, takesValue } of options) {
          assert.equal(known[option]?.type, takesValue ? 'string' : 'boolean', `${path}: ${name} --${option}`)
        }
      }
    }
  })

  test('forget no command', () => {
    for (const path of COMMAND_LISTS) {
      assert.deepEqual([...new Set(listed(path).map(one => one.name))].sort(), [...commands.keys()].sort(), path)
    }
  })

  test('forget no option: the relay’s own are in SERVER.md, all others in the reference', () => {
    for (const [name, command] of commands) {
      const told =
        name === 'relay'
          ? codes(read('SERVER.md'))
              .map(code => `relay ${code}`)
              .map(synopsis)
          : listed('references/commands.md').filter(one => one.name === name)
      const names = new Set(told.flatMap(one => one.options.map(({ option }) => option)))
      for (const option of Object.keys(command.options ?? {})) assert.ok(names.has(option), `${name} --${option}`)
    }
  })

  test('use only scripts that package.json has', () => {
    for (const path of ALL_TEXTS) {
      for (const code of codes(read(path))) {
        for (const [, script = ''] of code.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)) {
          assert.ok(script in scripts, `${path}: ${code}`)
        }
      }
    }
  })
})
