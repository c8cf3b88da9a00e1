import { statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Clock } from '../core/clock.ts'
import { errorCode } from '../core/errors.ts'

/** Editors write in several steps: the file is looked at when it has been quiet for this long. */
const QUIET_MS = 150
/** Some file systems tell nobody about changes; a slow look finds them too. */
const RESCAN_MS = 20_000

/**
 * Calls `onChange` when the file may have changed. The folder is watched, because most editors put a new file in the
 * old one's place.
 *
 * @returns stops watching
 */
export function watchConfigFile(
  path: string,
  { clock, onChange, onError }: { clock: Clock; onChange: () => void; onError: (code: string) => void },
): () => Promise<void> {
  const name = basename(path)
  let cancelQuiet: (() => void) | undefined
  let cancelRescan: (() => void) | undefined
  let seen = fingerprint(path)

  function changed(): void {
    cancelQuiet?.()
    cancelQuiet = clock.after(QUIET_MS, () => {
      cancelQuiet = undefined
      const now = fingerprint(path)
      if (now === seen) return
      seen = now
      onChange()
    })
  }

  function rescan(): void {
    cancelRescan = clock.after(RESCAN_MS, () => {
      if (fingerprint(path) !== seen) changed()
      rescan()
    })
  }

  const watcher: FSWatcher = watch(dirname(path), {
    depth: 0,
    ignoreInitial: true,
    ignored: (file, facts) => facts?.isFile() === true && basename(file) !== name,
  })
  watcher.on('all', changed)
  // Without a listener an error would end the process; the slow look goes on without the watcher.
  watcher.on('error', error => onError(errorCode(error)))
  rescan()

  return async () => {
    cancelQuiet?.()
    cancelRescan?.()
    await watcher.close()
  }
}

function fingerprint(path: string): string {
  try {
    const { mtimeMs, size, ino, mode } = statSync(path)
    return `${mtimeMs}:${size}:${ino}:${mode}`
  } catch (error) {
    return errorCode(error)
  }
}
