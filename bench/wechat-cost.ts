import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What a process has cost so far, as the system accounts for it. */
export interface Cost {
  /** User and system time. */
  readonly cpuMs: number
  readonly megabytes: number
}

/** The unit of `/proc/PID/stat` on every Linux that Node runs on. */
const TICK_MS = 10

export function costOf(pid: number): Cost {
  return process.platform === 'linux' ? costOnLinux(pid) : costByPs(pid)
}

function costOnLinux(pid: number): Cost {
  // What stands before the last parenthesis is the name, with whatever signs it has.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, megabytes: Number(rss) / 1024 }
}

function costByPs(pid: number): Cost {
  const { stdout } = spawnSync('ps', ['-o', 'rss=,time=', '-p', String(pid)], { encoding: 'utf8' })
  const [rss, time = ''] = stdout.trim().split(/\s+/)
  const seconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return { cpuMs: seconds * 1000, megabytes: Number(rss) / 1024 }
}
