import { z } from 'zod'
import { utcSeconds } from '../../core/clock.ts'
import { StorageError } from '../../core/errors.ts'
import { LONGEST_RETENTION_DAYS } from '../../core/retention.ts'
import { type Archived, archiveOldest } from '../../projections/maintenance/archiving.ts'
import type { Maintenance } from '../../projections/maintenance/maintenance.ts'
import { nextTurn } from '../../projections/maintenance/rendering.ts'
import { createTrim } from '../../projections/maintenance/trim-refill.ts'
import type { Database } from '../../store/database.ts'
import {
  checkReferences,
  countUnread,
  cutoffOf,
  deleteOldest,
  deleteSettledRequests,
  firstUnread,
  oldestSeq,
  type Range,
} from '../../store/retention.ts'
import { handedOnSeq } from '../../store/sinks.ts'
import type { Action, ActionContext } from './action.ts'

export interface PruneParams {
  readonly days: number
}

export interface PruneResult {
  /** What was received before this is older than the limit. */
  readonly cutoff_utc: string
  readonly archived_messages: number
  /** Older ones that the agent has not read: they and what came after them stay. */
  readonly kept_unread: number
  /** Paths within the data folder. */
  readonly archives: readonly string[]
  /** By how much the two files became smaller. */
  readonly freed_bytes: number
}

/**
 * Takes out what is older than the limit: first it is archived, then it goes from the database, then from the files. Cut
 * short at any place, it has lost nothing, and the next one goes on from there.
 */
export const prune: Action<PruneParams, PruneResult> = {
  name: 'prune',
  params: z.object({ days: z.number().int().min(1).max(LONGEST_RETENTION_DAYS) }),
  run: ({ days }, context) => context.projector.maintain(files => pruneOlder(days, context, files)),
}

async function pruneOlder(days: number, context: ActionContext, maintenance: Maintenance): Promise<PruneResult> {
  const { files, clock, writer } = context
  const folder = context.folder.path
  const now = clock.now()
  const cutoff = cutoffOf(days, now)
  const signal = AbortSignal.any([context.signal, maintenance.signal])
  const common = { folder, files, writer, clock, cutoff, signal, stamp: stampOf(now) }

  const shown = await maintenance.settle()
  const unread = await lookForUnread(context, { end: shown + 1, cutoff, signal })
  const archived = await archiveOldest({
    ...common,
    upTo: Math.min(shown, unread.first - 1, handedOnSeq(writer.database)),
  })
  await deleteArchived(context, { archived, cutoff, now, signal })

  const archives = [...archived.paths]
  let freed = 0
  for (const name of ['inbox_pushed.md', 'conversations.md'] as const) {
    const trim = await createTrim(name, { ...common, archived })
    await maintenance.replace(name, trim)
    if (trim.keptAt !== null) archives.push(trim.keptAt)
    freed += trim.removedBytes
  }
  await maintenance.refresh()
  return {
    cutoff_utc: cutoff,
    archived_messages: archived.messages,
    kept_unread: unread.older,
    archives,
    freed_bytes: freed,
  }
}

/** `20260309T100000Z`: a time that any file may have in its name. */
export function stampOf(now: number): string {
  return utcSeconds(now).replaceAll(/[-:]/g, '')
}

/** So many messages are looked at between two turns of the event loop. */
const LOOKED_AT_ONCE = 5000

/** The first message that the agent has not read, and how many of those are older than the limit. */
async function lookForUnread(
  { writer, clock }: ActionContext,
  { end, cutoff, signal }: { end: number; cutoff: string; signal: AbortSignal },
): Promise<{ first: number; older: number }> {
  let first = Number.POSITIVE_INFINITY
  let older = 0
  for (let from = oldestSeq(writer.database); from < end; from += LOOKED_AT_ONCE) {
    signal.throwIfAborted()
    const range: Range = { from, end: Math.min(end, from + LOOKED_AT_ONCE) }
    first = Math.min(first, firstUnread(writer.database, range) ?? first)
    older += countUnread(writer.database, range, cutoff)
    await nextTurn(clock)
  }
  return { first, older }
}

async function deleteArchived(
  { writer }: ActionContext,
  { archived, cutoff, now, signal }: { archived: Archived; cutoff: string; now: number; signal: AbortSignal },
): Promise<void> {
  const archivedFrom = writer.database
  /** Small commits, one after the other, so that nobody waits long. */
  async function repeat(work: (database: Database) => number): Promise<void> {
    for (let done = 1; done > 0; ) {
      signal.throwIfAborted()
      done = await writer.write(database => {
        // Another database has other messages under these numbers.
        if (database !== archivedFrom) throw new StorageError(REPLACED)
        return work(database)
      })
    }
  }
  checkReferences(archivedFrom, false)
  try {
    await repeat(database => deleteOldest(database, archived.upTo))
    await repeat(database => deleteSettledRequests(database, cutoff, now))
  } finally {
    if (writer.database === archivedFrom) checkReferences(archivedFrom, true)
  }
}

const REPLACED = {
  en: 'The database was damaged and replaced meanwhile; nothing more was taken out.',
  zh: '在此期间数据库损坏并被替换；没有再移出任何内容。',
}
