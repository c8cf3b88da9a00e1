import { createRelayAdapter } from '../adapters/relay/adapter.ts'
import { createBell } from '../core/bell.ts'
import { utcSeconds } from '../core/clock.ts'
import { type Config, isRegistered, sameIdentity } from '../core/config.ts'
import { errorCode } from '../core/errors.ts'
import type { DataFolder } from '../store/data-folder.ts'
import { type IdentityLock, identityKey, lockIdentity } from '../store/ownership.ts'
import { createContext, type Shared } from './context.ts'
import { supervise } from './supervisor.ts'

/** Runs the relay adapter for the identity in the configuration, and follows its changes. */
export interface RelayAccount {
  /** Takes the last valid configuration, or null when there has not been one yet. */
  apply(config: Config | null): void
  stop(): Promise<void>
}

export interface RelayAccountOptions {
  readonly folder: DataFolder
  /** null: no second lock (`--no-identity-lock`, for containers with a state folder of their own). */
  readonly stateFolder: string | null
}

/** Somebody else's lock is asked for again so often. */
const LOCK_RETRY_MS = 15_000

interface Running {
  readonly config: Config
  readonly abort: AbortController
  readonly ended: Promise<void>
}

export function createRelayAccount(shared: Shared, options: RelayAccountOptions): RelayAccount {
  const { clock, log, board } = shared
  const configChanged = createBell()
  let wanted: Config | null = null
  let running: Running | null = null
  let cancelRetry: (() => void) | undefined
  let stopped = false
  /** The ends of former runs: one of the same identity has to be over before the next begins. */
  const ending = new Map<string, Promise<void>>()

  function apply(config: Config | null): void {
    if (stopped) return
    wanted = config
    if (config === null || !isRegistered(config)) {
      end()
      tell({ state: 'not_registered', since_utc: utcSeconds(clock.now()) })
      return
    }
    // Settings are read where they are used; whoever waits before another try looks again at once.
    if (running !== null && sameIdentity(running.config, config)) {
      configChanged.ring()
      return
    }
    end()
    void begin(config)
  }

  async function begin(config: Config): Promise<void> {
    cancelRetry?.()
    const identity = `${config.baseUrl}\n${config.token}`
    const key = identityKey(identity)
    await ending.get(key)
    if (wanted !== config || stopped || running !== null) return

    const lock = takeLock(identity)
    if (lock.kind === 'failed') {
      log.error('the lock of the account can not be taken; --no-identity-lock goes without', { reason: lock.reason })
      tell({ state: 'identity_lock_failed', reason: lock.reason, since_utc: utcSeconds(clock.now()) })
      retry(config)
      return
    }
    if (lock.kind === 'taken') {
      // Two pullers of one account would take each other's messages.
      log.error('another data folder holds this identity', { folder: lock.folder })
      tell({ state: 'identity_taken', held_by: lock.folder, since_utc: utcSeconds(clock.now()) })
      retry(config)
      return
    }

    const abort = new AbortController()
    tell({ state: 'connecting', since_utc: utcSeconds(clock.now()), held_by: null, base_url: config.baseUrl })
    board.post('account', { key })
    const adapter = createRelayAdapter({
      baseUrl: config.baseUrl,
      token: config.token,
      myId: config.myId,
      settings: () => wanted ?? config,
      configChanged,
    })
    const ctx = createContext(shared, { name: adapter.name, account: key, signal: abort.signal })
    const ended = supervise(adapter, ctx).ended.finally(() => lock.lock.release())
    running = { config, abort, ended }
    ending.set(key, ended)
    void ended.then(() => {
      if (ending.get(key) === ended) ending.delete(key)
    })
  }

  function retry(config: Config): void {
    cancelRetry = clock.after(LOCK_RETRY_MS, () => void begin(config))
  }

  function takeLock(identity: string): IdentityLock | { readonly kind: 'failed'; readonly reason: string } {
    if (options.stateFolder === null) return { kind: 'held', lock: { release: () => undefined } }
    try {
      return lockIdentity(options.stateFolder, identity, options.folder)
    } catch (error) {
      return { kind: 'failed', reason: errorCode(error) }
    }
  }

  function end(): void {
    cancelRetry?.()
    cancelRetry = undefined
    running?.abort.abort(new DOMException('The identity changed', 'AbortError'))
    running = null
  }

  function tell(status: Readonly<Record<string, unknown>>): void {
    board.post('adapter:relay', status)
  }

  return {
    apply,
    async stop() {
      stopped = true
      const ran = running !== null
      end()
      await Promise.all(ending.values())
      if (!ran) return
      board.merge('adapter:relay', { state: 'stopped', since_utc: utcSeconds(clock.now()), next_try_utc: null })
    },
  }
}
