import type { AdapterContext, UnresolvedMessage } from '../../core/adapter.ts'
import { backoffMs } from '../../core/backoff.ts'
import { createBell, sleepOrBell } from '../../core/bell.ts'
import { errorCode, isAbort } from '../../core/errors.ts'
import { parseBlock } from '../../protocol/relay/block.ts'
import { resolveSender } from '../../protocol/relay/sender.ts'
import type { Profiles } from './profiles.ts'
import { type Known, understand } from './understand.ts'

/** Finds out who sent what could not be attributed at once (RC §8.3.4), for as long as it takes. */
export interface Resolver {
  run(): Promise<void>
  /** Something unresolved was stored. */
  wake(): void
  /** Looks up what is unresolved now, once. @throws what the first look-up that failed threw */
  settleNow(): Promise<void>
}

const RETRY_MAX_MS = 10 * 60_000
const IDLE_MS = 60 * 60_000

export function createResolver(
  ctx: AdapterContext,
  { profiles, known }: { profiles: Profiles; known: Known },
): Resolver {
  const { clock, signal } = ctx
  const more = createBell()

  async function settle(message: UnresolvedMessage): Promise<void> {
    const block = parseBlock(message.payload, { partial: message.flags['state'] === 'partial' })
    if (block !== null && block.kind !== 'notice') {
      const partial = message.flags['state'] === 'partial'
      const result = resolveSender({ ...block, partial }, profiles.headOf)
      if (result.kind === 'needs_profiles') {
        for (const id of result.ids) await profiles.fetchHead(id, signal)
      }
    }
    const understood = understand(message.payload, known, message.flags)
    // Every profile was read and none fits: nobody will ever know.
    await ctx.resolve(message.seq, understood.parsed.from === null ? null : understood)
  }

  /** One sender who can not be looked up keeps no other one waiting. */
  async function settleAll(): Promise<{ more: boolean }> {
    let failure: unknown
    for (const message of ctx.unresolved()) {
      signal.throwIfAborted()
      await settle(message).catch(error => {
        failure = error
      })
    }
    if (failure !== undefined) throw failure
    // What was stored while we looked rang unheard.
    return { more: ctx.unresolved().length > 0 }
  }

  return {
    wake: () => more.ring(),
    async settleNow() {
      await settleAll()
    },
    async run() {
      let failures = 0
      while (!signal.aborted) {
        try {
          const { more: again } = await settleAll()
          failures = 0
          if (!again) await sleepOrBell(more, IDLE_MS, { clock, signal })
        } catch (error) {
          if (isAbort(error) || signal.aborted) return
          ctx.log.info('senders stay unresolved for now', { reason: errorCode(error) })
          await clock.sleep(backoffMs(failures++, { maxMs: RETRY_MAX_MS, random: clock.random }), signal)
        }
      }
    },
  }
}
