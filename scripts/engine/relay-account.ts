import { createBell } from '../core/bell.ts'
import { utcSeconds } from '../core/clock.ts'
import { type Config, isRegistered, sameIdentity } from '../core/config.ts'
import type { Shared } from './context.ts'
import { type IdentityPlace, LOCK_RETRY_MS, takeIdentity } from './identity.ts'
import { createRelaySession, identityOf, notRegistered, type RelaySession } from './relay-session.ts'
import { supervise } from './supervisor.ts'

/** Runs the relay adapter for the identity in the configuration, and follows its changes. */
export interface RelayAccount {
  /** Takes the last valid configuration, or null when there has not been one yet. */
  apply(config: Config | null): void
  /** The account in use. @throws ConfigError where nobody is registered */
  session(): RelaySession
  stop(): Promise<void>
}

interface Current {
  readonly session: RelaySession
  readonly abort: AbortController
  /** It has the lock of its identity, and its adapter runs. */
  running: boolean
}

export function createRelayAccount(shared: Shared, options: IdentityPlace): RelayAccount {
  const { clock, log, board } = shared
  const configChanged = createBell()
  let wanted: Config | null = null
  let current: Current | null = null
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
    if (current !== null && sameIdentity(current.session.config, config)) {
      configChanged.ring()
      if (!current.running) void begin(current)
      return
    }
    end()
    const abort = new AbortController()
    const settings = () => wanted ?? config
    const session = createRelaySession(shared, { config, signal: abort.signal, settings, configChanged })
    current = { session, abort, running: false }
    board.post('account', { key: session.account })
    void begin(current)
  }

  async function begin(mine: Current): Promise<void> {
    cancelRetry?.()
    const { account: key, config, adapter, context } = mine.session
    await ending.get(key)
    if (current !== mine || stopped || mine.running) return

    const lock = takeIdentity(identityOf(config), options)
    if (lock.kind === 'failed') {
      log.error('the lock of the account can not be taken; --no-identity-lock goes without', { reason: lock.reason })
      tell({ state: 'identity_lock_failed', reason: lock.reason, since_utc: utcSeconds(clock.now()) })
      retry(mine)
      return
    }
    if (lock.kind === 'taken') {
      log.error('another data folder holds this identity', { folder: lock.folder })
      tell({ state: 'identity_taken', held_by: lock.folder, since_utc: utcSeconds(clock.now()) })
      retry(mine)
      return
    }

    tell({ state: 'connecting', since_utc: utcSeconds(clock.now()), held_by: null, base_url: config.baseUrl })
    mine.running = true
    const ended = supervise(adapter, context).ended.finally(() => lock.lock.release())
    ending.set(key, ended)
    void ended.then(() => {
      if (ending.get(key) === ended) ending.delete(key)
    })
  }

  function retry(mine: Current): void {
    cancelRetry = clock.after(LOCK_RETRY_MS, () => void begin(mine))
  }

  function end(): void {
    cancelRetry?.()
    cancelRetry = undefined
    current?.abort.abort(new DOMException('The identity changed', 'AbortError'))
    current = null
  }

  function tell(status: Readonly<Record<string, unknown>>): void {
    board.post('adapter:relay', status)
  }

  return {
    apply,
    session() {
      if (current === null) throw notRegistered()
      return current.session
    },
    async stop() {
      stopped = true
      const ran = current?.running === true
      end()
      await Promise.all(ending.values())
      if (!ran) return
      board.merge('adapter:relay', { state: 'stopped', since_utc: utcSeconds(clock.now()), next_try_utc: null })
    },
  }
}
