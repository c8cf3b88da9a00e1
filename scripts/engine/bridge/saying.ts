import type { Address } from '../../core/address.ts'
import { AppError, errorCode } from '../../core/errors.ts'
import { type Bilingual, inLanguage } from '../../core/i18n.ts'
import type { Database } from '../../store/database.ts'
import type { BridgeOptions } from './parts.ts'

/** A line of the bridge itself. It is no message that anybody wrote, and is passed on to nobody. */
export interface Saying {
  readonly to: Address
  readonly text: Bilingual
  readonly requestId: string
  /** Written with it, and without it where it can not be said. */
  readonly also: (database: Database) => void
}

/** Resolves after the commit of `also`. */
export async function say(
  { to, text, requestId, also }: Saying,
  { outbox, writer, log, language }: BridgeOptions,
): Promise<void> {
  try {
    await outbox.submit({
      to,
      content: inLanguage(text, language()),
      file: null,
      requestId,
      isAutomatic: true,
      also,
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // The account is gone, or the words of that request were others once: there is nobody to tell.
    log.info('the bridge could not say something', { request: requestId, error: errorCode(error) })
    await writer.write(also)
  }
}
