import type { AdapterContext } from '../../core/adapter.ts'
import { onEveryRing } from '../../core/bell.ts'
import { createHealth } from './health.ts'
import { createMediaFetcher } from './media.ts'
import type { IlinkOptions } from './options.ts'
import { runSession } from './session.ts'

/** Everything that people write to the bot, until the signal aborts. New credentials begin a session at once. */
export async function runSource(options: IlinkOptions, outer: AdapterContext): Promise<void> {
  const own = new AbortController()
  const ctx: AdapterContext = { ...outer, signal: AbortSignal.any([outer.signal, own.signal]) }
  const health = createHealth(ctx)
  const media = createMediaFetcher(options, ctx)

  async function runSessions(): Promise<void> {
    while (!ctx.signal.aborted) {
      const credentials = options.credentials()
      const session = new AbortController()
      const stopWatching = onEveryRing(options.changed, () => {
        if (options.credentials().token !== credentials.token) session.abort(NEW_LOGIN)
      })
      const signal = AbortSignal.any([ctx.signal, session.signal])
      try {
        await runSession({ options, credentials, health, onFiles: media.wake }, { ...ctx, signal })
      } finally {
        stopWatching()
      }
    }
  }

  const parts = [runSessions(), media.run()]
  try {
    await Promise.all(parts)
  } catch (error) {
    if (!outer.signal.aborted) throw error
  } finally {
    own.abort()
    await Promise.allSettled(parts)
  }
}

const NEW_LOGIN = new DOMException('There are new credentials', 'AbortError')
