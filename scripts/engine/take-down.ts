import type { Clock } from '../core/clock.ts'
import { errorCode } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

/** What was built is taken down in the opposite order. */
export interface TakeDown {
  /** @param waitsForStore it may hang on a commit that never comes: then the steps below it are done all the same */
  push(step: Step, options?: { waitsForStore?: boolean }): void
  /** One step that fails does not keep the others from being done. */
  run(): Promise<void>
  /** Resolves when the steps that were left behind have ended after all. */
  stragglers(): Promise<void>
}

type Step = () => Promise<void> | void

/** A stop waits this long for a database that refuses, then goes on without it. */
const PATIENCE_MS = 5000

/** @param isStuck the database takes nothing now */
export function createTakeDown({
  clock,
  log,
  isStuck,
}: {
  clock: Clock
  log: Logger
  isStuck: () => boolean
}): TakeDown {
  const steps: { step: Step; waitsForStore: boolean }[] = []
  const begun: Promise<void>[] = []

  async function outOfPatience(signal: AbortSignal): Promise<void> {
    do await clock.sleep(PATIENCE_MS, signal).catch(() => undefined)
    while (!isStuck() && !signal.aborted)
  }

  async function attempt(step: Step): Promise<void> {
    try {
      await step()
    } catch (error) {
      log.error('a part did not stop as it should', { error: errorCode(error) })
    }
  }

  return {
    push: (step, { waitsForStore = false } = {}) => void steps.push({ step, waitsForStore }),
    async run() {
      const done = new AbortController()
      const impatience = outOfPatience(done.signal)
      for (const { step, waitsForStore } of steps.splice(0).reverse()) {
        const attempted = attempt(step)
        await (waitsForStore ? Promise.race([attempted, impatience]) : attempted)
        begun.push(attempted)
      }
      done.abort()
    },
    async stragglers() {
      await Promise.all(begun)
    },
  }
}
