import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeSkillFolder } from '../../tools/packaging/skill-folder.ts'
import { type Child, ROOT, start } from './child.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A copy of the program as somebody else would have it. */
export interface Installed {
  /** The skill folder. */
  readonly folder: string
  start(args: readonly string[], env?: Record<string, string>): Child
  /** Runs a command to its end. */
  run(
    args: readonly string[],
    env?: Record<string, string>,
  ): Promise<{ code: number | string; stdout: string; stderr: string }>
}

/** What `openclaw skills install` does with the packaged folder: it copies it, and nothing else. */
export function installSkillFolder(): Installed {
  const packaged = join(temporaryFolder(), 'packaged')
  makeSkillFolder(ROOT, packaged)
  const folder = join(temporaryFolder(), 'skills', 'openwechat-im-client')
  cpSync(packaged, folder, { recursive: true, preserveTimestamps: true })
  return installed(folder)
}

/** `npm pack` here, `npm install` of the tarball elsewhere. */
export async function installTarball(): Promise<Installed> {
  const tarballs = temporaryFolder()
  await succeed('npm', ['pack', '--ignore-scripts', '--pack-destination', tarballs], ROOT)
  const [tarball = ''] = readdirSync(tarballs)
  const project = temporaryFolder()
  writeFileSync(join(project, 'package.json'), '{"private":true}')
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  await succeed('npm', ['install', join(tarballs, tarball), ...quiet], project)
  return installed(join(project, 'node_modules', 'openwechat-im-client'))
}

async function succeed(command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = start(command, args, { cwd })
  assert.equal(await child.ended, 0, child.stderr())
}

function installed(folder: string): Installed {
  // As in an agent's `exec`: neither the skill's folder nor one with packages of its own.
  const cwd = join(temporaryFolder(), 'workspace')
  mkdirSync(cwd)
  const startHere: Installed['start'] = (args, env = {}) =>
    start(process.execPath, [join(folder, 'scripts', 'run.mjs'), ...args], { cwd, env: { LANG: 'C', ...env } })
  return {
    folder,
    start: startHere,
    async run(args, env) {
      const child = startHere(args, env)
      const code = await child.ended
      return { code, stdout: child.stdout(), stderr: child.stderr() }
    },
  }
}
