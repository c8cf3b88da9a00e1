import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Megabytes of memory that a process has; null when it is gone. */
export function residentMb(pid: number): number | null {
  try {
    return readKilobytes(pid) / 1024
  } catch {
    return null
  }
}

function readKilobytes(pid: number): number {
  if (process.platform !== 'linux')
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }))
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kilobytes === undefined) throw new Error('not running')
  return Number(kilobytes)
}

/**
 * How a daemon has to run so that its resident size can be measured: collected all the time, with a young generation
 * that hides nothing and a heap that can not hold much in any case; and with a malloc that gives back what is freed.
 */
export const MEASURED: Readonly<Record<string, string>> = {
  NODE_OPTIONS: [
    '--expose-gc',
    `--import=${join(import.meta.dirname, 'collect-garbage.ts')}`,
    '--max-semi-space-size=1',
    '--max-old-space-size=64',
  ].join(' '),
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '8192',
  MALLOC_TRIM_THRESHOLD_: '32768',
}
