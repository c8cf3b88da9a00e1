import { utcSeconds } from '../../core/clock.ts'
import type { Shared } from '../context.ts'
import { type IdentityPlace, LOCK_RETRY_MS, takeIdentity } from '../identity.ts'
import { supervise } from '../supervisor.ts'
import type { WechatSession } from './session.ts'

/** Keeps the poll of one account going, under the lock of its bot: two pollers take each other's messages (IL §16). */
export interface Poller {
  start(): void
  /** The account has another bot now. */
  restart(): Promise<void>
  /** Resolves when the poll has ended. */
  stop(): Promise<void>
}

export interface PollerOptions extends IdentityPlace {
  readonly shared: Shared
  /** Polls are answered, which they were not before. */
  readonly onConnected: () => void
}

export function createPoller(session: WechatSession, options: PollerOptions): Poller {
  const { shared } = options
  const { clock, board, channelLog } = shared
  const { adapter, account } = session
  const log = shared.log.with({ adapter: adapter.name })
  let running: { readonly abort: AbortController; readonly ended: Promise<void> } | null = null
  let cancelRetry: (() => void) | undefined
  let told: unknown = null

  /** What changes is told where people look, too. */
  function status(change: Readonly<Record<string, unknown>>): void {
    const { state, reason } = change
    board.merge(`adapter:${adapter.name}`, change)
    if (state === undefined || state === told || state === 'connecting') return
    told = state
    if (state === 'connected') options.onConnected()
    if (state === 'login_needed') channelLog.event('AUTH_REFUSED', { account, reason: String(reason ?? '') })
    else
      channelLog.event('SINK_STATE', {
        sink: account,
        state: String(state),
        ...(reason ? { reason: String(reason) } : {}),
      })
  }

  function start(): void {
    cancelRetry?.()
    const lock = takeIdentity(`wechat\n${session.record.botId}`, options)
    const since = { since_utc: utcSeconds(clock.now()) }
    if (lock.kind !== 'held') {
      const held = lock.kind === 'taken' ? { held_by: lock.folder } : { reason: lock.reason }
      log.error('the lock of the account can not be taken', held)
      status({ state: lock.kind === 'taken' ? 'identity_taken' : 'identity_lock_failed', ...held, ...since })
      cancelRetry = clock.after(LOCK_RETRY_MS, start)
      return
    }
    status({ state: 'connecting', reason: null, held_by: null, bot_id: session.record.botId, ...since })
    const abort = new AbortController()
    const signal = AbortSignal.any([session.context.signal, abort.signal])
    const { ended } = supervise(adapter, { ...session.context, signal, status })
    running = { abort, ended: ended.finally(() => lock.lock.release()) }
  }

  async function halt(): Promise<void> {
    cancelRetry?.()
    cancelRetry = undefined
    running?.abort.abort(new DOMException('The poll is to end', 'AbortError'))
    await running?.ended
    running = null
  }

  return {
    start,
    async restart() {
      await halt()
      start()
    },
    async stop() {
      const ran = running !== null
      await halt()
      // What only the owner can change is still so when nothing runs.
      if (ran && told !== 'login_needed') status({ state: 'stopped', since_utc: utcSeconds(clock.now()) })
    },
  }
}
