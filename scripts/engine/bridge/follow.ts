import { ConfigError } from '../../core/errors.ts'
import { failedText } from '../../protocol/bridge/texts.ts'
import { unwatchEntry, watchedEntries } from '../../store/bridge.ts'
import { type OutboxEntry, readEntry } from '../../store/outbox.ts'
import { partyOf } from './decide.ts'
import type { BridgeOptions } from './parts.ts'
import { say } from './saying.ts'

/**
 * Tells whoever answered from WeChat when it did not arrive. Of what arrived nothing is said: that would cost a send.
 * What is still to be heard of lies in the store, so a restart forgets none.
 */
export async function followAnswers(options: BridgeOptions): Promise<void> {
  const { writer } = options
  for (const { entry: id, teller } of watchedEntries(writer.database)) {
    const entry = readEntry(writer.database, id)
    const also = (database: typeof writer.database) => unwatchEntry(database, id)
    const text = entry === null ? null : failureOf(entry, options)
    if (text !== null) await say({ to: teller, text, requestId: `bridge-told:${id}`, also }, options)
    else if (entry === null || entry.state === 'accepted') await writer.write(also)
  }
}

function failureOf({ state, to, detail }: OutboxEntry, options: BridgeOptions) {
  if (state !== 'refused' && state !== 'not_sent' && state !== 'unknown') return null
  return failedText(partyOf(to, { contacts: contactsOf(options) }), { ...detail, state })
}

/** For their names alone. */
function contactsOf({ contacts }: BridgeOptions) {
  try {
    return contacts()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return []
  }
}
