import type { Adapter, AdapterContext } from '../core/adapter.ts'
import { backoffMs } from '../core/backoff.ts'
import { errorCode, errorPlace } from '../core/errors.ts'

/** A part that fails is started again, with patience; the others run on (house rule, the model for the daemon). */
export interface Supervised {
  /** Resolves when the adapter has ended its work after the abort. */
  readonly ended: Promise<void>
}

const RESTART_MAX_MS = 60_000
/** An adapter that ran so long before it failed starts over at the shortest wait. */
const STEADY_MS = 5 * 60_000

export function supervise(adapter: Adapter, ctx: AdapterContext): Supervised {
  return { ended: keepRunning(adapter, ctx) }
}

async function keepRunning(adapter: Adapter, ctx: AdapterContext): Promise<void> {
  const { clock, signal, log } = ctx
  let failures = 0
  while (!signal.aborted && adapter.run !== undefined) {
    const startedAt = clock.monotonic()
    try {
      await adapter.run(ctx)
      return
    } catch (error) {
      if (signal.aborted) return
      if (clock.monotonic() - startedAt > STEADY_MS) failures = 0
      log.error('adapter failed, it will be started again', {
        adapter: adapter.name,
        error: errorCode(error),
        at: errorPlace(error),
      })
      ctx.status({ state: 'failed', reason: errorCode(error) })
    }
    await clock
      .sleep(backoffMs(failures++, { maxMs: RESTART_MAX_MS, random: clock.random }), signal)
      .catch(() => undefined)
  }
}
