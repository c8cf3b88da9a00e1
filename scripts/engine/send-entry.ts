import type { Outbound, SendOutcome } from '../core/adapter.ts'
import { addressKey } from '../core/address.ts'
import { errorCode, errorPlace } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { contactWith } from '../store/contacts.ts'
import type { DataFolder } from '../store/data-folder.ts'
import { readKept } from '../store/kept-files.ts'
import { markState, type OutboxEntry } from '../store/outbox.ts'
import type { Writer } from '../store/writer.ts'
import type { RelaySession } from './relay-session.ts'

export interface SendEntryOptions {
  readonly folder: DataFolder
  readonly writer: Writer
  readonly log: Logger
  /** Nobody waits for the relay any more. */
  readonly signal: AbortSignal
  readonly progress: (done: number, total: number) => void
}

/** Makes the one request for a message. That it may have been made is committed right before. */
export async function sendEntry(
  { id, account, to, content, file }: OutboxEntry,
  { adapter, context }: RelaySession,
  { folder, writer, log, signal, progress }: SendEntryOptions,
): Promise<SendOutcome> {
  const ctx = { ...context, signal }
  if (to.scheme === 'relay' && contactWith(writer.database, account, addressKey(to)) === null) {
    // The line in conversations.md is to name them. That it can not is no reason not to send.
    await adapter
      .requests(ctx)
      .user(to.id)
      .catch(error => log.info('a recipient has no name', { id: to.id, reason: errorCode(error) }))
  }
  const bytes = file === null ? null : await readKept(folder, file).catch(() => undefined)
  if (bytes === undefined) return { kind: 'not_sent', reason: 'file_missing' }
  const message: Outbound = {
    to,
    content,
    file: file === null || bytes === null ? null : { name: file.name, bytes },
    begin: () => writer.write(database => markState(database, id, 'sending')),
    progress,
  }
  return adapter.send(message, ctx).catch(error => {
    log.error('sending failed', { error: errorCode(error), at: errorPlace(error) })
    return { kind: 'unknown', reason: 'fault' }
  })
}
