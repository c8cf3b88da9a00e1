import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from './processes.ts'

/** The release that the facts in this repository were checked against. */
const VERSION = '2026.9.6'
const LIMIT_MS = 9 * 60_000

export interface OpenClaw {
  readonly version: string
  /** What Node is to run. */
  readonly program: string
  readonly folder: string
}

/**
 * Brings the real program from npm, without running anybody's install scripts; a later run finds it there.
 *
 * @throws Error with one sentence when that is not possible
 */
export async function installOpenClaw(cache: string): Promise<OpenClaw> {
  requireOwnFolder(cache)
  const folder = join(cache, 'node_modules', 'openclaw')
  const found = () => ({ version: VERSION, program: join(folder, 'openclaw.mjs'), folder })
  if (installedVersion(folder) === VERSION) return found()

  writeFileSync(join(cache, 'package.json'), '{"private": true}\n')
  const args = ['install', `openclaw@${VERSION}`, '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier']
  const npm = start('npm', [...args, '--prefix', cache, '--cache', join(cache, 'npm-cache')], {
    env: ownSettings(),
    cwd: cache,
    limitMs: LIMIT_MS,
  })
  const { code, stderr } = await npm.ended
  if (code !== 0 || installedVersion(folder) !== VERSION) {
    const reason = /^npm error code (.*)$/m.exec(stderr)?.[1] ?? `npm ended with ${code}`
    throw new Error(`openclaw@${VERSION} can not be installed from npm here, so nothing was shown: ${reason}`)
  }
  return found()
}

/** The owner's settings say which registry. What `npm run` adds would make this install belong to this repository. */
function ownSettings(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('npm_') || name === 'npm_config_registry',
  )
  return Object.fromEntries(kept)
}

function installedVersion(folder: string): string | null {
  try {
    // npm writes this one last: without it an install was interrupted.
    statSync(join(folder, '..', '.package-lock.json'))
    return String(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version)
  } catch {
    return null
  }
}

/** Programs are run from there: nobody else may be able to write into it. */
function requireOwnFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if (statSync(path).uid !== process.getuid?.())
    throw new Error(`${path} belongs to somebody else, so nothing was shown.`)
  chmodSync(path, 0o700)
}
