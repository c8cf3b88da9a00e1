import { join } from 'node:path'
import type { CommandContext } from '../../scripts/commands/command.ts'
import { register } from '../../scripts/commands/register.ts'
import { type Clock, systemClock } from '../../scripts/core/clock.ts'
import { readEnvironment } from '../../scripts/core/environment.ts'
import { createLogger } from '../../scripts/core/logger.ts'
import { ROOT } from './child.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { viewOf } from './test-daemon.ts'

/** Runs the command `register` in this process: a test may own its clock, and none has to wait for another process. */
export async function registerHere(
  values: CommandContext['values'],
  {
    path = join(temporaryFolder(), 'openwechat_im_client'),
    clock = systemClock,
  }: { path?: string; clock?: Clock } = {},
) {
  const view = viewOf(path)
  const printed: string[] = []
  const noted: string[] = []
  const outcome = await register
    .run({
      values,
      positionals: [],
      json: false,
      language: 'en',
      environment: readEnvironment({}),
      version: 'test',
      clock,
      log: createLogger({ clock, level: 'silent', write: () => {} }),
      skillFolder: ROOT,
      folder: () => view.folder,
      print: line => void printed.push(line),
      note: line => void noted.push(line),
      terminal: false,
      errorTerminal: false,
      overwrite: () => {},
      readInput: async () => '',
      interrupted: new AbortController().signal,
    })
    .then(
      code => ({ code, error: undefined }),
      (error: unknown) => ({ code: null, error }),
    )
  return { view, printed: printed.join('\n'), noted: noted.join('\n'), ...outcome }
}
