import { join } from 'node:path'
import { addressKey } from '../../scripts/core/address.ts'
import type { Flags, MessageType, Via } from '../../scripts/core/message.ts'
import { applyContactChange } from '../../scripts/store/contacts.ts'
import { mergeTwins } from '../../scripts/store/copies.ts'
import { countReceived } from '../../scripts/store/counters.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import { insertMessage } from '../../scripts/store/messages.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { writeStatus } from '../../scripts/store/status.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A data folder with a database that a test fills by itself, as a daemon would have. */
export interface MessageStore {
  readonly folder: DataFolder
  readonly database: Database
  /** Returns its seq. */
  add(message?: StoreMessage): number
  /** Many of them, in one transaction. */
  addAll(messages: readonly StoreMessage[]): void
  settle(seq: number): void
  merge(seq: number, twin: number): void
  befriend(id: number, name: string): void
}

export interface StoreMessage {
  /** null: unverified. */
  readonly from?: number | null
  readonly name?: string
  /** It was sent by us, to this one. */
  readonly to?: number
  readonly content?: string
  readonly type?: MessageType
  readonly via?: Via
  readonly state?: 'resolving' | 'held' | 'final'
  readonly flags?: Flags
}

export const STORED_AT = '2026-03-09T10:00:00Z'
const OURS = 1
const ACCOUNT = 'account'

export function createMessageStore({
  path = join(temporaryFolder(), 'openwechat_im_client'),
}: {
  path?: string
} = {}): MessageStore {
  const folder = dataFolderAt(path)
  createDataFolder(folder)
  const database = openForWriting(folder.file('state.db'), migrate)
  // Only the last state of it matters here, and syncing takes most of the time.
  database.exec('PRAGMA synchronous = OFF')
  writeStatus(database, 'account', { key: ACCOUNT }, STORED_AT)

  function add(message: StoreMessage = {}): number {
    const { from = 2, name = `peer ${from}`, to, content = 'hello', type = 'chat', flags = {} } = message
    const via = message.via ?? (to === undefined ? 'stream' : 'send')
    const sender = to === undefined ? from : OURS
    if (via !== 'send' && via !== 'import' && type !== 'correction') countReceived(database, STORED_AT, 1)
    return insertMessage(database, {
      source: 'relay',
      account: ACCOUNT,
      via,
      receivedAt: STORED_AT,
      parsed: {
        type,
        at: STORED_AT,
        from: sender === null ? null : { address: { scheme: 'relay', id: sender }, name },
        content,
        flags,
      },
      to: to === undefined ? undefined : { address: { scheme: 'relay', id: to }, name: `peer ${to}` },
      payload: null,
      state: message.state ?? 'final',
      settleBy: 0,
      unresolved: message.state === 'resolving',
    })
  }

  return {
    folder,
    database,
    add,
    addAll(messages) {
      database.exec('BEGIN')
      for (const message of messages) add(message)
      database.exec('COMMIT')
    },
    settle: seq => void database.run("UPDATE messages SET state = 'final' WHERE seq = ?", seq),
    merge: (seq, twin) => mergeTwins(database, seq, { seq: twin, state: 'final' }),
    befriend: (id, name) =>
      applyContactChange(database, ACCOUNT, {
        address: { scheme: 'relay', id },
        name,
        relationship: 'accepted',
      }),
  }
}

export const peerKey = (id: number): string => addressKey({ scheme: 'relay', id })
