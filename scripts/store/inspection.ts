import { existsSync, statfsSync, statSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'
import type { Finding } from '../core/finding.ts'
import { type DataFolder, folderExists, strayFiles } from './data-folder.ts'
import { openForReading, sqliteReason } from './database.ts'
import { runningDaemon } from './ownership.ts'
import { readCheckpoint } from './positions.ts'
import { SCHEMA_VERSION, schemaVersion } from './schema.ts'

/** A look at everything on disk. Changes nothing. */
export function inspectFolder(folder: DataFolder, clock: Clock): Finding[] {
  if (!folderExists(folder)) {
    return [
      {
        check: 'data folder',
        level: 'fault',
        text: { en: `there is none at ${folder.path}`, zh: `${folder.path} 不存在` },
        next: { en: 'Start the daemon once: npm run sse', zh: '先运行一次守护进程：npm run sse' },
      },
    ]
  }
  return [
    inspectMode(folder),
    inspectSpace(folder),
    ...inspectStray(folder),
    inspectDatabase(folder, clock),
    ...inspectCheckpoints(folder),
    inspectDaemon(folder),
  ]
}

function inspectMode(folder: DataFolder): Finding {
  const open = (statSync(folder.path).mode & 0o077) !== 0
  if (!open) return { check: 'data folder', level: 'ok', text: { en: folder.path, zh: folder.path } }
  return {
    check: 'data folder',
    level: 'warning',
    text: { en: 'other users of this machine can look into it', zh: '本机其他用户可以查看该目录' },
    next: { en: `chmod 700 ${folder.path}`, zh: `chmod 700 ${folder.path}` },
  }
}

/** Below this a burst of messages could fill the disk. */
const LOW_SPACE_BYTES = 200 * 1024 * 1024

function inspectSpace(folder: DataFolder): Finding {
  const { bavail, bsize } = statfsSync(folder.path)
  const free = Number(bavail) * Number(bsize)
  const megabytes = Math.floor(free / 1024 / 1024)
  const text = { en: `${megabytes} MB free`, zh: `剩余 ${megabytes} MB` }
  return { check: 'disk', level: free < LOW_SPACE_BYTES ? 'warning' : 'ok', text }
}

function inspectStray(folder: DataFolder): Finding[] {
  return strayFiles(folder).map(name => ({
    check: 'stray file',
    level: 'warning',
    text: {
      en: `${name} lies in the data folder: an agent's program could take it for instructions`,
      zh: `数据目录中有 ${name}：智能体程序可能把它当作指令`,
    },
    next: { en: 'Look at it, then move it elsewhere.', zh: '请检查后移到别处。' },
  }))
}

/** A full check reads everything; beyond this it would take minutes. */
const FULL_CHECK_BYTES = 200 * 1024 * 1024

function inspectDatabase(folder: DataFolder, clock: Clock): Finding {
  const check = 'state.db'
  const path = folder.file('state.db')
  if (!existsSync(path)) {
    return { check, level: 'ok', text: { en: 'not there yet: the daemon makes it', zh: '尚不存在：守护进程会创建' } }
  }
  try {
    const database = openForReading(path)
    try {
      const version = database === null ? 0 : schemaVersion(database)
      if (version > SCHEMA_VERSION) {
        return {
          check,
          level: 'fault',
          text: { en: `written by a newer version (schema ${version})`, zh: `由更新版本写入（结构版本 ${version}）` },
          next: { en: 'Update the skill.', zh: '请更新本技能。' },
        }
      }
      const startedAt = clock.monotonic()
      const size = statSync(path).size
      const result = size > FULL_CHECK_BYTES ? 'ok' : String(database?.get('PRAGMA quick_check(1)')?.['quick_check'])
      const seconds = ((clock.monotonic() - startedAt) / 1000).toFixed(1)
      if (result === 'ok') {
        return { check, level: 'ok', text: { en: `sound (${seconds} s)`, zh: `完好（${seconds} 秒）` } }
      }
      return damaged(check, 'quick_check')
    } finally {
      database?.close()
    }
  } catch (error) {
    return damaged(check, sqliteReason(error))
  }
}

function damaged(check: string, reason: string): Finding {
  return {
    check,
    level: 'fault',
    text: { en: `damaged (${reason})`, zh: `已损坏（${reason}）` },
    next: {
      en: 'Restart the daemon: it moves the file aside, whole, and goes on with what the other files show.',
      zh: '重启守护进程：它会把该文件整体移开，并依据其他文件继续。',
    },
  }
}

/** A file that is shorter than its checkpoint was trimmed by somebody; that is allowed, but good to know. */
function inspectCheckpoints(folder: DataFolder): Finding[] {
  const findings: Finding[] = []
  for (const name of ['inbox_pushed.md', 'conversations.md'] as const) {
    const checkpoint = checkpointOf(folder, name)
    if (checkpoint === null || checkpoint.size === 0) continue
    const path = folder.file(name)
    const size = existsSync(path) ? statSync(path).size : 0
    if (size >= checkpoint.size) findings.push({ check: name, level: 'ok', text: { en: 'complete', zh: '完整' } })
    else {
      findings.push({
        check: name,
        level: 'warning',
        text: {
          en: 'shorter than it was: somebody trimmed or removed it. Nothing is lost in the database.',
          zh: '比之前短：有人裁剪或删除过。数据库中没有丢失。',
        },
      })
    }
  }
  return findings
}

function checkpointOf(folder: DataFolder, name: string) {
  try {
    const database = openForReading(folder.file('state.db'))
    try {
      return database === null ? null : readCheckpoint(database, name)
    } finally {
      database?.close()
    }
  } catch {
    // The database was reported above.
    return null
  }
}

function inspectDaemon(folder: DataFolder): Finding {
  const holder = runningDaemon(folder)
  if (holder !== null) {
    const text = { en: `running (pid ${holder.pid})`, zh: `运行中（pid ${holder.pid}）` }
    return { check: 'daemon', level: 'ok', text }
  }
  return {
    check: 'daemon',
    level: 'warning',
    text: { en: 'not running', zh: '未运行' },
    next: { en: 'npm run sse', zh: 'npm run sse' },
  }
}
