import type { Adapter, AdapterContext, Journal, Outbound, SendOutcome } from '../../core/adapter.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { isNotice } from '../../store/bridge.ts'
import type { DataFolder } from '../../store/data-folder.ts'
import { readKept } from '../../store/kept-files.ts'
import { writeMemo } from '../../store/memos.ts'
import { markState, type OutboxEntry, writeJournal } from '../../store/outbox.ts'
import type { Writer } from '../../store/writer.ts'

/** In whose name it goes out. */
export interface SendSession {
  readonly adapter: Adapter & Required<Pick<Adapter, 'send'>>
  readonly context: AdapterContext
}

export interface SendEntryOptions {
  readonly folder: DataFolder
  readonly writer: Writer
  readonly log: Logger
  /** Nobody waits for the other side any more. */
  readonly signal: AbortSignal
  readonly progress: (done: number, total: number) => void
}

/** Has the adapter send a message. That it may have left is committed right before. */
export async function sendEntry(
  entry: OutboxEntry,
  { adapter, context }: SendSession,
  { folder, writer, log, signal, progress }: SendEntryOptions,
): Promise<SendOutcome> {
  const { id, to, content, file } = entry
  const bytes = file === null ? null : await readKept(folder, file).catch(() => undefined)
  if (bytes === undefined) return { kind: 'not_sent', reason: 'file_missing' }
  const message: Outbound = {
    to,
    content,
    file: file === null || bytes === null ? null : { name: file.name, bytes },
    begin: () => writer.write(database => markState(database, id, 'sending')),
    progress,
    isVerbatim: isNotice(writer.database, id),
    journal: journalOf(entry, writer),
  }
  return adapter.send(message, { ...context, signal }).catch(error => {
    log.error('sending failed', { error: errorCode(error), at: errorPlace(error) })
    return { kind: 'unknown', reason: 'fault' }
  })
}

function journalOf({ id, sink: source, account, journal }: OutboxEntry, writer: Writer): Journal {
  let present = journal
  return {
    read: () => present,
    async write(text, memos = {}) {
      await writer.write(database => {
        writeJournal(database, id, text)
        for (const [key, value] of Object.entries(memos)) writeMemo(database, { source, account, key, value })
      })
      present = text
    },
  }
}
