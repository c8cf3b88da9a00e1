import { utcSeconds } from '../../core/clock.ts'
import { errorCode } from '../../core/errors.ts'
import type { Bilingual } from '../../core/i18n.ts'
import type { Logger } from '../../core/logger.ts'
import type { ChannelLog } from '../../projections/channel-log.ts'
import type { PokeOutcome } from '../../protocol/wake/answer.ts'
import { readStatus } from '../../store/status.ts'
import { WAKE } from '../../store/wake.ts'
import type { Writer } from '../../store/writer.ts'
import type { StatusBoard } from '../status-board.ts'
import type { WakeMemory } from './memory.ts'
import { BRAKE_POKES, type Decision } from './policy.ts'

/** What people are told of the waker: in `status`, in `stats.json`, and by a line of the log where it changes. */
export interface WakeReport {
  show(decision: NoPoke, known: { readonly memory: WakeMemory; readonly trouble: Trouble | null }): void
  /** Nothing is said of what nobody wants. */
  clear(): void
}

type NoPoke = Exclude<Decision, { kind: 'poke' }>

/** Why the last poke was not taken. */
export interface Trouble {
  readonly state: 'misconfigured' | 'throttled' | 'unreachable'
  readonly reason: string
  readonly advice: Bilingual | null
  readonly said: string | null
  /** No try before, by the clock that nobody sets. */
  readonly retryAt: number
}

/** Fields may be added, never renamed. */
interface WakeStatus {
  readonly state: 'idle' | 'waiting' | 'quiet' | 'braked' | 'exhausted' | Trouble['state']
  readonly reason: string | null
  /** The last try, whatever came of it. */
  readonly last_poke_utc: string | null
  readonly last_outcome: string | null
  readonly last_http_status: number | null
  /** Taken by the gateway, and no sign of the agent since. */
  readonly pokes_since_read: number
  readonly next_poke_utc: string | null
  readonly advice: Bilingual | null
  readonly gateway_said: string | null
}

export function troubleOf({ kind, reason, advice, said }: PokeOutcome, retryAt: number): Trouble | null {
  if (kind === 'taken') return null
  const state = kind === 'refused' ? 'misconfigured' : kind === 'throttled' ? 'throttled' : 'unreachable'
  return { state, reason: reason ?? kind, advice, said, retryAt }
}

export interface WakeReportOptions {
  readonly writer: Writer
  readonly board: Pick<StatusBoard, 'post' | 'remove'>
  readonly channelLog: Pick<ChannelLog, 'event'>
  readonly log: Logger
}

export function createWakeReport({ board, channelLog, log, writer }: WakeReportOptions): WakeReport {
  let shown = ''
  let news: string | null = null

  function tellNews(status: WakeStatus): void {
    const { state, reason } = newsOf(status)
    const before = news
    news = `${state} ${reason}`
    if (before === news || (before === null && state === 'working')) return
    channelLog.event('SINK_STATE', { sink: WAKE, state, reason })
    if (state === 'braked') log.warn('the agent was woken too often, and now is not for an hour', { most: BRAKE_POKES })
  }

  return {
    show(decision, known) {
      const status = statusOf(decision, known)
      const text = JSON.stringify(status)
      if (text === shown) return
      shown = text
      board.post(WAKE, { ...status })
      tellNews(status)
    },
    clear() {
      if (shown === '' && readStatus(writer.database, WAKE) === undefined) return
      shown = ''
      news = null
      board.remove(WAKE).catch(error => log.error('a state was not removed', { key: WAKE, error: errorCode(error) }))
    },
  }
}

function statusOf(decision: NoPoke, { memory, trouble }: { memory: WakeMemory; trouble: Trouble | null }): WakeStatus {
  const { lastTry: last, pokesSinceRead } = memory
  const untilMs = 'untilMs' in decision ? decision.untilMs : null
  return {
    state: trouble?.state ?? (decision.kind === 'wait' ? 'waiting' : decision.kind),
    reason: trouble?.reason ?? reasonOf(decision),
    last_poke_utc: last?.at ?? null,
    last_outcome: last?.outcome ?? null,
    last_http_status: last?.httpStatus ?? null,
    pokes_since_read: pokesSinceRead,
    next_poke_utc: untilMs === null ? null : utcSeconds(untilMs),
    advice: trouble?.advice ?? null,
    gateway_said: trouble?.said ?? null,
  }
}

function reasonOf(decision: NoPoke): string | null {
  if (decision.kind === 'exhausted') return 'not_read'
  return 'reason' in decision ? decision.reason : null
}

/** That messages come and are read is no news. */
function newsOf({ state, reason }: WakeStatus): { state: string; reason: string | undefined } {
  if (state === 'idle' || state === 'waiting' || state === 'quiet') return { state: 'working', reason: undefined }
  return { state, reason: state === 'braked' ? 'too_many_pokes' : (reason ?? undefined) }
}
