import { join, resolve } from 'node:path'
import { PackagingError } from './packaging/packaging-error.ts'
import { makeSkillFolder } from './packaging/skill-folder.ts'

/** `npm run package [-- FOLDER]`: the skill folder to publish or to install with `openclaw skills install`. */

const root = join(import.meta.dirname, '..')
const target = resolve(process.argv[2] ?? join(root, 'dist', 'openwechat-im-client'))

try {
  const { files, scanned, bytes } = makeSkillFolder(root, target)
  process.stdout.write(`${target}: ${files} files, ${scanned} of them source, ${(bytes / 1e6).toFixed(1)} MB\n`)
} catch (error) {
  if (!(error instanceof PackagingError)) throw error
  process.stderr.write(`error: ${error.message}\n`)
  process.exitCode = 1
}
