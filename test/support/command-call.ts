import { parseArgs } from 'node:util'
import type { Command, CommandContext } from '../../scripts/commands/command.ts'
import { systemClock } from '../../scripts/core/clock.ts'
import { readEnvironment } from '../../scripts/core/environment.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import type { DataFolder } from '../../scripts/store/data-folder.ts'
import { ROOT } from './child.ts'

/** What a command gets to see, without a process around it. */
export function contextFor(folder: DataFolder, given: Partial<CommandContext> = {}): CommandContext {
  return {
    values: {},
    positionals: [],
    json: true,
    language: 'en',
    environment: readEnvironment({}),
    version: 'test',
    clock: systemClock,
    log: createLogger({ clock: systemClock, level: 'silent', write: () => undefined }),
    skillFolder: ROOT,
    folder: () => folder,
    print: () => undefined,
    note: () => undefined,
    terminal: false,
    errorTerminal: false,
    overwrite: () => undefined,
    readInput: () => Promise.resolve(''),
    interrupted: new AbortController().signal,
    ...given,
  }
}

/** Runs a command in this process. Rejects where the program would print an error. */
export async function callCommand(
  command: Command,
  folder: DataFolder,
  args: readonly string[],
): Promise<{ code: number; stdout: string }> {
  const parsed = parseArgs({ args: [...args], options: command.options ?? {}, allowPositionals: true })
  const values = { ...parsed.values, 'data-dir': folder.path }
  let stdout = ''
  const print = (line: string) => {
    stdout += `${line}\n`
  }
  const code = await command.run(contextFor(folder, { values, positionals: parsed.positionals, print }))
  return { code, stdout }
}
