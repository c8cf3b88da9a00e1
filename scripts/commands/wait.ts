import { statSync } from 'node:fs'
import { isAbort } from '../core/errors.ts'
import { requireDataFolder } from '../store/data-folder.ts'
import type { Database } from '../store/database.ts'
import { AGENT } from '../store/positions.ts'
import { hasUnread } from '../store/reading.ts'
import { takeArguments } from './arguments.ts'
import { type Command, type CommandContext, DONE, speaker, TIMED_OUT } from './command.ts'
import { printNew } from './inbox.ts'
import { LIMIT_HELP, limitOption, numberOption, openMessages } from './reading.ts'

const USUAL_SECONDS = 60
const MOST_SECONDS = 86_400
/** A look at whether the database has changed costs microseconds. */
const LOOK_MS = 250

export const wait: Command = {
  usage: '',
  about: {
    en: 'Waits until something is unread and shows it as "inbox" does. Exit code 5: nothing came in time.',
    zh: '等到有未读消息时像 "inbox" 一样显示。退出码 5：限时内没有新消息。',
  },
  examples: ['npm run -s im -- wait', 'npm run -s im -- wait --timeout 5 --json'],
  options: { timeout: { type: 'string' }, limit: { type: 'string' } },
  optionHelp: {
    timeout: {
      en: `SECONDS  how long (${USUAL_SECONDS}; up to ${MOST_SECONDS})`,
      zh: `秒  最长等待时间（默认 ${USUAL_SECONDS}，上限 ${MOST_SECONDS}）`,
    },
    limit: LIMIT_HELP,
  },
  async run(context) {
    takeArguments(context, 'wait', [0])
    const limit = limitOption(context)
    const seconds = numberOption(context, 'timeout', { most: MOST_SECONDS }) ?? USUAL_SECONDS
    requireDataFolder(context.folder())
    const watch = watchMessages(context)
    try {
      const came = await untilUnread(context, watch, seconds * 1000)
      if (came || context.json) printNew(context, watch.database(), { limit })
      if (came) return DONE
      context.note(speaker(context)('Nothing new came.', '没有新消息。'))
      return TIMED_OUT
    } finally {
      watch.close()
    }
  },
}

/** Returns false when the time is over, or somebody wants it to be. */
async function untilUnread(context: CommandContext, watch: Watch, ms: number): Promise<boolean> {
  const { clock, interrupted } = context
  const until = clock.monotonic() + ms
  while (!watch.foundUnread()) {
    const left = until - clock.monotonic()
    if (left <= 0 || interrupted.aborted) return false
    try {
      await clock.sleep(Math.min(LOOK_MS, left), interrupted)
    } catch (error) {
      if (isAbort(error)) return false
      throw error
    }
  }
  return true
}

interface Watch {
  /** Looks only when something has changed since it looked last. */
  foundUnread(): boolean
  database(): Database | null
  close(): void
}

/** The daemon may make the database only now, or replace a damaged one. */
function watchMessages(context: CommandContext): Watch {
  const path = context.folder().file('state.db')
  let database: Database | null = null
  let inode: number | undefined
  let version: unknown

  function follow(): void {
    const present = statSync(path, { throwIfNoEntry: false })?.ino
    if (database !== null && present === inode) return
    database?.close()
    database = openMessages(context)
    inode = present
    version = undefined
  }

  return {
    foundUnread() {
      follow()
      const now = database?.get('PRAGMA data_version')?.['data_version']
      if (database === null || now === version) return false
      version = now
      return hasUnread(database, { reader: AGENT })
    },
    database: () => database,
    close: () => database?.close(),
  }
}
